/** Why: all locks by name, split into shards so that a sweep over all of them never stops the server. */
import type { Instant } from './instant.js';
import { invariant } from './invariant.js';
import { Lock } from './lock.js';

/** Names longer than this are spread over the shards by their ends alone. */
const HASHED_LENGTH = 64;

export class LockTable {
  readonly #shards: readonly Map<string, Lock>[];

  /** @param shardCount 1 or more. */
  constructor(shardCount: number) {
    invariant(Number.isSafeInteger(shardCount) && shardCount > 0, 'a table has a shard or more');
    this.#shards = Array.from({ length: shardCount }, () => new Map<string, Lock>());
  }

  get shardCount(): number {
    return this.#shards.length;
  }

  get lockCount(): number {
    return this.#shards.reduce((count, shard) => count + shard.size, 0);
  }

  find(name: string): Lock | undefined {
    return this.#shardOf(name).get(name);
  }

  add(name: string, size: number, now: Instant): Lock {
    const shard = this.#shardOf(name);
    invariant(!shard.has(name), 'a name has one lock');
    const lock = new Lock(name, size, now);
    shard.set(name, lock);
    return lock;
  }

  locksOf(shardIndex: number): Iterable<Lock> {
    return this.#shard(shardIndex).values();
  }

  /** Forgets the locks of one shard that have been idle for `idleMs`. @returns how many. */
  collect(shardIndex: number, idleMs: number, now: Instant): number {
    const shard = this.#shard(shardIndex);
    const countBefore = shard.size;
    for (const [name, lock] of shard) {
      if (lock.isIdle(idleMs, now)) {
        shard.delete(name);
      }
    }
    return countBefore - shard.size;
  }

  #shardOf(name: string): Map<string, Lock> {
    return this.#shards.length === 1 ? this.#shard(0) : this.#shard(this.#hash(name));
  }

  #shard(index: number): Map<string, Lock> {
    const shard = this.#shards[index];
    invariant(shard !== undefined, 'a shard has an index below the shard count');
    return shard;
  }

  /** FNV-1a (Fowler, Noll, Vo) over the last UTF-16 units: names often differ at their ends. */
  #hash(name: string): number {
    let hash = 0x811c9dc5;
    for (let index = Math.max(0, name.length - HASHED_LENGTH); index < name.length; index += 1) {
      hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
    }
    return (hash >>> 0) % this.#shards.length;
  }
}
