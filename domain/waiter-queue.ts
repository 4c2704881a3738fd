/** Why: first come, first served, with a way out of the middle at once. */
import { invariant } from './invariant.js';
import type { Waiter } from './waiter.js';

/** A doubly linked list through the waiters themselves. */
export class WaiterQueue implements Iterable<Waiter> {
  #first: Waiter | undefined;
  #last: Waiter | undefined;
  #count = 0;
  #lastTicket = 0;

  get count(): number {
    return this.#count;
  }

  /** The longest-waiting one. */
  get first(): Waiter | undefined {
    return this.#first;
  }

  append(waiter: Waiter): void {
    invariant(!waiter.isQueued, 'a waiter queues once');
    waiter.isQueued = true;
    this.#lastTicket += 1;
    waiter.ticket = this.#lastTicket;
    waiter.before = this.#last;
    if (this.#last === undefined) {
      this.#first = waiter;
    } else {
      this.#last.after = waiter;
    }
    this.#last = waiter;
    this.#count += 1;
  }

  remove(waiter: Waiter): void {
    invariant(waiter.isQueued, 'only a queued waiter leaves the queue');
    waiter.isQueued = false;
    if (waiter.before === undefined) {
      this.#first = waiter.after;
    } else {
      waiter.before.after = waiter.after;
    }
    if (waiter.after === undefined) {
      this.#last = waiter.before;
    } else {
      waiter.after.before = waiter.before;
    }
    waiter.before = undefined;
    waiter.after = undefined;
    this.#count -= 1;
  }

  /** Goes on, in order, however many come and leave between two steps. */
  *[Symbol.iterator](): Iterator<Waiter> {
    for (let waiter = this.#first; waiter !== undefined; waiter = this.#nextAfter(waiter)) {
      yield waiter;
    }
  }

  #nextAfter(waiter: Waiter): Waiter | undefined {
    if (waiter.isQueued) {
      return waiter.after;
    }
    // It left while it was looked at, and knows its neighbours no more.
    let next = this.#first;
    while (next !== undefined && next.ticket <= waiter.ticket) {
      next = next.after;
    }
    return next;
  }
}
