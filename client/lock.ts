/** Why: a lock that is held, in the hands of the program that holds it. */
import type { HeldLock } from './held-lock.js';
import { ClosedError, InvalidArgumentError, LockLostError } from './ldlm-error.js';
import type { LockEngine } from './lock-engine.js';

/**
 * Held until it is released or lost. With `await using` it is released at the end of the block, and that never
 * throws for a lock that was lost, or given back by closing the client: look at `signal` or `isHeld` for that.
 */
export class Lock implements AsyncDisposable {
  readonly #engine: LockEngine;
  readonly #held: HeldLock;
  #release: Promise<void> | undefined;

  constructor(engine: LockEngine, held: HeldLock) {
    this.#engine = engine;
    this.#held = held;
  }

  get name(): string {
    return this.#held.name;
  }

  /** What releases and renews it; whoever knows it may do so. */
  get key(): string {
    return this.#held.key;
  }

  /**
   * Greater than that of every grant before, of whatever lock: give it to the resource with every write.
   * @throws InvalidArgumentError from a server of old, which gives none.
   */
  get fencingToken(): number {
    const { fencingToken } = this.#held;
    if (fencingToken === undefined) {
      throw new InvalidArgumentError('this server gives no fencing tokens; use a newer one');
    }
    return fencingToken;
  }

  /** Whether it is known to be held at this moment, by this program's monotonic clock. */
  get isHeld(): boolean {
    return this.#engine.heldForMs(this.#held) > 0;
  }

  /**
   * For how many milliseconds from now it is known to be held if nothing more is heard of the server; 0 if it is
   * not. Renewals and signs of life move it out again and again.
   */
  get heldForMs(): number {
    return this.#engine.heldForMs(this.#held);
  }

  /**
   * Aborts, with a LockLostError for its reason, the moment the lock is lost or can no longer be known to be held:
   * before the server could give it to somebody else. Not when it is released.
   */
  get signal(): AbortSignal {
    return this.#held.signal;
  }

  /**
   * Gives the lease a new end, `leaseMs` from now; for a lock that was taken with a lease time.
   * @throws LockLostError if it is lost; UnavailableError if no server was reached in time.
   */
  renew(leaseMs: number): Promise<void> {
    return this.#engine.renew(this.#held, wholeMs('leaseMs', leaseMs));
  }

  /**
   * Gives it back. May be called again, and then tells the same.
   * @throws LockLostError if it was lost before; UnavailableError if no server was reached in time.
   */
  release(): Promise<void> {
    this.#release ??= this.#releaseNow();
    return this.#release;
  }

  #releaseNow(): Promise<void> {
    const { onOver } = this.#held;
    const released = this.#engine.release(this.#held);
    return onOver === undefined ? released : released.then(() => onOver('released'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.release();
    } catch (error) {
      if (!(error instanceof LockLostError || error instanceof ClosedError)) {
        throw error;
      }
    }
  }
}

/** @throws InvalidArgumentError for what is no time from 1 ms on. */
export function wholeMs(option: string, ms: number): number {
  if (typeof ms !== 'number' || !(ms >= 1 && ms <= Number.MAX_SAFE_INTEGER)) {
    throw new InvalidArgumentError(`${option} must be 1 or more milliseconds, not ${ms}`);
  }
  return Math.floor(ms);
}
