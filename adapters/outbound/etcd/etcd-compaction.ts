/** Why: batches that were folded into a snapshot need not be kept; the snapshot takes their place in one transaction. */
import {
  encodeLease,
  encodeSession,
  headerMembers,
  leasesMembers,
  packed,
  sessionsMembers,
} from '../../../domain/journal-record.js';
import type { LedgerSnapshot } from '../../../domain/ledger-snapshot.js';
import type { EtcdKeys } from './etcd-keys.js';
import type { EtcdTerm } from './etcd-term.js';

export interface EtcdCompactionOptions {
  readonly keys: EtcdKeys;
  readonly term: EtcdTerm;
  /** Taken when the batch of this number was the last. */
  readonly snapshot: LedgerSnapshot;
  readonly batchNumber: number;
  /** Of the header that is to be replaced; '0' for none. */
  readonly headRevision: string;
  readonly recordLengthMax: number;
  /** Whether there is no use in going on. */
  readonly isStopped: () => boolean;
}

/** So many leases are looked at in one turn of the event loop. */
const SLICE_LEASES = 500;
/** So many keys are removed in one transaction: it stops etcd for as long as it takes. */
const REMOVAL_KEYS = 1_000;

export class EtcdCompaction {
  readonly batchNumber: number;
  readonly #options: EtcdCompactionOptions;
  #part = 0;
  #length = 0;

  constructor(options: EtcdCompactionOptions) {
    this.#options = options;
    this.batchNumber = options.batchNumber;
  }

  /** @returns undefined when it was stopped: nothing has changed then but for parts that nobody reads. */
  async run(): Promise<
    { readonly headRevision: string; readonly snapshotLength: number } | undefined
  > {
    const { snapshot } = this.#options;
    const { fencingToken, leaseCount: leases, sessionCount: sessions } = snapshot;
    try {
      await this.#writeParts((max) => snapshot.nextLeases(max), encodeLease, leasesMembers);
      await this.#writeParts((max) => snapshot.nextSessions(max), encodeSession, sessionsMembers);
      if (this.#options.isStopped()) {
        return undefined;
      }
      const header = { batches: this.batchNumber, fencingToken, leases, sessions };
      const headRevision = await this.#putHead(Buffer.from(`{${headerMembers(header)}}`));
      return { headRevision, snapshotLength: this.#length };
    } finally {
      snapshot.discard();
    }
  }

  /** What is left of an earlier one goes with it. */
  async removeOld(): Promise<void> {
    const { keys, term, isStopped } = this.#options;
    await term.commit({
      operations: [{ request_delete_range: { ...keys.snapshotsBefore(this.batchNumber) } }],
    });
    const end = this.batchNumber + 1;
    for (let from = await this.#firstBatch(end); from !== undefined && !isStopped(); ) {
      const range = keys.batchesBetween(from, Math.min(from + REMOVAL_KEYS, end));
      await term.commit({ operations: [{ request_delete_range: { ...range } }] });
      from = await this.#firstBatch(end);
    }
  }

  /** The first that there is of those below `end`. */
  async #firstBatch(end: number): Promise<number | undefined> {
    const { keys, term } = this.#options;
    const range = { ...keys.batchesBetween(0, end), limit: 1, keys_only: true };
    const { responses } = await term.commit({ operations: [{ request_range: range }] });
    const first = responses[0]?.response_range.kvs[0];
    return first && keys.batchNumber(first.key);
  }

  /**
   * An attempt that comes late, when another header stands there, must not bring this one back: its
   * batches are gone by then.
   */
  async #putHead(value: Buffer): Promise<string> {
    const { keys, term, headRevision } = this.#options;
    const { succeeded, header, responses } = await term.commit({
      compares: [{ key: keys.head, target: 'Mod', result: 'Equal', mod_revision: headRevision }],
      operations: [{ request_put: { key: keys.head, value } }],
      otherwise: [{ request_range: { key: keys.head } }],
    });
    if (succeeded) {
      return header.revision;
    }
    const present = responses[1]?.response_range.kvs[0];
    if (present === undefined || !present.value.equals(value)) {
      throw new Error(`${keys.head.toString()} was changed by somebody else`);
    }
    return present.mod_revision;
  }

  async #writeParts<Kept>(
    next: (countMax: number) => readonly Kept[] | undefined,
    encode: (kept: Kept) => string,
    members: (number: number, text: string) => string,
  ): Promise<void> {
    const { keys, term, recordLengthMax, isStopped } = this.#options;
    for (let page = next(SLICE_LEASES); page !== undefined; page = next(SLICE_LEASES)) {
      for (const text of packed(page, encode, recordLengthMax)) {
        if (isStopped()) {
          return;
        }
        this.#part += 1;
        const value = Buffer.from(`{${members(this.#part, text)}}`);
        this.#length += value.length;
        const key = keys.snapshotPart(this.batchNumber, this.#part);
        await term.commit({ operations: [{ request_put: { key, value } }] });
      }
      if (page.length === 0) {
        // No write ends this turn: all that it looked at had changed meanwhile.
        await new Promise(setImmediate);
      }
    }
  }
}
