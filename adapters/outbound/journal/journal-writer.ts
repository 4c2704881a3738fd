/**
 * Why: facts become durable in their order, many for the price of one sync, and the file they are
 * in stays in proportion to what it keeps.
 */
import { FactGroup } from '../../../domain/fact-group.js';
import type { Fact } from '../../../domain/facts.js';
import type { LeaseLedger } from '../../../domain/lease-ledger.js';
import type { Logger } from '../../../ports/outbound/logger.js';
import type { JournalMetrics } from '../../../ports/outbound/metrics.js';
import { StateStoreError } from '../../../ports/outbound/state-store.js';
import { isFull, reasonOf, writingFailed } from './disk-error.js';
import type { FileSystem, OpenFile } from './file-system.js';
import type { GrowingFile } from './growing-file.js';
import { CompactionCancelled, JournalCompaction } from './journal-compaction.js';
import type { JournalDraft } from './journal-draft.js';
import { LineSealer } from './journal-line.js';
import type { OpenJournal } from './journal-opening.js';
import { batchMembers, encodeFact, packed } from '../../../domain/journal-record.js';

export interface WritingOptions {
  readonly fileSystem: FileSystem;
  readonly logger: Logger;
  readonly compactionMinBytes: number;
  readonly compactionFactor: number;
  readonly sliceLeases: number;
  readonly lineLengthMax: number;
  readonly metrics: JournalMetrics | undefined;
}

/**
 * Idle ⇄ writing → ended, by `close` or a failure. While it writes, one loop takes all that has
 * gathered, writes and syncs it line by line and resolves it; between two groups it puts a
 * compacted journal in place if one is ready. A compaction is prepared beside that loop.
 */
export class JournalWriter {
  readonly #options: WritingOptions;
  readonly #path: string;
  readonly #guard: OpenFile;
  readonly #ledger: LeaseLedger;
  readonly #sealer = new LineSealer();
  #file: GrowingFile;
  #batchNumber: number;
  #snapshotEnd: number;
  /** Why nothing is appended any more. */
  #end: StateStoreError | undefined;
  #gathering: FactGroup | undefined;
  #writing: Promise<void> | undefined;
  #compactionDueAt: number;
  #compaction: JournalCompaction | undefined;
  #preparing: Promise<void> | undefined;
  #isCompactionReady = false;

  constructor(options: WritingOptions, journal: OpenJournal) {
    this.#options = options;
    this.#path = journal.path;
    this.#guard = journal.guard;
    this.#ledger = journal.ledger;
    this.#file = journal.file;
    this.#batchNumber = journal.batchNumber;
    this.#snapshotEnd = journal.snapshotEnd;
    this.#compactionDueAt = journal.snapshotEnd + this.#growthMax;
    this.#options.metrics?.measured(this.#file.length);
  }

  append(facts: readonly Fact[]): Promise<void> {
    if (this.#end !== undefined) {
      return Promise.reject(this.#end);
    }
    this.#gathering ??= new FactGroup();
    const group = this.#gathering;
    for (const fact of facts) {
      group.facts.push(fact);
    }
    this.#writing ??= this.#write();
    return group.kept;
  }

  /** Keeps what was appended, then lets go of everything. Called once. */
  async close(): Promise<void> {
    this.#end ??= new StateStoreError('closed', `The state file ${this.#path} was closed.`);
    this.#compaction?.cancel();
    await this.#preparing;
    await this.#writing;
    await this.#abandonCompaction();
    await this.#release(this.#file.file);
    await this.#release(this.#guard);
  }

  /** Never rejects: what goes wrong goes to those who wait, and ends the writer. */
  async #write(): Promise<void> {
    // What is appended in the same turn of the event loop rides along.
    await undefined;
    let group: FactGroup | undefined;
    try {
      for (;;) {
        if (this.#isCompactionReady) {
          await this.#replaceFile();
        }
        group = this.#gathering;
        this.#gathering = undefined;
        if (group === undefined) {
          break;
        }
        await this.#keep(group.facts);
        group.resolve();
        this.#considerCompaction();
      }
    } catch (error) {
      this.#end = writingFailed(this.#path, error);
      group?.reject(this.#end);
      this.#gathering?.reject(this.#end);
      this.#gathering = undefined;
    }
    this.#writing = undefined;
  }

  /**
   * A line is written when the one before it is synced: what the reader knows of damage rests on
   * that.
   */
  async #keep(facts: readonly Fact[]): Promise<void> {
    const take = (fact: Fact): string => {
      this.#ledger.apply(fact);
      return encodeFact(fact);
    };
    for (const text of packed(facts, take, this.#options.lineLengthMax)) {
      this.#batchNumber += 1;
      await this.#appendLine(this.#sealer.seal(batchMembers(this.#batchNumber, text)));
      await this.#sync();
    }
  }

  async #sync(): Promise<void> {
    const { metrics } = this.#options;
    const startedAt = performance.now();
    await this.#file.file.syncData();
    metrics?.synced(performance.now() - startedAt);
    metrics?.measured(this.#file.length);
  }

  async #appendLine(line: Uint8Array): Promise<void> {
    try {
      await this.#file.append(line);
    } catch (error) {
      // The disk may be full of our own draft, and a compaction is never what stops the server.
      if (!isFull(error) || this.#compaction === undefined) {
        throw error;
      }
      this.#compaction.cancel();
      await this.#preparing;
      await this.#abandonCompaction();
      await this.#file.append(line);
    }
  }

  #considerCompaction(): void {
    const isDue = this.#file.length >= this.#compactionDueAt;
    if (!isDue || this.#compaction !== undefined || this.#end !== undefined) {
      return;
    }
    const { fileSystem, sliceLeases, lineLengthMax } = this.#options;
    this.#compaction = new JournalCompaction({
      fileSystem,
      path: this.#path,
      journal: this.#file,
      snapshot: this.#ledger.snapshot(),
      batchNumber: this.#batchNumber,
      sliceLeases,
      lineLengthMax,
    });
    this.#preparing = this.#prepare(this.#compaction);
  }

  async #prepare(compaction: JournalCompaction): Promise<void> {
    try {
      await compaction.prepare();
    } catch (error) {
      await this.#giveUpCompaction(error);
      return;
    }
    if (this.#end === undefined) {
      this.#isCompactionReady = true;
      this.#writing ??= this.#write();
    }
  }

  async #replaceFile(): Promise<void> {
    const compaction = this.#compaction as JournalCompaction;
    this.#isCompactionReady = false;
    let draft: JournalDraft;
    try {
      draft = await compaction.complete();
    } catch (error) {
      await this.#giveUpCompaction(error);
      return;
    }
    await draft.putInPlace();
    const old = this.#file;
    this.#file = draft.content;
    this.#compaction = undefined;
    this.#snapshotEnd = compaction.snapshotEnd;
    this.#compactionDueAt = compaction.snapshotEnd + this.#growthMax;
    await this.#release(old.file);
    this.#options.metrics?.compacted('done');
    this.#options.metrics?.measured(this.#file.length);
    this.#options.logger.debug(
      `Compacted ${this.#path} from ${old.length} to ${this.#file.length} bytes`,
      { file: this.#path, bytesBefore: old.length, bytes: this.#file.length },
    );
  }

  /** The journal is as good as before, only longer. */
  async #giveUpCompaction(error: unknown): Promise<void> {
    this.#compactionDueAt = this.#file.length + this.#growthMax;
    await this.#abandonCompaction();
    if (!(error instanceof CompactionCancelled)) {
      this.#options.metrics?.compacted('given-up');
      this.#options.logger.warn(
        `The state file ${this.#path} could not be compacted: ${reasonOf(error)}. ` +
          `It goes on growing; this is tried again at ${this.#compactionDueAt} bytes`,
        { file: this.#path, bytes: this.#file.length, err: error },
      );
    }
  }

  async #abandonCompaction(): Promise<void> {
    this.#isCompactionReady = false;
    try {
      await this.#compaction?.abandon();
    } catch (error) {
      // The next compaction, or the next start, removes what is left of this one.
      this.#options.logger.warn(`What a compaction left could not be removed: ${reasonOf(error)}`);
    }
    // Only now, so that no other begins over the same draft.
    this.#compaction = undefined;
  }

  /** All that was acknowledged has been synced, so that a close which fails takes nothing away. */
  async #release(file: OpenFile): Promise<void> {
    try {
      await file.close();
    } catch (error) {
      this.#options.logger.warn(`A file of ${this.#path} could not be closed: ${reasonOf(error)}`);
    }
  }

  /**
   * How far the journal may grow behind its snapshot: a start reads what is there, and a snapshot
   * costs its size.
   */
  get #growthMax(): number {
    const { compactionMinBytes, compactionFactor } = this.#options;
    return Math.max(compactionMinBytes, compactionFactor * this.#snapshotEnd);
  }
}
