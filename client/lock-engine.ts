/** Why: the client speaks in one of two ways, by a stream or by single calls; this is what it asks of either. */
import type { HeldLock } from './held-lock.js';

export interface AcquireOrder {
  readonly name: string;
  readonly size: number;
  /** When the wait is over, by this program's clock; Infinity for never; undefined: do not wait at all. */
  readonly waitUntil: number | undefined;
  /** undefined: as long as the session. */
  readonly leaseMs: number | undefined;
  readonly isRenewed: boolean;
  readonly metadata: Readonly<Record<string, string>> | undefined;
}

export interface AcquireAttempt {
  /** undefined: it is held by others, and was not to be waited for. Rejects with LdlmError, or with what `abandon` gave. */
  readonly outcome: Promise<HeldLock | undefined>;
  /** It is not wanted any more: it leaves the queue, or is given back. */
  abandon(reason: unknown): void;
}

export interface LockEngine {
  acquire(order: AcquireOrder): AcquireAttempt;
  /** Rejects with LockLostError if it was lost before. */
  release(lock: HeldLock): Promise<void>;
  /** Gives a lease with an end a new one, from now. */
  renew(lock: HeldLock, leaseMs: number): Promise<void>;
  /** For how many milliseconds from now it is known to be held if nothing more is heard; 0 if it is not. */
  heldForMs(lock: HeldLock): number;
  /** Gives back all that is held and waited for; resolves when the server has said so, or within a bound. */
  close(): Promise<void>;
}
