/** Why: a ledger is read at leisure, as it was at one moment, without a copy and without stopping it. */
import type { KeptLease, KeptSession } from './kept-state.js';

/** What a snapshot needs of an entry. */
export interface Marked<Kept> {
  /** Marks it; tells whether it was not marked so before. */
  mark(epoch: number): boolean;
  /** As it is now, never to change. */
  copy(): Kept;
}

/** What a ledger held at one moment, while it goes on changing. Open → closed, by its last page or discarded. */
export class LedgerSnapshot {
  readonly leases: LedgerPages<KeptLease, Marked<KeptLease>>;
  readonly sessions: LedgerPages<KeptSession, Marked<KeptSession>>;
  readonly fencingToken: number;
  /** No more is wanted of it. */
  readonly discard: () => void;

  constructor(parts: Pick<LedgerSnapshot, 'leases' | 'sessions' | 'fencingToken' | 'discard'>) {
    this.leases = parts.leases;
    this.sessions = parts.sessions;
    this.fencingToken = parts.fencingToken;
    this.discard = parts.discard;
  }

  get leaseCount(): number {
    return this.leases.count;
  }

  get sessionCount(): number {
    return this.sessions.count;
  }

  /**
   * The next page, in no particular order: at most `countMax`, or fewer; undefined after the last
   * one.
   */
  nextLeases(countMax: number): readonly KeptLease[] | undefined {
    return this.#next(this.leases, countMax);
  }

  nextSessions(countMax: number): readonly KeptSession[] | undefined {
    return this.#next(this.sessions, countMax);
  }

  #next<Kept>(
    pages: LedgerPages<Kept, Marked<Kept>>,
    countMax: number,
  ): readonly Kept[] | undefined {
    const page = pages.next(countMax);
    if (page === undefined && this.leases.isRead && this.sessions.isRead) {
      this.discard();
    }
    return page;
  }
}

/**
 * To pass over an entry costs little, but very many in a row must not make one page long to find.
 */
const STEPS_PER_ENTRY = 64;

/** Entries made since it began bear its mark from birth. */
export class LedgerPages<Kept, Entry extends Marked<Kept>> {
  readonly count: number;
  readonly #unread: Iterator<Entry>;
  readonly #rescued: Kept[] = [];
  readonly #epoch: number;
  #remainingCount: number;

  constructor(entries: ReadonlyMap<string, Entry>, epoch: number) {
    this.count = entries.size;
    this.#remainingCount = entries.size;
    this.#unread = entries.values();
    this.#epoch = epoch;
  }

  /** The entry is about to change or end. */
  rescue(entry: Entry): void {
    if (entry.mark(this.#epoch)) {
      this.#rescued.push(entry.copy());
    }
  }

  next(countMax: number): readonly Kept[] | undefined {
    if (this.#remainingCount === 0) {
      return undefined;
    }
    const page = this.#rescued.splice(-countMax);
    let stepsLeft = countMax * STEPS_PER_ENTRY;
    for (; page.length < countMax && stepsLeft > 0; stepsLeft -= 1) {
      const entry = this.#unread.next().value as Entry | undefined;
      if (entry === undefined) {
        break;
      }
      if (entry.mark(this.#epoch)) {
        page.push(entry.copy());
      }
    }
    this.#remainingCount -= page.length;
    return page;
  }

  get isRead(): boolean {
    return this.#remainingCount === 0;
  }
}
