/**
 * Why: the fold that turns facts back into leases. Recovery, compaction, stores and specs all use
 * this one, so that they cannot disagree about what a sequence of facts means.
 */
import { shortName } from './disclosure.js';
import type { Fact, LeaseGranted } from './facts.js';
import type { Instant } from './instant.js';
import { invariant } from './invariant.js';

/** A lease as the facts leave it: the grant, with the latest renewal's length. */
export type KeptLease = Omit<LeaseGranted, 'type'>;

/** A fact that contradicts those before it: the record it came from is damaged. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
}

/** The leases of a ledger as they were at one moment, while the ledger goes on changing. */
export interface LedgerSnapshot {
  readonly leaseCount: number;
  readonly fencingToken: number;
  /**
   * The next page, in no particular order: at most `leasesMax`, or fewer; undefined after the last
   * one.
   */
  next(leasesMax: number): readonly KeptLease[] | undefined;
  /** No more is wanted of it. */
  discard(): void;
}

/**
 * The leases that live after the facts applied so far, by key, and the highest fencing token given.
 */
export class LeaseLedger {
  readonly #entries = new Map<string, Entry>();
  #fencingToken: number;
  /**
   * Counts the snapshots; an entry that bears the number of the latest one is not, or no more, of
   * interest to it.
   */
  #epoch = 0;
  #snapshot: Snapshot | undefined;

  /** @param fencingToken the high-water mark to begin from; 0 when nothing was ever granted. */
  constructor(fencingToken = 0) {
    this.#fencingToken = fencingToken;
  }

  get fencingToken(): number {
    return this.#fencingToken;
  }

  get leases(): ReadonlyMap<string, KeptLease> {
    return this.#entries;
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
        this.#snapshot?.rescue(entry);
        this.#entries.set(fact.key, new Entry(entry, fact.leaseMs, this.#epoch));
        return;
      }
      case 'lease-ended': {
        const entry = this.#find(fact);
        this.#snapshot?.rescue(entry);
        this.#entries.delete(fact.key);
        return;
      }
      default:
        fact satisfies never;
    }
  }

  /** Takes in a lease as a snapshot holds it. @throws LedgerError when its key is taken. */
  restore(lease: KeptLease): void {
    if (this.#entries.has(lease.key)) {
      throw new LedgerError(`the key of lock ${quoted(lease.name)} is granted twice`);
    }
    this.#entries.set(lease.key, new Entry(lease, lease.leaseMs, this.#epoch));
    this.#fencingToken = Math.max(this.#fencingToken, lease.fencingToken);
  }

  /**
   * Everything as it is now, to be read in pages without stopping the world and without a copy:
   * entries that change before they were read are put aside first. One at a time.
   */
  snapshot(): LedgerSnapshot {
    invariant(this.#snapshot === undefined, 'a ledger has one snapshot at a time');
    this.#epoch += 1;
    const snapshot = new Snapshot(this.#entries, this.#fencingToken, this.#epoch, () => {
      if (this.#snapshot === snapshot) {
        this.#snapshot = undefined;
      }
    });
    this.#snapshot = snapshot;
    return snapshot;
  }

  #find(fact: { readonly name: string; readonly key: string; readonly type: string }): Entry {
    const entry = this.#entries.get(fact.key);
    if (entry === undefined || entry.name !== fact.name) {
      throw new LedgerError(
        `${fact.type} of lock ${quoted(fact.name)} names a key that holds nothing`,
      );
    }
    return entry;
  }
}

/**
 * A lease that never changes, and the snapshot's mark on it, private so that it is no part of the
 * lease.
 */
class Entry implements KeptLease {
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

  /** Marks it; tells whether it was not marked so before. */
  mark(epoch: number): boolean {
    const isNews = this.#epoch !== epoch;
    this.#epoch = epoch;
    return isNews;
  }
}

/**
 * To pass over an entry costs little, but very many in a row must not make one page long to find.
 */
const STEPS_PER_LEASE = 64;

/**
 * Open → closed, by its last page or discarded. Entries made since it began bear its mark from
 * birth.
 */
class Snapshot implements LedgerSnapshot {
  readonly leaseCount: number;
  readonly #unread: Iterator<Entry>;
  readonly #rescued: Entry[] = [];
  #remainingCount: number;

  constructor(
    entries: ReadonlyMap<string, Entry>,
    readonly fencingToken: number,
    readonly epoch: number,
    readonly discard: () => void,
  ) {
    this.leaseCount = entries.size;
    this.#remainingCount = entries.size;
    this.#unread = entries.values();
  }

  /** The entry is about to change or end. */
  rescue(entry: Entry): void {
    if (entry.mark(this.epoch)) {
      this.#rescued.push(entry);
    }
  }

  next(leasesMax: number): readonly KeptLease[] | undefined {
    if (this.#remainingCount === 0) {
      this.discard();
      return undefined;
    }
    const page = this.#rescued.splice(-leasesMax);
    let stepsLeft = leasesMax * STEPS_PER_LEASE;
    for (; page.length < leasesMax && stepsLeft > 0; stepsLeft -= 1) {
      const entry = this.#unread.next().value as Entry | undefined;
      if (entry === undefined) {
        break;
      }
      if (entry.mark(this.epoch)) {
        page.push(entry);
      }
    }
    this.#remainingCount -= page.length;
    return page;
  }
}

function quoted(name: string): string {
  return JSON.stringify(shortName(name));
}
