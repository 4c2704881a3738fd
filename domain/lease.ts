/** Why: a holder's right to a slot of a lock, for a time. */
import type { Deadlined } from './deadline-heap.js';
import type { Instant } from './instant.js';
import type { Lock } from './lock.js';
import type { Owner } from './owner.js';
import type { Session } from './session.js';

/**
 * Granted → (renewed)* → ended. It is on its lock from grant to end, and on its session until that
 * ends or lets go of it. `deadlineAt` is when it expires, FOREVER for a lease without an end.
 */
export class Lease implements Deadlined {
  deadlineAt: Instant;
  heapIndex = -1;
  /** Its place among the lock's holders; the lock writes it. */
  indexInLock = -1;
  /** Its place among the session's leases; the session writes it. */
  indexInSession = -1;
  /** Only there when given: most leases have none, and there are very many. */
  declare readonly metadata?: Owner;

  constructor(
    readonly lock: Lock,
    readonly key: string,
    readonly fencingToken: number,
    readonly grantedAt: Instant,
    /** undefined for a lease that was restored, or that outlived its session. */
    public session: Session | undefined,
    expiresAt: Instant,
    metadata?: Owner,
  ) {
    this.deadlineAt = expiresAt;
    if (metadata !== undefined) {
      this.metadata = metadata;
    }
  }

  /** Whether it is on its lock still. */
  get isLive(): boolean {
    return this.indexInLock !== -1;
  }
}
