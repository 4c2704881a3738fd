/** Why: a journal's records are folded in the one order that makes sense, and whatever stands elsewhere is damage. */
import { decodeRecord, type JournalHeader, type SessionIds } from './journal-record.js';
import { LeaseLedger } from './lease-ledger.js';

/** In the snapshot → behind it. What a record may be depends on those before it. */
export class JournalFold {
  readonly ledger: LeaseLedger;
  readonly #header: JournalHeader;
  readonly #sessionIds: SessionIds = new Map();
  #snapshotNumber = 0;
  #restoredCount = 0;
  #batchNumber: number;

  constructor(header: JournalHeader) {
    this.#header = header;
    this.ledger = new LeaseLedger(header.fencingToken);
    this.#batchNumber = header.batches;
  }

  /** Of the last batch, or of the last that went into the snapshot. */
  get batchNumber(): number {
    return this.#batchNumber;
  }

  /** The batches come when all leases and sessions that the header announced are there. */
  get isInSnapshot(): boolean {
    return this.#restoredCount < this.#header.leases + this.#header.sessions;
  }

  /**
   * @param value a record, read as JSON.
   * @throws TypeError for what is no record, or cannot stand there; LedgerError for what contradicts
   * the records before it. The fold is good for nothing then.
   */
  take(value: unknown): void {
    const record = decodeRecord(value, this.#sessionIds);
    if (record.type === 'snapshot' && this.isInSnapshot) {
      this.#snapshotNumber += 1;
      expectNumber(record.number, this.#snapshotNumber);
      for (const lease of record.leases) {
        this.ledger.restore(lease);
      }
      for (const session of record.sessions) {
        this.ledger.restoreSession(session);
      }
      this.#restoredCount += record.leases.length + record.sessions.length;
      const { leases, sessions } = this.ledger;
      if (leases.size > this.#header.leases || sessions.size > this.#header.sessions) {
        throw new TypeError('its snapshot holds more than its header announced');
      }
    } else if (record.type === 'batch' && !this.isInSnapshot) {
      this.#batchNumber += 1;
      expectNumber(record.number, this.#batchNumber);
      for (const fact of record.facts) {
        this.ledger.apply(fact);
      }
    } else {
      throw new TypeError(`a ${record.type} cannot stand there`);
    }
  }
}

function expectNumber(found: number, expected: number): void {
  if (found !== expected) {
    throw new TypeError(`it has the number ${found} in the place of ${expected}`);
  }
}
