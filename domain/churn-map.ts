/**
 * Why: a map whose entries come and go by the thousand, at the price of a few. V8 chains the tables that a Map has outgrown, each
 * with the entries of its time; once one of them is old, all that follow, and all they hold, stay until a full collection. A new
 * Map now and then breaks the chain.
 */

/** So many entries are added at least before the next new Map, and more if more are there: it costs a copy of them. */
const ADDED_MIN = 1_024;
const ADDED_PER_ENTRY = 4;

/** Keeps the order in which keys came, as a Map does. Add nothing while you go through it. */
export class ChurnMap<Key, Value> {
  #map = new Map<Key, Value>();
  #addedCount = 0;

  get size(): number {
    return this.#map.size;
  }

  get(key: Key): Value | undefined {
    return this.#map.get(key);
  }

  has(key: Key): boolean {
    return this.#map.has(key);
  }

  values(): IterableIterator<Value> {
    return this.#map.values();
  }

  set(key: Key, value: Value): void {
    this.#map.set(key, value);
    this.#addedCount += 1;
    if (this.#addedCount >= ADDED_MIN && this.#addedCount > ADDED_PER_ENTRY * this.#map.size) {
      this.#map = new Map(this.#map);
      this.#addedCount = 0;
    }
  }

  /** @returns whether it was there. */
  delete(key: Key): boolean {
    return this.#map.delete(key);
  }
}
