/** Why: requests wait their turn by the thousand, so that to move up must cost nothing. */

/** First in, first out, without moving what stays. */
export class Line<Item> {
  #items: Item[] = [];
  #head = 0;

  add(item: Item): void {
    this.#items.push(item);
  }

  /** @returns undefined when it is empty. */
  take(): Item | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) {
      return undefined;
    }
    this.#head += 1;
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    }
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
  }

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }
}
