/** Why: percentiles of any number of waits in a few kilobytes, each within four hundredths of the truth. */

const BUCKETS_PER_OCTAVE = 16;
/** In milliseconds: what is shorter counts as this. */
const LEAST_MS = 0.01;

export class Latencies {
  count = 0;
  #greatestMs = 0;
  readonly #buckets = new Map<number, number>();

  add(ms: number): void {
    this.count += 1;
    this.#greatestMs = Math.max(this.#greatestMs, ms);
    const octaves = Math.log2(Math.max(ms, LEAST_MS) / LEAST_MS);
    const bucket = Math.floor(octaves * BUCKETS_PER_OCTAVE);
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
  }

  /** @param part 0 to 1. @returns milliseconds; 0 when there are none. */
  percentile(part: number): number {
    let left = Math.ceil(this.count * part);
    for (const bucket of [...this.#buckets.keys()].sort((one, other) => one - other)) {
      left -= this.#buckets.get(bucket) ?? 0;
      if (left <= 0) {
        const middle = LEAST_MS * 2 ** ((bucket + 0.5) / BUCKETS_PER_OCTAVE);
        return Math.min(middle, this.#greatestMs);
      }
    }
    return this.#greatestMs;
  }
}
