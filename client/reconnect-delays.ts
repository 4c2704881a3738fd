/** Why: many clients that lost one server must not come back to it, or to the next, all at once. */

const FIRST_MS = 50;
const LONGEST_MS = 3_000;

/**
 * Every address is tried once at once; then there is a delay before each round, twice as long each time, and
 * of a random half of that (exponential back-off with jitter; Brooker, "Exponential Backoff And Jitter", 2015).
 */
export class ReconnectDelays {
  /** How many attempts there have been in all, by which addresses take turns. */
  attemptCount = 0;
  #failureCount = 0;
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** An attempt failed. @returns how long to wait before the next. */
  next(addressCount: number): number {
    this.attemptCount += 1;
    this.#failureCount += 1;
    if (this.#failureCount % addressCount !== 0) {
      return 0;
    }
    const round = this.#failureCount / addressCount;
    const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** (round - 1));
    return longest * (0.5 + this.#random() / 2);
  }

  succeeded(): void {
    this.#failureCount = 0;
  }
}
