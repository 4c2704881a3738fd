/** What programs may ask of the server, whatever wire they come by. */
import type { Granted, Released, Renewed } from '../../domain/decision.js';
import type { Refused } from '../../domain/refusal.js';

/** How a client is present. `connection`: one HTTP/2 connection, gone when it is. */
export type SessionKind = 'connection';

export interface SessionOpening {
  readonly kind: SessionKind;
  /** Who it is, for operators: an `address:port`. */
  readonly peer: string;
}

export interface AcquireRequest {
  readonly sessionId: string;
  readonly name: string;
  /** How many slots the lock has. */
  readonly size: number;
  /** Milliseconds to wait in the queue; 0 to be refused (`held`) rather than wait; FOREVER. */
  readonly waitMs: number;
  /** Milliseconds until the lease expires unless renewed; FOREVER for none. */
  readonly leaseMs: number;
}

export type AcquireAnswer = Granted | Refused;

/** A request to acquire that is under way. */
export interface Acquisition {
  /** The key that the lease has if it is granted; of no use otherwise. */
  readonly key: string;
  /**
   * Settles once it is decided and the decision would survive a crash. Rejects with StateStoreError
   * when that cannot be known.
   */
  readonly answer: Promise<AcquireAnswer>;
  /**
   * The requester is gone, or could not be told. A waiter leaves the queue; a slot that was granted,
   * even one whose answer was given, is released to the next waiter. May be called at any time,
   * any number of times.
   */
  withdraw(): void;
}

export interface ReleaseRequest {
  readonly name: string;
  readonly key: string;
}

export type ReleaseAnswer = Released | Refused;

export interface RenewRequest {
  readonly name: string;
  readonly key: string;
  /** Milliseconds from now. */
  readonly leaseMs: number;
}

export type RenewAnswer = Renewed | Refused;

/** Answers are given when they, and everything they were decided upon, would survive a crash. */
export interface Locking {
  openSession(opening: SessionOpening): string;

  /**
   * The client is gone: its waiters leave their queues and its leases end, unless the server is set
   * to keep them, or is stopping. Unknown and ended sessions are ignored.
   */
  endSession(sessionId: string): void;

  acquire(request: AcquireRequest): Acquisition;

  /** Any session may release a lease whose key it knows. */
  release(request: ReleaseRequest): Promise<ReleaseAnswer>;

  /** Any session may renew a lease whose key it knows, if the lease has an end. */
  renew(request: RenewRequest): Promise<RenewAnswer>;
}
