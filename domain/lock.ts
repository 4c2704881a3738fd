/** Why: a name with a number of slots, who holds them, and who waits; the rules of one lock stand here. */
import type { Instant } from './instant.js';
import { invariant } from './invariant.js';
import type { Lease } from './lease.js';
import { swapRemove } from './swap-remove.js';
import type { Waiter } from './waiter.js';
import { WaiterQueue } from './waiter-queue.js';

/** Up to this many holders a look along the list beats a map, in time and in memory. */
const INDEXED_FROM = 16;

/** Shared by all free locks, never written. */
const NOBODY: Lease[] = [];

/**
 * Free ⇄ held: a lock is free while it has no holder. A free lock has no waiters; it stays known, with
 * its size, until it is collected. Never more holders than `size`.
 */
export class Lock {
  /** A list of its own only from the first grant on, and then of exact length: most locks have one holder. */
  #holders: Lease[] = NOBODY;
  /** Made when holders are many, so that a lock with one holder stays small. */
  #holdersByKey: Map<string, Lease> | undefined;
  #queue: WaiterQueue | undefined;
  /** How often it was granted since it is known. */
  grantCount = 0;
  /** Since when it has had no holder. */
  #idleSince: Instant;

  constructor(
    readonly name: string,
    readonly size: number,
    now: Instant,
  ) {
    this.#idleSince = now;
  }

  get holders(): readonly Lease[] {
    return this.#holders;
  }

  get waiterCount(): number {
    return this.#queue?.count ?? 0;
  }

  get waiters(): Iterable<Waiter> {
    return this.#queue ?? [];
  }

  /** Whether someone who comes now is served at once: a slot is free, and nobody waits before them. */
  get isOpen(): boolean {
    return this.#holders.length < this.size && this.waiterCount === 0;
  }

  /** The waiter to be served now, if a slot is free for one. */
  get next(): Waiter | undefined {
    return this.#holders.length < this.size ? this.#queue?.first : undefined;
  }

  /** Whether it has had neither holder nor waiter for `idleMs`. */
  isIdle(idleMs: number, now: Instant): boolean {
    return this.#holders.length === 0 && this.waiterCount === 0 && now - this.#idleSince >= idleMs;
  }

  holderWith(key: string): Lease | undefined {
    return this.#holdersByKey === undefined
      ? this.#holders.find((lease) => lease.key === key)
      : this.#holdersByKey.get(key);
  }

  addHolder(lease: Lease): void {
    invariant(this.#holders.length < this.size, 'a lock never has more holders than its size');
    if (this.#holders.length === 0) {
      this.#holders = [lease];
      lease.indexInLock = 0;
    } else {
      lease.indexInLock = this.#holders.push(lease) - 1;
    }
    if (this.#holdersByKey !== undefined) {
      this.#holdersByKey.set(lease.key, lease);
    } else if (this.#holders.length >= INDEXED_FROM) {
      this.#holdersByKey = new Map(this.#holders.map((holder) => [holder.key, holder]));
    }
  }

  removeHolder(lease: Lease, now: Instant): void {
    invariant(this.#holders[lease.indexInLock] === lease, 'a lease is on its lock until it ends');
    const moved = swapRemove(this.#holders, lease.indexInLock);
    if (moved !== undefined) {
      moved.indexInLock = lease.indexInLock;
    }
    lease.indexInLock = -1;
    this.#holdersByKey?.delete(lease.key);
    if (this.#holders.length === 0) {
      this.#holders = NOBODY;
      this.#holdersByKey = undefined;
      this.#idleSince = now;
    }
  }

  enqueue(waiter: Waiter): void {
    this.#queue ??= new WaiterQueue();
    this.#queue.append(waiter);
  }

  dequeue(waiter: Waiter): void {
    invariant(this.#queue !== undefined, 'a waiter leaves the queue that it is in');
    this.#queue.remove(waiter);
    if (this.#queue.count === 0) {
      this.#queue = undefined;
    }
  }
}
