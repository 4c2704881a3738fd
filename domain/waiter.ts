/** Why: someone's place in the queue of a lock. */
import type { Deadlined } from './deadline-heap.js';
import type { Instant } from './instant.js';
import type { Lock } from './lock.js';
import type { Owner } from './owner.js';
import type { Session } from './session.js';

/** What a waiter asks for; the LockManager hands the same object back when it is decided. */
export interface AcquireCommand {
  readonly sessionId: string;
  readonly name: string;
  readonly size: number;
  /** The key that its lease shall have. */
  readonly key: string;
  readonly waitMs: number;
  readonly leaseMs: number;
  /** Of a stream session: the request's number. */
  readonly requestId?: number;
  readonly metadata?: Owner;
}

/**
 * Queued → granted | timed out | withdrawn. It is in the lock's queue and on its session all the
 * while, and on neither from the moment it leaves. `deadlineAt` is when its patience ends.
 */
export class Waiter<Command extends AcquireCommand = AcquireCommand> implements Deadlined {
  deadlineAt: Instant;
  heapIndex = -1;
  /** Its neighbours in the queue; the queue writes them. */
  before: Waiter | undefined;
  after: Waiter | undefined;
  isQueued = false;
  /** Greater than that of everyone who came before; the queue writes it. */
  ticket = 0;
  /** Its place among the session's waiters; the session writes it. */
  indexInSession = -1;

  constructor(
    readonly command: Command,
    readonly lock: Lock,
    readonly session: Session,
    readonly queuedAt: Instant,
    deadlineAt: Instant,
  ) {
    this.deadlineAt = deadlineAt;
  }
}
