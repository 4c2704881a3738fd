/** Why: a leader is a lock's holder in other words, and has to stop leading the moment that it may not be one. */
import type { Lock } from './lock.js';

/** Leading → over: resigned, or lost. */
export class Leadership implements AsyncDisposable {
  readonly #lock: Lock;

  constructor(lock: Lock) {
    this.#lock = lock;
  }

  /** Greater than that of every leader before. */
  get fencingToken(): number {
    return this.#lock.fencingToken;
  }

  get isLeader(): boolean {
    return this.#lock.isHeld;
  }

  /** Aborts, with a LockLostError, the moment that somebody else could become the leader. */
  get signal(): AbortSignal {
    return this.#lock.signal;
  }

  /** The next in line leads. @throws LockLostError if it was over before. */
  resign(): Promise<void> {
    return this.#lock.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#lock[Symbol.asyncDispose]();
  }
}
