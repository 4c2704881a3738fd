/** Why: tells whoever gave a setting that cannot be taken which one, and what to give instead. */

/** Its message is one sentence on one line, and never holds a secret. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

/** `text` as a message shows it: on one line, and cut where it is long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length <= 60 ? text : `${text.slice(0, 60)}…`);
}

/** `text` without quotes where none are needed to see its beginning and its end. */
export function plainOrQuoted(text: string): string {
  return /^[\w./\\:~+-]{1,200}$/.test(text) ? text : quoted(text);
}
