/**
 * Why: facts are kept in their order, many for the price of one transaction, and what stands in
 * etcd stays in proportion to what it keeps.
 */
import type { Fact } from '../../../domain/facts.js';
import { batchMembers, encodeFact, packed } from '../../../domain/journal-record.js';
import type { LeaseLedger } from '../../../domain/lease-ledger.js';
import type { Logger } from '../../../ports/outbound/logger.js';
import { StateStoreError } from '../../../ports/outbound/state-store.js';
import { EtcdCompaction } from './etcd-compaction.js';
import { reasonOf } from './etcd-error.js';
import type { EtcdKeys } from './etcd-keys.js';
import type { EtcdJournal } from './etcd-reader.js';
import type { EtcdTerm } from './etcd-term.js';

export interface EtcdWritingOptions {
  readonly keys: EtcdKeys;
  readonly logger: Logger;
  readonly compactionMinLength: number;
  readonly recordLengthMax: number;
}

/** A compaction comes no later than behind so many batches, however short: each is a key in etcd. */
const BATCHES_MAX = 100_000;

/** What gathers while a transaction is under way, to be kept together. */
class Group {
  readonly facts: Fact[] = [];
  readonly kept: Promise<void>;
  resolve!: () => void;
  reject!: (failure: unknown) => void;

  constructor() {
    this.kept = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}

/** Idle ⇄ writing → ended, by `close` or a failure. A compaction goes on beside the writing. */
export class EtcdWriter {
  readonly #options: EtcdWritingOptions;
  readonly #term: EtcdTerm;
  readonly #ledger: LeaseLedger;
  #batchNumber: number;
  #snapshotLength: number;
  /** Behind the snapshot, as far as a compaction was not tried. */
  #batchCount: number;
  #batchesLength: number;
  #headRevision: string;
  /** Why nothing is appended any more. */
  #end: StateStoreError | undefined;
  #gathering: Group | undefined;
  #writing: Promise<void> | undefined;
  #compacting: Promise<void> | undefined;

  constructor(options: EtcdWritingOptions, term: EtcdTerm, journal: EtcdJournal) {
    this.#options = options;
    this.#term = term;
    this.#ledger = journal.ledger;
    this.#batchNumber = journal.batchNumber;
    this.#batchCount = journal.batchNumber - journal.snapshotNumber;
    this.#snapshotLength = journal.snapshotLength;
    this.#batchesLength = journal.batchesLength;
    this.#headRevision = journal.headRevision;
  }

  append(facts: readonly Fact[]): Promise<void> {
    if (this.#end !== undefined) {
      return Promise.reject(this.#end);
    }
    this.#gathering ??= new Group();
    const group = this.#gathering;
    for (const fact of facts) {
      group.facts.push(fact);
    }
    this.#writing ??= this.#write();
    return group.kept;
  }

  /** Keeps what was appended. */
  async close(): Promise<void> {
    this.#end ??= new StateStoreError('closed', 'The store in etcd was closed.');
    await this.#writing;
    await this.#compacting;
  }

  /** Never rejects: what goes wrong goes to those who wait, and ends the writer. */
  async #write(): Promise<void> {
    // What is appended in the same turn of the event loop rides along.
    await undefined;
    let group: Group | undefined;
    try {
      for (group = this.#take(); group !== undefined; group = this.#take()) {
        await this.#keep(group.facts);
        group.resolve();
        this.#considerCompaction();
      }
    } catch (error) {
      this.#end = writingFailed(error);
      group?.reject(this.#end);
      this.#take()?.reject(this.#end);
    }
    this.#writing = undefined;
  }

  #take(): Group | undefined {
    const group = this.#gathering;
    this.#gathering = undefined;
    return group;
  }

  /** A batch is written when the one before it is kept, so that a failure leaves no gap. */
  async #keep(facts: readonly Fact[]): Promise<void> {
    const take = (fact: Fact): string => {
      this.#ledger.apply(fact);
      return encodeFact(fact);
    };
    for (const text of packed(facts, take, this.#options.recordLengthMax)) {
      this.#batchNumber += 1;
      this.#batchCount += 1;
      const value = `{${batchMembers(this.#batchNumber, text)}}`;
      this.#batchesLength += value.length;
      const key = this.#options.keys.batch(this.#batchNumber);
      await this.#term.commit({
        operations: [{ request_put: { key, value: Buffer.from(value) } }],
      });
    }
  }

  #considerCompaction(): void {
    const lengthMax = Math.max(this.#options.compactionMinLength, this.#snapshotLength);
    const isDue = this.#batchesLength > lengthMax || this.#batchCount > BATCHES_MAX;
    if (isDue && this.#compacting === undefined && this.#end === undefined) {
      this.#compacting = this.#compact().finally(() => {
        this.#compacting = undefined;
      });
    }
  }

  /** Never rejects: without it what is kept is as good as before, only longer. */
  async #compact(): Promise<void> {
    // Whether it succeeds or not, the next one is due when as much has been written again.
    this.#batchCount = 0;
    this.#batchesLength = 0;
    const compaction = new EtcdCompaction({
      ...this.#options,
      term: this.#term,
      snapshot: this.#ledger.snapshot(),
      batchNumber: this.#batchNumber,
      headRevision: this.#headRevision,
      isStopped: () => this.#end !== undefined,
    });
    try {
      const done = await compaction.run();
      if (done !== undefined) {
        this.#headRevision = done.headRevision;
        this.#snapshotLength = done.snapshotLength;
        await compaction.removeOld();
      }
    } catch (error) {
      if (this.#term.whyOver() === undefined) {
        this.#options.logger.warn(
          `What etcd keeps could not be compacted, and is tried again when it has grown: ${reasonOf(error)}`,
        );
      }
    }
  }
}

/** A fact that contradicts those before it, or cannot be written down, is no failure of etcd's. */
function writingFailed(error: unknown): StateStoreError {
  return error instanceof StateStoreError
    ? error
    : new StateStoreError(
        'write-failed',
        `A fact could not be kept in etcd: ${reasonOf(error)}. This is a fault in the server: please report ` +
          'it; everything that was acknowledged is kept.',
        { cause: error },
      );
}
