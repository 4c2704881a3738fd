/** Why: a lease that nobody releases is a ticket that comes back by itself: so many leases of one time are a rate. */
import { InvalidArgumentError, LockLostError } from './ldlm-error.js';
import { wholeMs } from './lock.js';
import type { LockSource } from './lock-source.js';

export interface RateLimitRule {
  /** How many calls there may be ... */
  readonly limit: number;
  /** ... within any such time, in milliseconds. */
  readonly perMs: number;
}

/**
 * A sliding window: after each call its place is taken for `perMs`. Calls of a client that is closed, or that is gone for longer
 * than its recovery window, give their places back early.
 */
export class RateLimit {
  readonly #locks: Pick<LockSource, 'lock' | 'tryLock'>;
  readonly #name: string;
  readonly #terms: { readonly size: number; readonly leaseMs: number; readonly renew: false };

  /** @throws InvalidArgumentError */
  constructor(
    locks: Pick<LockSource, 'lock' | 'tryLock'>,
    name: string,
    { limit, perMs }: RateLimitRule,
  ) {
    if (!Number.isInteger(limit) || limit < 1) {
      throw new InvalidArgumentError(`limit must be a whole number from 1 on, not ${limit}`);
    }
    this.#locks = locks;
    this.#name = name;
    this.#terms = { size: limit, leaseMs: wholeMs('perMs', perMs), renew: false };
  }

  /** Resolves when one more call is allowed, first come, first served. @throws as `lock` */
  async take(
    options: { readonly waitTimeoutMs?: number; readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    const askedAt = performance.now();
    let left = options;
    while (!(await this.#took(left))) {
      if (options.waitTimeoutMs !== undefined) {
        const passedMs = performance.now() - askedAt;
        left = { ...options, waitTimeoutMs: Math.max(0, options.waitTimeoutMs - passedMs) };
      }
    }
  }

  /** Not if the place was free again before this program heard of it: others may have had it meanwhile. */
  async #took(options: {
    readonly waitTimeoutMs?: number;
    readonly signal?: AbortSignal;
  }): Promise<boolean> {
    try {
      await this.#locks.lock(this.#name, { ...options, ...this.#terms });
      return true;
    } catch (error) {
      if (error instanceof LockLostError && error.reason === 'expired') {
        return false;
      }
      throw error;
    }
  }

  /** Whether one more call is allowed at once. @throws as `tryLock` */
  async tryTake(): Promise<boolean> {
    return (await this.#locks.tryLock(this.#name, this.#terms)) !== null;
  }
}
