/** Why: the nearest of very many deadlines at once, each movable in logarithmic time, without a timer for each. */
import type { Instant } from './instant.js';
import { invariant } from './invariant.js';

/** Something with an end. The heap alone writes `heapIndex`; -1 means that it is in no heap. */
export interface Deadlined {
  deadlineAt: Instant;
  heapIndex: number;
}

/**
 * An indexed binary heap: items know their place, so that a renewal or release finds them at once.
 * Items without an end (FOREVER) are kept out of it by their callers.
 */
export class DeadlineHeap<Item extends Deadlined> {
  readonly #items: Item[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** The item whose deadline comes first. */
  first(): Item | undefined {
    return this.#items[0];
  }

  add(item: Item): void {
    invariant(item.heapIndex === -1, 'an item is in one heap, once');
    this.#items.push(item);
    this.#rise(item, this.#items.length - 1);
  }

  /** Takes an item out; harmless if it is in no heap. */
  remove(item: Item): void {
    const index = item.heapIndex;
    if (index === -1) {
      return;
    }
    invariant(this.#items[index] === item, 'an item knows its place in the heap');
    item.heapIndex = -1;
    const last = this.#items.pop();
    if (last !== undefined && last !== item) {
      this.#settle(last, index);
    }
  }

  /** Gives an item of the heap another deadline. */
  move(item: Item, deadlineAt: Instant): void {
    invariant(this.#items[item.heapIndex] === item, 'only an item of the heap can move in it');
    item.deadlineAt = deadlineAt;
    this.#settle(item, item.heapIndex);
  }

  #settle(item: Item, index: number): void {
    if (!this.#rise(item, index)) {
      this.#sink(item, index);
    }
  }

  /** Puts `item` at `index` or higher up; tells whether it rose. */
  #rise(item: Item, from: number): boolean {
    let index = from;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = this.#at(parentIndex);
      if (parent.deadlineAt <= item.deadlineAt) {
        break;
      }
      this.#place(parent, index);
      index = parentIndex;
    }
    this.#place(item, index);
    return index < from;
  }

  #sink(item: Item, from: number): void {
    const count = this.#items.length;
    let index = from;
    for (;;) {
      let childIndex = 2 * index + 1;
      if (childIndex >= count) {
        break;
      }
      const rightIndex = childIndex + 1;
      if (rightIndex < count && this.#at(rightIndex).deadlineAt < this.#at(childIndex).deadlineAt) {
        childIndex = rightIndex;
      }
      const child = this.#at(childIndex);
      if (item.deadlineAt <= child.deadlineAt) {
        break;
      }
      this.#place(child, index);
      index = childIndex;
    }
    this.#place(item, index);
  }

  #place(item: Item, index: number): void {
    this.#items[index] = item;
    item.heapIndex = index;
  }

  #at(index: number): Item {
    return this.#items[index] as Item;
  }
}
