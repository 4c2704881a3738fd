/**
 * Why: a journal is read to its end before anything is believed, and what cannot be believed is
 * told apart: a tail that was being written when the power went, or damage.
 */
import { JournalFold } from '../../../domain/journal-fold.js';
import {
  decodeHeader,
  JOURNAL_MEMBER,
  JOURNAL_VERSION,
  type JournalHeader,
  versionOf,
} from '../../../domain/journal-record.js';
import { type LeaseLedger, LedgerError } from '../../../domain/lease-ledger.js';
import type { StateStoreError } from '../../../ports/outbound/state-store.js';
import { damaged, unavailable } from './disk-error.js';
import type { OpenFile } from './file-system.js';
import { beginsLine, holdsAnotherLine, LINE_FEED, LINE_OPENING, unseal } from './journal-line.js';
import { readWhole } from './whole-transfer.js';

/** What a journal holds, and where. Offsets are in bytes from its beginning. */
export interface JournalContent {
  readonly ledger: LeaseLedger;
  /** The number of the last batch; 0 before the first. */
  readonly batchNumber: number;
  /** Where the batches begin. */
  readonly snapshotEnd: number;
  readonly lastLineAt: number;
  /** Where the last whole line ends; what stands behind is a torn tail. */
  readonly end: number;
}

/** The header stands in these, and signs of a journal whose header is broken. */
const HEAD_LENGTH = 64 * 1024;
const CHUNK_LENGTH = 1024 * 1024;

/**
 * @param path for messages.
 * @throws StateStoreError `damaged`, or `unavailable` for what is no journal that we can read.
 */
export async function readJournal(file: OpenFile, path: string): Promise<JournalContent> {
  const { header, end } = await readHeader(file, path);
  const fold = new LineFold(header, path, end);
  await readLines(file, { from: end, to: await file.size() }, (line, offset, isWhole) => {
    fold.take(line, offset, isWhole);
  });
  return fold.content();
}

/** Snapshot → batches → tail: what a line may be depends on those before it. */
class LineFold {
  readonly #fold: JournalFold;
  #snapshotEnd: number;
  #lastLineAt = 0;
  #end: number;
  #tailAt: number | undefined;

  constructor(
    readonly header: JournalHeader,
    readonly path: string,
    headerEnd: number,
  ) {
    this.#fold = new JournalFold(header);
    this.#snapshotEnd = headerEnd;
    this.#end = headerEnd;
  }

  /** @param isWhole whether an end of line stood behind it. */
  take(line: Buffer, offset: number, isWhole: boolean): void {
    const value = isWhole && this.#tailAt === undefined ? unseal(line) : undefined;
    if (value === undefined) {
      this.#takeTail(line, offset);
      return;
    }
    trusting(this.path, offset, () => {
      this.#fold.take(value);
    });
    this.#lastLineAt = offset;
    this.#end = offset + line.length + 1;
    if (this.#fold.batchNumber === this.header.batches) {
      this.#snapshotEnd = this.#end;
    }
  }

  content(): JournalContent {
    if (this.#fold.isInSnapshot) {
      throw this.#damagedAt(this.#tailAt ?? this.#end, 'a part of its snapshot is missing');
    }
    return {
      ledger: this.#fold.ledger,
      batchNumber: this.#fold.batchNumber,
      snapshotEnd: this.#snapshotEnd,
      lastLineAt: this.#lastLineAt,
      end: this.#end,
    };
  }

  /**
   * Bytes that are no whole line. At the end they are a batch that was never acknowledged. But a
   * batch is begun only after the one before it was synced: if another line begins behind these
   * bytes, though a single byte of it came, they had been kept, and acknowledged, and were damaged
   * later.
   */
  #takeTail(line: Buffer, offset: number): void {
    if (this.#fold.isInSnapshot) {
      throw this.#damagedAt(offset, 'a line of its snapshot does not match its checksum');
    }
    const isBehindTail = this.#tailAt !== undefined;
    this.#tailAt ??= offset;
    if (holdsAnotherLine(line) || (isBehindTail && beginsLine(line))) {
      throw this.#damagedAt(
        this.#tailAt,
        'a line does not match its checksum, and others follow it',
      );
    }
  }

  #damagedAt(offset: number, why: string): StateStoreError {
    return damaged(this.path, { offset, why });
  }
}

/**
 * Runs what takes in a line whose seal is whole, and says where that line stands if it makes no
 * sense.
 */
function trusting<Result>(path: string, offset: number, takeIn: () => Result): Result {
  try {
    return takeIn();
  } catch (error) {
    if (error instanceof LedgerError || error instanceof TypeError) {
      throw damaged(path, { offset, why: `a line has the right checksum, but ${error.message}` });
    }
    throw error;
  }
}

async function readHeader(
  file: OpenFile,
  path: string,
): Promise<{ readonly header: JournalHeader; readonly end: number }> {
  const bytes = await readWhole(file, { position: 0, length: HEAD_LENGTH });
  const end = bytes.indexOf(LINE_FEED);
  const value = end === -1 ? undefined : unseal(bytes.subarray(0, end));
  if (value === undefined) {
    throw resemblesJournal(bytes)
      ? damaged(path, { offset: 0, why: 'its first line does not match its checksum' })
      : unavailable(path, 'it is not a journal of this server. Name another file, or a new one');
  }
  const header = trusting(path, 0, () => {
    const version = versionOf(value);
    if (version !== undefined && version !== JOURNAL_VERSION) {
      throw unavailable(
        path,
        `its format is version ${version}, and this server reads version ${JOURNAL_VERSION}. ` +
          'Start the server that wrote it',
      );
    }
    return decodeHeader(value);
  });
  return { header, end: end + 1 };
}

/** Whether these bytes, which do not begin with a header, are those of a journal all the same. */
function resemblesJournal(head: Buffer): boolean {
  const isCutShort = head.equals(LINE_OPENING.subarray(0, head.length));
  return isCutShort || head.includes(LINE_OPENING) || head.includes(JOURNAL_MEMBER);
}

/** Hands out the lines without their ends, each good until the call returns. */
async function readLines(
  file: OpenFile,
  { from, to }: { readonly from: number; readonly to: number },
  take: (line: Buffer, offset: number, isWhole: boolean) => void,
): Promise<void> {
  const room = Buffer.allocUnsafe(Math.min(CHUNK_LENGTH, to - from));
  /** The beginning of a line whose end is not read yet. */
  let pieces: Buffer[] = [];
  let lineAt = from;
  let position = from;
  for (let count = -1; count !== 0; position += count) {
    count = await file.read(room, position);
    const chunk = room.subarray(0, count);
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      const last = chunk.subarray(start, end);
      const line = pieces.length === 0 ? last : Buffer.concat([...pieces, last]);
      pieces = [];
      take(line, lineAt, true);
      lineAt += line.length + 1;
      start = end + 1;
    }
    if (start < count) {
      pieces.push(Buffer.from(chunk.subarray(start)));
    }
  }
  if (pieces.length > 0) {
    take(Buffer.concat(pieces), lineAt, false);
  }
}
