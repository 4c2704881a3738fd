/**
 * Why: loaded before the server (`node --import`), this has it die by SIGKILL at the point that the environment names,
 * without a line of the server knowing. It tells each step that has a point on standard error.
 */
import { writeSync } from 'node:fs';
import fileSystem, { type FileHandle } from 'node:fs/promises';
import http2, { type ServerHttp2Stream } from 'node:http2';
import { syncBuiltinESMExports } from 'node:module';
import { basename, dirname } from 'node:path';
import {
  CRASH_AT,
  type CrashPoint,
  DEATH_MARK,
  type Moment,
  type Step,
  STEP_MARK,
  subjectOf,
  type Subject,
} from './crash-point.js';

const crashAt = process.env[CRASH_AT];

/**
 * So many turns of the event loop an operation is held before the process dies over it: time enough for an answer to
 * get away that does not wait for it.
 */
const HELD_TURNS = 25;

const counts = new Map<Step, number>();

/** Counts and tells a step. @returns how to die at it, if this is the one. */
function begin(step: Step): (moment: Moment) => boolean {
  const count = (counts.get(step) ?? 0) + 1;
  counts.set(step, count);
  writeSync(process.stderr.fd, `${STEP_MARK}${step} ${count}\n`);
  return (moment) => crashAt === (`${moment} ${step} ${count}` satisfies CrashPoint);
}

function die(): Promise<never> {
  writeSync(process.stderr.fd, `${DEATH_MARK}${crashAt}\n`);
  process.kill(process.pid, 'SIGKILL');
  return new Promise<never>(() => {});
}

async function around<Result>(
  step: Step,
  act: () => Promise<Result>,
  actHalf: () => Promise<unknown> = act,
): Promise<Result> {
  const isAt = begin(step);
  if (isAt('before')) {
    for (let turn = 0; turn < HELD_TURNS; turn += 1) {
      await new Promise(setImmediate);
    }
    return die();
  }
  if (isAt('halfway')) {
    await actHalf();
    return die();
  }
  const result = await act();
  return isAt('after') ? die() : result;
}

/** A handle of the journal's or its folder's, under the name that the file has now. */
interface Watched {
  subject: Subject;
}

const watched = new Set<Watched>();

function watchHandle(handle: FileHandle, subject: Subject): void {
  const entry: Watched = { subject };
  watched.add(entry);
  const write = handle.write.bind(handle) as (
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ) => Promise<{ bytesWritten: number }>;
  const { datasync, sync, truncate, close } = handle;
  Object.assign(handle, {
    write: (bytes: Uint8Array, offset: number, length: number, position: number) =>
      around(
        `write ${entry.subject}`,
        () => write(bytes, offset, length, position),
        () => write(bytes, offset, Math.floor(length / 2), position),
      ),
    datasync: () => around(`datasync ${entry.subject}`, () => datasync.call(handle)),
    sync: () => around(`sync ${entry.subject}`, () => sync.call(handle)),
    truncate: (length: number) =>
      around(`truncate ${entry.subject}`, () => truncate.call(handle, length)),
    close: () => around(`close ${entry.subject}`, () => close.call(handle)),
  });
}

/** A file takes another one's place: whoever has either open goes on under another name. */
function moveNames(from: Subject | undefined, to: Subject | undefined): void {
  for (const entry of watched) {
    if (entry.subject === to) {
      entry.subject = 'old-journal';
    } else if (entry.subject === from && to !== undefined) {
      entry.subject = to;
    }
  }
}

function watchFiles(stateFolder: string): void {
  const { open, rename, unlink } = fileSystem;
  const subjectAt = (path: string) =>
    basename(path) === basename(stateFolder) ? 'folder' : subjectOf(basename(path));
  const watchedOpen = async (path: string, flags: number, mode?: number): Promise<FileHandle> => {
    const subject = subjectAt(path);
    if (subject === undefined) {
      return open(path, flags, mode);
    }
    const handle = await around(`open ${subject}`, () => open(path, flags, mode));
    watchHandle(handle, subject);
    return handle;
  };
  const watchedRename = (from: string, to: string): Promise<void> =>
    around(`rename ${subjectAt(from) ?? 'folder'}`, async () => {
      await rename(from, to);
      moveNames(subjectAt(from), subjectAt(to));
    });
  const watchedUnlink = (path: string): Promise<void> => {
    const subject = subjectAt(path);
    return subject === undefined ? unlink(path) : around(`unlink ${subject}`, () => unlink(path));
  };
  Object.assign(fileSystem, {
    open: watchedOpen,
    rename: watchedRename,
    unlink: watchedUnlink,
  });
  syncBuiltinESMExports();
}

type Written = (error?: Error | null) => void;

function watchStream(stream: ServerHttp2Stream, subject: 'answer' | 'frame'): void {
  const write = stream.write.bind(stream) as (bytes: Uint8Array, written: Written) => boolean;
  const { respond, sendTrailers } = stream;
  const told = (step: Step, tell: () => void): void => {
    const isAt = begin(step);
    if (isAt('before')) die().catch(() => undefined);
    tell();
    if (isAt('after')) die().catch(() => undefined);
  };
  Object.assign(stream, {
    respond: (...how: Parameters<typeof respond>) =>
      told(`respond ${subject}`, () => respond.apply(stream, how)),
    sendTrailers: (...how: Parameters<typeof sendTrailers>) =>
      told(`trailers ${subject}`, () => sendTrailers.apply(stream, how)),
    write: (bytes: Uint8Array, written: Written) => {
      const isAt = begin(`write ${subject}`);
      if (isAt('before')) die().catch(() => undefined);
      return write(bytes, (error) => {
        // It has been handed to the socket whole.
        if (isAt('after')) die().catch(() => undefined);
        written(error);
      });
    },
  });
  stream.once('close', () => told(`close ${subject}`, () => undefined));
}

function watchAnswers(): void {
  const { createServer } = http2;
  Object.assign(http2, {
    createServer: (...how: Parameters<typeof createServer>) => {
      const server = createServer(...how);
      server.prependListener('stream', (stream, { ':path': path = '' }) => {
        watchStream(stream, path.endsWith('/Session') ? 'frame' : 'answer');
      });
      return server;
    },
  });
}

const stateFile = process.argv[process.argv.indexOf('-s') + 1] ?? '';
watchFiles(dirname(stateFile));
watchAnswers();
