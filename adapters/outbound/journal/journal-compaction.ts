/**
 * Why: a journal is written anew from what still matters, beside the one in use, in slices that
 * never stop the server, and takes its place without a moment in which neither could be read.
 */
import type { LedgerSnapshot } from '../../../domain/ledger-snapshot.js';
import type { FileSystem } from './file-system.js';
import type { GrowingFile } from './growing-file.js';
import { JournalDraft } from './journal-draft.js';
import { LineSealer } from './journal-line.js';
import {
  encodeLease,
  encodeSession,
  headerMembers,
  leasesMembers,
  packed,
  sessionsMembers,
} from '../../../domain/journal-record.js';
import { readWhole } from './whole-transfer.js';

export interface CompactionOptions {
  readonly fileSystem: FileSystem;
  /** Of the journal in use. */
  readonly path: string;
  readonly journal: GrowingFile;
  /** Taken when `journal` ended as it does now, with the batch of this number. */
  readonly snapshot: LedgerSnapshot;
  readonly batchNumber: number;
  /** How many leases are looked at in one turn of the event loop. */
  readonly sliceLeases: number;
  /** How long the text of a line may be, but for a line of one lease. */
  readonly lineLengthMax: number;
}

/**
 * So much is copied in one turn, and so little is left for the moment in which the journal waits.
 */
const COPY_LENGTH = 256 * 1024;
/**
 * The disk is given the draft bit by bit: one great sync at the end would hold up the journal's
 * own.
 */
const SYNC_LENGTH = 1024 * 1024;
/**
 * Each round copies what came during the one before; so many are enough unless the disk cannot keep
 * up.
 */
const ROUNDS_MAX = 8;

/** It was told to stop; nothing went wrong. */
export class CompactionCancelled extends Error {
  override readonly name = 'CompactionCancelled';
}

/**
 * Moves: prepare → complete, each once, or abandon after a failure of either, which leaves the
 * journal in use as if nothing had been. Batches go on being appended to that during `prepare`, but
 * not from `complete` on.
 */
export class JournalCompaction {
  readonly #options: CompactionOptions;
  readonly #sealer = new LineSealer();
  #draft: JournalDraft | undefined;
  #syncedLength = 0;
  #snapshotEnd = 0;
  /** How far the journal in use has been copied. */
  #copiedTo: number;
  #isCancelled = false;

  constructor(options: CompactionOptions) {
    this.#options = options;
    this.#copiedTo = options.journal.length;
  }

  /** Where the batches begin in the new journal. */
  get snapshotEnd(): number {
    return this.#snapshotEnd;
  }

  /** Writes the snapshot and the batches since, but for a last few, and syncs them. */
  async prepare(): Promise<void> {
    const { fileSystem, path, journal } = this.#options;
    const draft = await JournalDraft.create(fileSystem, path);
    this.#draft = draft;
    await this.#writeSnapshot(draft.content);
    this.#snapshotEnd = draft.content.length;
    for (
      let round = 0;
      round < ROUNDS_MAX && journal.length - this.#copiedTo > COPY_LENGTH;
      round += 1
    ) {
      await this.#copyTo(journal.length, draft.content);
    }
    await draft.content.file.syncAll();
  }

  /** Adds the last few. @returns what is to be put in place. */
  async complete(): Promise<JournalDraft> {
    const draft = this.#draft as JournalDraft;
    await this.#copyTo(this.#options.journal.length, draft.content);
    await draft.content.file.syncAll();
    return draft;
  }

  /** Makes `prepare` reject with CompactionCancelled soon, unless it is over. */
  cancel(): void {
    this.#isCancelled = true;
  }

  async abandon(): Promise<void> {
    this.#options.snapshot.discard();
    await this.#draft?.abandon();
  }

  async #writeSnapshot(draft: GrowingFile): Promise<void> {
    const { snapshot, batchNumber } = this.#options;
    const { fencingToken, leaseCount: leases, sessionCount: sessions } = snapshot;
    const header = headerMembers({ batches: batchNumber, fencingToken, leases, sessions });
    await this.#write(this.#sealer.seal(header), draft);
    const nextLeases = (countMax: number) => snapshot.nextLeases(countMax);
    const nextSessions = (countMax: number) => snapshot.nextSessions(countMax);
    const number = await this.#writePages(draft, 0, nextLeases, encodeLease, leasesMembers);
    await this.#writePages(draft, number, nextSessions, encodeSession, sessionsMembers);
  }

  /** @returns the number of the last line. */
  async #writePages<Kept>(
    draft: GrowingFile,
    numberBefore: number,
    next: (countMax: number) => readonly Kept[] | undefined,
    encode: (kept: Kept) => string,
    members: (number: number, text: string) => string,
  ): Promise<number> {
    const { sliceLeases, lineLengthMax } = this.#options;
    let number = numberBefore;
    for (let page = next(sliceLeases); page !== undefined; page = next(sliceLeases)) {
      for (const text of packed(page, encode, lineLengthMax)) {
        number += 1;
        await this.#write(this.#sealer.seal(members(number, text)), draft);
      }
      if (page.length === 0) {
        // No write ends this turn: all that it looked at had changed meanwhile.
        await new Promise(setImmediate);
      }
    }
    return number;
  }

  /** Batches are copied byte for byte: they keep their numbers over a compaction. */
  async #copyTo(end: number, draft: GrowingFile): Promise<void> {
    const { file } = this.#options.journal;
    while (this.#copiedTo < end) {
      const length = Math.min(COPY_LENGTH, end - this.#copiedTo);
      const bytes = await readWhole(file, { position: this.#copiedTo, length });
      if (bytes.length < length) {
        throw new Error(`the journal ends at byte ${this.#copiedTo + bytes.length}`);
      }
      await this.#write(bytes, draft);
      this.#copiedTo += length;
    }
  }

  async #write(bytes: Uint8Array, draft: GrowingFile): Promise<void> {
    if (this.#isCancelled) {
      throw new CompactionCancelled('the compaction was cancelled');
    }
    await draft.append(bytes);
    if (draft.length - this.#syncedLength >= SYNC_LENGTH) {
      this.#syncedLength = draft.length;
      await draft.file.syncData();
    }
  }
}
