/** Why: two runs of one seed are the same run; a hash over all that happened tells at a glance. */
import { createHash } from 'node:crypto';

export class Trace {
  readonly #hash = createHash('sha256');
  readonly #print: ((line: string) => void) | undefined;
  #chunk = '';

  /** @param print told every line; for replaying a seed by hand. */
  constructor(print?: (line: string) => void) {
    this.#print = print;
  }

  note(line: string): void {
    this.#print?.(line);
    this.#chunk += `${line}\n`;
    if (this.#chunk.length > 16_384) {
      this.#hash.update(this.#chunk);
      this.#chunk = '';
    }
  }

  /** Call it once, at the end. */
  digest(): string {
    return this.#hash.update(this.#chunk).digest('hex').slice(0, 16);
  }
}
