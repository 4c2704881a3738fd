/**
 * Why: the fold that turns facts back into leases and sessions. Recovery, compaction, stores and
 * specs all use this one, so that they cannot disagree about what a sequence of facts means.
 */
import { shortName } from './disclosure.js';
import type { Fact, StreamRelease } from './facts.js';
import { invariant } from './invariant.js';
import type { KeptLease, KeptSession } from './kept-state.js';
import { type LeaseEntry, leaseEntry, SessionEntry } from './ledger-entries.js';
import { LedgerPages, LedgerSnapshot } from './ledger-snapshot.js';

/** A fact that contradicts those before it: the record it came from is damaged. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
}

/**
 * The leases and stream sessions that live after the facts applied so far, and the highest fencing
 * token given.
 */
export class LeaseLedger {
  readonly #leases = new Map<string, LeaseEntry>();
  readonly #sessions = new Map<string, SessionEntry>();
  #fencingToken: number;
  /**
   * Counts the snapshots; an entry that bears the number of the latest one is not, or no more, of
   * interest to it.
   */
  #epoch = 0;
  #snapshot: LedgerSnapshot | undefined;

  /** @param fencingToken the high-water mark to begin from; 0 when nothing was ever granted. */
  constructor(fencingToken = 0) {
    this.#fencingToken = fencingToken;
  }

  get fencingToken(): number {
    return this.#fencingToken;
  }

  /** By key. */
  get leases(): ReadonlyMap<string, KeptLease> {
    return this.#leases;
  }

  /** Stream sessions, by id. They go on changing; `copy` what is to stay. */
  get sessions(): ReadonlyMap<string, KeptSession & { copy(): KeptSession }> {
    return this.#sessions;
  }

  /** @throws LedgerError when the fact cannot follow those before it. */
  apply(fact: Fact): void {
    switch (fact.type) {
      case 'lease-granted': {
        this.restore(fact);
        return;
      }
      case 'lease-renewed': {
        const entry = this.#find(fact);
        this.#snapshot?.leases.rescue(entry);
        this.#leases.set(fact.key, leaseEntry(entry, fact.leaseMs, this.#epoch));
        return;
      }
      case 'lease-ended': {
        const entry = this.#find(fact);
        // First, since it may throw: a fact is applied as a whole or not at all.
        if (fact.by !== undefined) {
          this.#noteRelease(fact.by);
        }
        this.#snapshot?.leases.rescue(entry);
        this.#leases.delete(fact.key);
        return;
      }
      case 'session-opened': {
        this.restoreSession({ ...fact, releases: [] });
        return;
      }
      case 'session-ended': {
        const entry = this.#findSession(fact.sessionId);
        this.#snapshot?.sessions.rescue(entry);
        this.#sessions.delete(fact.sessionId);
        return;
      }
      default:
        fact satisfies never;
    }
  }

  /** Takes in a lease as a snapshot holds it. @throws LedgerError when its key is taken. */
  restore(lease: KeptLease): void {
    if (this.#leases.has(lease.key)) {
      throw new LedgerError(`the key of lock ${quoted(lease.name)} is granted twice`);
    }
    this.#leases.set(lease.key, leaseEntry(lease, lease.leaseMs, this.#epoch));
    this.#fencingToken = Math.max(this.#fencingToken, lease.fencingToken);
  }

  /** Takes in a session as a snapshot holds it. @throws LedgerError when it is there already. */
  restoreSession(session: KeptSession): void {
    if (this.#sessions.has(session.sessionId)) {
      throw new LedgerError(`the session ${quoted(session.sessionId)} is opened twice`);
    }
    this.#sessions.set(session.sessionId, new SessionEntry(session, this.#epoch));
  }

  /**
   * Everything as it is now, to be read in pages without stopping the world and without a copy:
   * entries that change before they were read are put aside first. One at a time.
   */
  snapshot(): LedgerSnapshot {
    invariant(this.#snapshot === undefined, 'a ledger has one snapshot at a time');
    this.#epoch += 1;
    const snapshot = new LedgerSnapshot({
      leases: new LedgerPages(this.#leases, this.#epoch),
      sessions: new LedgerPages(this.#sessions, this.#epoch),
      fencingToken: this.#fencingToken,
      discard: () => {
        if (this.#snapshot === snapshot) {
          this.#snapshot = undefined;
        }
      },
    });
    this.#snapshot = snapshot;
    return snapshot;
  }

  #noteRelease({ sessionId, requestId, heardBelow }: StreamRelease): void {
    const entry = this.#findSession(sessionId);
    this.#snapshot?.sessions.rescue(entry);
    entry.noteRelease(requestId, heardBelow);
  }

  #find(fact: { readonly name: string; readonly key: string; readonly type: string }): LeaseEntry {
    const entry = this.#leases.get(fact.key);
    if (entry === undefined || entry.name !== fact.name) {
      throw new LedgerError(
        `${fact.type} of lock ${quoted(fact.name)} names a key that holds nothing`,
      );
    }
    return entry;
  }

  #findSession(sessionId: string): SessionEntry {
    const entry = this.#sessions.get(sessionId);
    if (entry === undefined) {
      throw new LedgerError(`a fact names the session ${quoted(sessionId)}, which is not open`);
    }
    return entry;
  }
}

function quoted(name: string): string {
  return JSON.stringify(shortName(name));
}
