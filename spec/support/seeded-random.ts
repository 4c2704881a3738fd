/** Chance that comes again: the same seed gives the same numbers. */

export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 to `limit` - 1, by Tommy Ettinger's mulberry32. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  /** Whether one of `count` equal chances comes about. */
  isOneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  /** A number from `least` up to, and without, `most`, with fractions. */
  between(least: number, most: number): number {
    return least + ((most - least) * this.below(2 ** 30)) / 2 ** 30;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined && items.length === 0) {
      throw new RangeError('there is nothing to pick from');
    }
    return item as Item;
  }
}
