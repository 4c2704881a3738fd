/** Why: what a lock is asked for with, checked before anything is sent. */
import { checkedText, checkedWords } from './checked-text.js';
import { InvalidArgumentError } from './ldlm-error.js';
import { wholeMs } from './lock.js';
import type { AcquireOrder } from './lock-engine.js';

export interface TryLockOptions {
  /** How many may hold the lock at once: 1 unless given. All who use a lock name the same size. */
  readonly size?: number;
  /** How long the lease lasts unless renewed, in milliseconds; as long as the session unless given. */
  readonly leaseMs?: number;
  /** Whether the lease renews itself, at a third of its time; it does unless this is false. */
  readonly renew?: boolean;
  /** What it is for, for operators; 1,024 characters in all. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Aborts the wait: the waiter is withdrawn, and the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface LockOptions extends TryLockOptions {
  /** How long to wait, in milliseconds, all in all; 0: not at all, as `tryLock`. As long as it takes unless given. */
  readonly waitTimeoutMs?: number;
}

/** The greatest size on the wire. */
const SIZE_MAX = 2_147_483_647;

/** Longer than most servers take, and short enough to reach them. */
const NAME_BYTES_MAX = 1024 * 1024;
/** The most that UTF-8 takes for a unit of UTF-16. */
const BYTES_PER_UNIT = 3;

/**
 * @param waitUntil by this program's clock; undefined: not to wait at all.
 * @throws InvalidArgumentError that names the option and what it takes.
 */
export function orderFor(
  name: string,
  options: TryLockOptions,
  waitUntil: number | undefined,
): AcquireOrder {
  if (typeof name !== 'string' || name === '') {
    throw new InvalidArgumentError('a lock has a name; give one');
  }
  checkedText('name', name);
  if (name.length * BYTES_PER_UNIT > NAME_BYTES_MAX && Buffer.byteLength(name) > NAME_BYTES_MAX) {
    throw new InvalidArgumentError(`name must be ${NAME_BYTES_MAX} bytes of UTF-8 or less`);
  }
  const { size = 1, leaseMs, renew = true, metadata } = options;
  if (!Number.isInteger(size) || size < 1 || size > SIZE_MAX) {
    throw new InvalidArgumentError(
      `size must be a whole number from 1 to ${SIZE_MAX}, not ${size}`,
    );
  }
  return {
    name,
    size,
    waitUntil,
    leaseMs: leaseMs === undefined ? undefined : wholeMs('leaseMs', leaseMs),
    isRenewed: renew,
    metadata: metadata && checkedWords('metadata', metadata),
  };
}

/** @throws InvalidArgumentError */
export function waitUntilFrom(now: number, waitTimeoutMs: number | undefined): number {
  if (waitTimeoutMs === undefined) {
    return Number.POSITIVE_INFINITY;
  }
  if (typeof waitTimeoutMs !== 'number' || !(waitTimeoutMs >= 0)) {
    throw new InvalidArgumentError(
      `waitTimeoutMs must be 0 or more milliseconds, not ${waitTimeoutMs}`,
    );
  }
  return now + waitTimeoutMs;
}
