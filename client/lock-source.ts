/** Why: what is made of locks, a semaphore or a rate limit, asks for them and knows no more of the client. */
import type { Lock } from './lock.js';
import type { LockOptions, TryLockOptions } from './lock-options.js';

export interface LockSource {
  lock(name: string, options?: LockOptions): Promise<Lock>;
  tryLock(name: string, options?: TryLockOptions): Promise<Lock | null>;
  withLock<Result>(
    name: string,
    options: LockOptions,
    work: (lock: Lock) => Result | Promise<Result>,
  ): Promise<Result>;
}
