/** Why: what stands on the disk before a server starts that is to die. */
import { writeFileSync } from 'node:fs';
import type { Fact } from '../../domain/facts.js';
import { ended, granted } from '../contracts/some-facts.js';
import { batchLine, headerLine } from '../support/journal-bytes.js';
import type { SpecFolder } from '../support/server-process.js';
import type { ClientsBook } from './clients-book.js';
import { STATE_FILE } from './crash-point.js';

/**
 * `nothing`: no file yet. `kept`: a journal that was closed in order. `torn`: one with the beginning of a batch at its end.
 * `great`: one so long that the first batch brings a compaction about, with a snapshot that takes several writes.
 */
export type Seed = 'nothing' | 'kept' | 'torn' | 'great';

/** How many bytes of names bring about a compaction, docs/JOURNAL.md, and a bit. */
const GREAT_LENGTH = 16.5 * 1024 * 1024;
/** More than a MiB of names, after which a draft is synced. */
const GREAT_LEASES = 20;
/** Nearly the longest there may be. */
const LONG = 'x'.repeat(65_000);

const heldShort = [1, 2, 3].map((index) => granted(index, { size: 1 }));
const heldLong = Array.from({ length: GREAT_LEASES }, (_, index) => {
  return granted(index, { size: 1, name: `${index}-${LONG}` });
});

let greatJournal: Buffer | undefined;

/** Puts it in the folder, and what is held by it in the book. */
export function plant(seed: Seed, folder: SpecFolder, book: ClientsBook): void {
  const { bytes, held } = journalFor(seed);
  if (bytes !== undefined) {
    writeFileSync(folder.file(STATE_FILE), bytes);
  }
  for (const { name, key, fencingToken } of held) {
    book.grant(book.ask(name), key, fencingToken);
  }
}

function journalFor(seed: Seed): {
  readonly bytes?: Buffer;
  readonly held: readonly ReturnType<typeof granted>[];
} {
  const kept = () => [headerLine(), batchLine(1, heldShort), batchLine(2, comeAndGone('short'))];
  switch (seed) {
    case 'nothing':
      return { held: [] };
    case 'kept':
      return { bytes: Buffer.concat(kept()), held: heldShort };
    case 'torn': {
      const torn = batchLine(3, comeAndGone('torn')).subarray(0, 77);
      return { bytes: Buffer.concat([...kept(), torn]), held: heldShort };
    }
    case 'great': {
      greatJournal ??= Buffer.concat([...greatLines()]);
      return { bytes: greatJournal, held: heldLong };
    }
    default:
      return seed satisfies never;
  }
}

function* greatLines(): Generator<Buffer> {
  yield headerLine();
  let length = 0;
  for (let number = 1; length < GREAT_LENGTH; number += 1) {
    const line = batchLine(number, number === 1 ? heldLong : comeAndGone(`${number}-${LONG}`));
    length += line.length;
    yield line;
  }
}

function comeAndGone(name: string): readonly Fact[] {
  return [granted(99, { size: 1, name }), ended(99, { name })];
}
