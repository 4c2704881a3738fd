/** Why: a resource that bears so many users at once, over all programs, is a lock with as many slots. */
import type { LdlmClient } from './ldlm-client.js';
import { InvalidArgumentError } from './ldlm-error.js';
import type { Lock } from './lock.js';
import type { LockOptions, TryLockOptions } from './lock-options.js';

export class Semaphore {
  readonly #client: Pick<LdlmClient, 'lock' | 'tryLock' | 'withLock'>;
  readonly #name: string;
  readonly #size: number;

  /** @throws InvalidArgumentError */
  constructor(
    client: Pick<LdlmClient, 'lock' | 'tryLock' | 'withLock'>,
    name: string,
    permits: number,
  ) {
    if (!Number.isInteger(permits) || permits < 1) {
      throw new InvalidArgumentError(`permits must be a whole number from 1 on, not ${permits}`);
    }
    this.#client = client;
    this.#name = name;
    this.#size = permits;
  }

  /** Waits for a permit, first come, first served; release it like a lock. */
  acquire(options: Omit<LockOptions, 'size'> = {}): Promise<Lock> {
    return this.#client.lock(this.#name, { ...options, size: this.#size });
  }

  /** A permit, or null if there is none at once. */
  tryAcquire(options: Omit<TryLockOptions, 'size'> = {}): Promise<Lock | null> {
    return this.#client.tryLock(this.#name, { ...options, size: this.#size });
  }

  /** Runs `work` with a permit. */
  withPermit<Result>(
    options: Omit<LockOptions, 'size'>,
    work: (permit: Lock) => Result | Promise<Result>,
  ): Promise<Result> {
    return this.#client.withLock(this.#name, { ...options, size: this.#size }, work);
  }
}
