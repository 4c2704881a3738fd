/** A unit of systemd as systemd reads it, as far as this project's goes: sections, and lines of NAME=VALUE. */

export class SystemdUnit {
  readonly #lines: readonly (readonly [name: string, value: string])[];

  constructor(text: string) {
    this.#lines = text
      .split('\n')
      .filter((line) => /^[^#;[].*=/.test(line))
      .map((line) => [line.replace(/=.*/, ''), line.replace(/^[^=]*=/, '')] as const);
  }

  /** Every value that the name is given, in order. */
  values(name: string): readonly string[] {
    return this.#lines.filter(([one]) => one === name).map(([, value]) => value);
  }

  /** What `Environment=` sets, by name. */
  get environment(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      this.values('Environment').map((pair) => [
        pair.replace(/=.*/, ''),
        pair.replace(/^[^=]*=/, ''),
      ]),
    );
  }
}
