/** Why: what clients say of themselves and of their purpose, for operators; no rule looks at it. */

/** Free words, such as host, pid and purpose. */
export type Owner = Readonly<Record<string, string>>;
