/** Why: what happened, in the words that are kept. Folding facts in order rebuilds every lease (see LeaseLedger). */
import type { Instant } from './instant.js';

/** Why a lease ended. */
export type LeaseEnding = 'released' | 'expired' | 'revoked' | 'session-ended';

/** A slot of a lock went to a holder. */
export interface LeaseGranted {
  readonly type: 'lease-granted';
  readonly name: string;
  /** How many slots the lock has: 1 to 2147483647. */
  readonly size: number;
  /** Unique over all leases that live. */
  readonly key: string;
  /** Greater than that of every grant before, over all names. */
  readonly fencingToken: number;
  /** Milliseconds, or FOREVER. */
  readonly leaseMs: number;
  readonly sessionId: string;
  /** When, to the millisecond; for showing, not for reckoning. */
  readonly at: Instant;
}

/** A lease got a new end: `leaseMs` from `at`. */
export interface LeaseRenewed {
  readonly type: 'lease-renewed';
  readonly name: string;
  readonly key: string;
  readonly leaseMs: number;
  readonly at: Instant;
}

/** A lease is over; its key is worth nothing from here on. */
export interface LeaseEnded {
  readonly type: 'lease-ended';
  readonly name: string;
  readonly key: string;
  readonly reason: LeaseEnding;
  readonly at: Instant;
}

export type Fact = LeaseGranted | LeaseRenewed | LeaseEnded;
