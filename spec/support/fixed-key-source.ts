/** Why: keys that a spec can foretell. */
import type { KeySource } from '../../ports/outbound/key-source.js';

/** Gives 'key-1', 'key-2' and so on; first, in their order, those that it was given itself. */
export class FixedKeySource implements KeySource {
  readonly #given: string[];
  #count = 0;

  constructor(...given: readonly string[]) {
    this.#given = [...given];
  }

  next(): string {
    const given = this.#given.shift();
    if (given !== undefined) {
      return given;
    }
    this.#count += 1;
    return `key-${this.#count}`;
  }
}
