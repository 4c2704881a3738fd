/** Why: what happened, in the words that are kept. Folding facts in order rebuilds every lease and stream session (see LeaseLedger). */
import type { Instant } from './instant.js';
import type { Owner } from './owner.js';

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
  /** Of a grant to a stream session: the number of its request, by which it may ask again. */
  readonly requestId?: number;
  readonly metadata?: Owner;
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
  /** The request of a stream session that released it. */
  readonly by?: StreamRelease;
}

/** A release that its session may ask for again, until it has heard the answer. */
export interface StreamRelease {
  readonly sessionId: string;
  readonly requestId: number;
  /** The session has heard the answers to all its releases whose numbers are below this. */
  readonly heardBelow: number;
}

/** A client has a session that outlives its streams, and a server that crashes, by `recoveryMs`. */
export interface StreamSessionOpened {
  readonly type: 'session-opened';
  readonly sessionId: string;
  readonly recoveryMs: number;
  readonly owner?: Owner;
  readonly at: Instant;
}

/** Nobody comes back to that session any more. Leases of it that are not ended live on by themselves. */
export interface StreamSessionEnded {
  readonly type: 'session-ended';
  readonly sessionId: string;
  readonly at: Instant;
}

export type LeaseFact = LeaseGranted | LeaseRenewed | LeaseEnded;

export type Fact = LeaseFact | StreamSessionOpened | StreamSessionEnded;
