/** Why: a resource that bears so many users at once, over all programs, is a lock with as many slots. */
import { InvalidArgumentError } from './ldlm-error.js';
import type { Lock } from './lock.js';
import type { LockOptions, TryLockOptions } from './lock-options.js';
import type { LockSource } from './lock-source.js';

export class Semaphore {
  readonly #locks: LockSource;
  readonly #name: string;
  readonly #size: number;

  /** @throws InvalidArgumentError */
  constructor(locks: LockSource, name: string, permits: number) {
    if (!Number.isInteger(permits) || permits < 1) {
      throw new InvalidArgumentError(`permits must be a whole number from 1 on, not ${permits}`);
    }
    this.#locks = locks;
    this.#name = name;
    this.#size = permits;
  }

  /** Waits for a permit, first come, first served; release it like a lock. */
  acquire(options: Omit<LockOptions, 'size'> = {}): Promise<Lock> {
    return this.#locks.lock(this.#name, { ...options, size: this.#size });
  }

  /** A permit, or null if there is none at once. */
  tryAcquire(options: Omit<TryLockOptions, 'size'> = {}): Promise<Lock | null> {
    return this.#locks.tryLock(this.#name, { ...options, size: this.#size });
  }

  /** Runs `work` with a permit. */
  withPermit<Result>(
    options: Omit<LockOptions, 'size'>,
    work: (permit: Lock) => Result | Promise<Result>,
  ): Promise<Result> {
    return this.#locks.withLock(this.#name, { ...options, size: this.#size }, work);
  }
}
