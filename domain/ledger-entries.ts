/** Why: what a LeaseLedger holds: leases and sessions, each with a snapshot's mark and as small as can be. */
import type { Instant } from './instant.js';
import type { KeptLease, KeptSession } from './kept-state.js';
import type { Marked } from './ledger-snapshot.js';
import type { Owner } from './owner.js';

/**
 * A lease that never changes, and the snapshot's mark on it, private so that it is no part of the
 * lease.
 */
export class LeaseEntry implements KeptLease, Marked<KeptLease> {
  readonly name: string;
  readonly size: number;
  readonly key: string;
  readonly fencingToken: number;
  readonly leaseMs: number;
  readonly sessionId: string;
  readonly at: Instant;
  #epoch: number;

  constructor(lease: KeptLease, leaseMs: number, epoch: number) {
    this.name = lease.name;
    this.size = lease.size;
    this.key = lease.key;
    this.fencingToken = lease.fencingToken;
    this.leaseMs = leaseMs;
    this.sessionId = lease.sessionId;
    this.at = lease.at;
    this.#epoch = epoch;
  }

  mark(epoch: number): boolean {
    const isNews = this.#epoch !== epoch;
    this.#epoch = epoch;
    return isNews;
  }

  copy(): KeptLease {
    return this;
  }
}

/** A class of its own, so that the leases of connections do not pay for what they lack. */
class StreamLeaseEntry extends LeaseEntry {
  readonly requestId: number;
  declare readonly metadata?: Owner;

  constructor(lease: KeptLease & { requestId: number }, leaseMs: number, epoch: number) {
    super(lease, leaseMs, epoch);
    this.requestId = lease.requestId;
    if (lease.metadata !== undefined) {
      this.metadata = lease.metadata;
    }
  }
}

/** The entry for a lease that now has this length. */
export function leaseEntry(lease: KeptLease, leaseMs: number, epoch: number): LeaseEntry {
  const { requestId } = lease;
  return requestId === undefined
    ? new LeaseEntry(lease, leaseMs, epoch)
    : new StreamLeaseEntry({ ...lease, requestId }, leaseMs, epoch);
}

/** So many numbers of releases may lie about that are of no interest any more. */
const HEARD_RELEASES_MAX = 64;

export class SessionEntry implements KeptSession, Marked<KeptSession> {
  readonly sessionId: string;
  readonly recoveryMs: number;
  declare readonly owner?: Owner;
  readonly at: Instant;
  #releases: number[];
  #heardBelow = 0;
  /** How many numbers there may be until it is worth looking for those that were heard. */
  #releasesMax = HEARD_RELEASES_MAX;
  #epoch: number;

  constructor(session: KeptSession, epoch: number) {
    this.sessionId = session.sessionId;
    this.recoveryMs = session.recoveryMs;
    if (session.owner !== undefined) {
      this.owner = session.owner;
    }
    this.at = session.at;
    this.#releases = [...session.releases];
    this.#epoch = epoch;
  }

  get releases(): readonly number[] {
    return this.#releases.filter((requestId) => requestId >= this.#heardBelow);
  }

  noteRelease(requestId: number, heardBelow: number): void {
    this.#releases.push(requestId);
    this.#heardBelow = Math.max(this.#heardBelow, heardBelow);
    if (this.#releases.length > this.#releasesMax) {
      this.#releases = [...this.releases];
      this.#releasesMax = 2 * this.#releases.length + HEARD_RELEASES_MAX;
    }
  }

  mark(epoch: number): boolean {
    const isNews = this.#epoch !== epoch;
    this.#epoch = epoch;
    return isNews;
  }

  copy(): KeptSession {
    const { sessionId, recoveryMs, owner, at, releases } = this;
    return { sessionId, recoveryMs, ...(owner && { owner }), at, releases };
  }
}
