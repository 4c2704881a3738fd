/**
 * Why: how a file becomes an open journal, or is refused untouched: found, guarded, read, its torn
 * tail set aside, and made durable before anyone relies on it.
 */
import { basename, dirname } from 'node:path';
import type { LeaseLedger } from '../../../domain/lease-ledger.js';
import type { Logger } from '../../../ports/outbound/logger.js';
import { StateStoreError } from '../../../ports/outbound/state-store.js';
import { codeOf, openingFailed, unavailable } from './disk-error.js';
import type { FileSystem, OpenFile } from './file-system.js';
import { GrowingFile } from './growing-file.js';
import { JournalDraft, removeDraft } from './journal-draft.js';
import { LineSealer } from './journal-line.js';
import { type JournalContent, readJournal } from './journal-reader.js';
import { headerMembers } from '../../../domain/journal-record.js';
import { readWhole, writeWhole } from './whole-transfer.js';

export interface OpenJournal {
  /** Of the file itself, without links. */
  readonly path: string;
  /** Open while the journal is: it keeps every other server out. */
  readonly guard: OpenFile;
  readonly file: GrowingFile;
  readonly ledger: LeaseLedger;
  readonly batchNumber: number;
  readonly snapshotEnd: number;
}

interface OpeningOptions {
  readonly file: string;
  readonly fileSystem: FileSystem;
  readonly logger: Logger;
}

/** @throws StateStoreError, with nothing held open and nothing changed that was kept. */
export async function openJournal(options: OpeningOptions): Promise<OpenJournal> {
  try {
    const path = await locate(options);
    const guard = await takeGuard(options.fileSystem, path);
    try {
      return { path, guard, ...(await openGuarded(options, path)) };
    } catch (error) {
      await guard.close();
      throw error;
    }
  } catch (error) {
    throw openingFailed(options.file, error);
  }
}

async function locate({ file, fileSystem }: OpeningOptions): Promise<string> {
  const kind = await fileSystem.kindOf(file);
  if (kind === 'folder') {
    throw unavailable(file, 'it is a folder. Name a file in it');
  }
  if (kind === 'other') {
    throw unavailable(file, 'it is a device, socket or pipe. Name a plain file');
  }
  // Created if it is not there, so that a link whose target is yet to come leads somewhere too.
  await (await fileSystem.open(file, 'existing-or-new')).close();
  return fileSystem.realPath(file);
}

/**
 * The guard is a file of its own since compaction puts new files in the journal's place. It is
 * never removed.
 */
async function takeGuard(fileSystem: FileSystem, path: string): Promise<OpenFile> {
  const guard = await fileSystem.open(`${path}.lock`, 'existing-or-new');
  try {
    if (await guard.tryLock()) {
      return guard;
    }
    throw new StateStoreError(
      'in-use',
      `The state file ${path} is in use by another server. Stop that one, or name another file.`,
    );
  } catch (error) {
    await guard.close();
    throw error;
  }
}

type GuardedJournal = Omit<OpenJournal, 'path' | 'guard'>;

async function openGuarded(options: OpeningOptions, path: string): Promise<GuardedJournal> {
  const { fileSystem } = options;
  await removeDraft(fileSystem, path);
  const file = await fileSystem.open(path, 'existing-or-new');
  try {
    if ((await file.size()) > 0) {
      return await openKept(options, path, file);
    }
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  await createJournal(fileSystem, path);
  return openGuarded(options, path);
}

async function createJournal(fileSystem: FileSystem, path: string): Promise<void> {
  const draft = await JournalDraft.create(fileSystem, path);
  try {
    const header = headerMembers({ batches: 0, fencingToken: 0, leases: 0, sessions: 0 });
    await draft.content.append(new LineSealer().seal(header));
    await draft.content.file.syncAll();
    await draft.putInPlace();
  } finally {
    await draft.content.file.close();
  }
}

async function openKept(
  options: OpeningOptions,
  path: string,
  file: OpenFile,
): Promise<GuardedJournal> {
  const content = await readJournal(file, path);
  const size = await file.size();
  if (size > content.end) {
    await setTailAside(options, path, file, { offset: content.end, length: size - content.end });
  }
  await makeDurable(options.fileSystem, path, file, content);
  const { ledger, batchNumber, snapshotEnd, end } = content;
  const leases = ledger.leases.size;
  options.logger.info(
    `Loaded ${leases} ${leases === 1 ? 'lease' : 'leases'} from ${path} (${end} bytes)`,
    { file: path, leases, bytes: end },
  );
  return { file: new GrowingFile(file, end), ledger, batchNumber, snapshotEnd };
}

/**
 * What was read may be in the machine's memory only: the process before may have died before a
 * sync, or because one failed, after which a sync of its own would no more write the last line. So
 * that is written over itself. The name, too, may not have been synced since a compaction.
 */
async function makeDurable(
  fileSystem: FileSystem,
  path: string,
  file: OpenFile,
  { lastLineAt, end }: JournalContent,
): Promise<void> {
  const lastLine = await readWhole(file, { position: lastLineAt, length: end - lastLineAt });
  await writeWhole(file, lastLine, lastLineAt);
  await file.syncAll();
  await fileSystem.syncFolder(dirname(path));
}

async function setTailAside(
  { fileSystem, logger }: OpeningOptions,
  path: string,
  file: OpenFile,
  { offset, length }: { readonly offset: number; readonly length: number },
): Promise<void> {
  const tail = await readWhole(file, { position: offset, length });
  const asidePath = await keepAside(fileSystem, `${path}.torn-${offset}`, tail);
  await fileSystem.syncFolder(dirname(path));
  await file.truncate(offset);
  await file.syncAll();
  logger.warn(
    `The state file ${path} ended in an incomplete batch at byte ${offset}, ` +
      `as a crash leaves it. It was cut off and kept as ${basename(asidePath)}`,
    { file: path, offset, bytes: length, aside: asidePath },
  );
}

/** @returns the first path of `prefix`-1, `prefix`-2, ... that was free. */
async function keepAside(fileSystem: FileSystem, prefix: string, bytes: Buffer): Promise<string> {
  for (let number = 1; ; number += 1) {
    const path = `${prefix}-${number}`;
    const file = await openIfFree(fileSystem, path);
    if (file !== undefined) {
      await fill(fileSystem, { path, file, bytes });
      return path;
    }
  }
}

/** On a full disk nothing half-written is left behind, however often the start is tried. */
async function fill(
  fileSystem: FileSystem,
  { path, file, bytes }: { readonly path: string; readonly file: OpenFile; readonly bytes: Buffer },
): Promise<void> {
  try {
    await writeWhole(file, bytes, 0);
    await file.syncAll();
  } catch (error) {
    await fileSystem.unlink(path);
    throw error;
  } finally {
    await file.close();
  }
}

async function openIfFree(fileSystem: FileSystem, path: string): Promise<OpenFile | undefined> {
  try {
    return await fileSystem.open(path, 'new');
  } catch (error) {
    if (codeOf(error) === 'EEXIST') {
      return undefined;
    }
    throw error;
  }
}
