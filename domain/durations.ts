/** Why: how long things took, all of them, in a few numbers: how many took no longer than each bound. */

/** Milliseconds: from what nobody notices to what lasts a day. */
const BOUNDS_MS = [
  1, 5, 10, 50, 100, 500, 1_000, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000, 3_600_000,
  86_400_000,
] as const;

export class Durations {
  readonly boundsMs: readonly number[] = BOUNDS_MS;
  /** How many fell to each bound, those below not among them; the last number is of those past all bounds. */
  readonly counts: readonly number[];
  readonly #counts: number[];
  #sumMs = 0;

  constructor() {
    this.#counts = [...BOUNDS_MS, 0].fill(0);
    this.counts = this.#counts;
  }

  get sumMs(): number {
    return this.#sumMs;
  }

  get count(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /** @param ms what is below zero counts as zero. */
  add(ms: number): void {
    let index = 0;
    while (index < BOUNDS_MS.length && ms > (BOUNDS_MS[index] as number)) {
      index += 1;
    }
    this.#counts[index] = (this.#counts[index] as number) + 1;
    if (ms > 0) {
      this.#sumMs += ms;
    }
  }
}
