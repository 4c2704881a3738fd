/**
 * Why: the file of the local door is private from its first moment, takes the place of nothing but
 * a dead server's socket, and is removed only by the server that made it.
 */
import { once } from 'node:events';
import { type BigIntStats, lstatSync, renameSync, statSync, unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';
import { IpcListenError } from './ipc-listen-error.js';
import { socketPathProblem } from './socket-path-problem.js';

const OWNER_ONLY = 0o600;
const ALL_BUT_OWNER_ONLY = 0o177;
const BACKLOG = 64;
const ANOTHER_PATH = 'give another path with --ipc_socket_file';

/** A socket file that a server of this process is bound to. A named pipe of Windows has no file. */
export class SocketFile {
  readonly #server: Server;
  readonly #path: string;
  readonly #made: BigIntStats | undefined;

  private constructor(server: Server, path: string, made: BigIntStats | undefined) {
    this.#server = server;
    this.#path = path;
    this.#made = made;
  }

  /**
   * Makes `server` listen at `path`, for the user of this process alone.
   * @throws IpcListenError, and then `server` does not listen and nothing that lives was touched.
   */
  static async bind(server: Server, path: string): Promise<SocketFile> {
    const problem = socketPathProblem(path);
    if (problem !== undefined) {
      throw new IpcListenError(
        'path-invalid',
        `the socket path ${JSON.stringify(path)} ${problem}: ${ANOTHER_PATH}`,
      );
    }
    try {
      await listen(server, path);
    } catch (error) {
      if (codeOf(error) !== 'EADDRINUSE' || process.platform === 'win32') {
        throw listenError(path, error);
      }
      await removeStaleSocket(path);
      await listen(server, path).catch((second: unknown) => {
        throw listenError(path, second);
      });
    }
    const file = new SocketFile(server, path, statIfAny(path));
    if (process.platform !== 'win32') {
      file.#refuseIfNotPrivate();
    }
    return file;
  }

  /** Ends the listening and removes the file, if it is still the one that was made. */
  close(): void {
    const found = statIfAny(this.#path);
    if (found === undefined || isSameFile(found, this.#made)) {
      this.#server.close();
      return;
    }
    // The end of a server removes whatever lies at its path, so another's socket steps aside for
    // it, in the same turn. Where it may not be renamed it could not be removed either.
    const aside = `${this.#path}.${process.pid}`;
    const isAside = succeeds(() => renameSync(this.#path, aside));
    this.#server.close();
    if (isAside) {
      renameSync(aside, this.#path);
    }
  }

  #refuseIfNotPrivate(): void {
    if (this.#made?.isSocket() && (Number(this.#made.mode) & 0o777) === OWNER_ONLY) {
      return;
    }
    this.close();
    throw new IpcListenError(
      'failed',
      `the socket ${this.#path} cannot be kept to its owner where it lies: ${ANOTHER_PATH}`,
    );
  }
}

async function listen(server: Server, path: string): Promise<void> {
  const listening = once(server, 'listening');
  // The bind happens within this call, so no other code of the process sees the mask, and no other
  // process sees the socket with a wider mode.
  const mask = process.umask(ALL_BUT_OWNER_ONLY);
  try {
    server.listen({
      path,
      backlog: BACKLOG,
      exclusive: true,
      readableAll: false,
      writableAll: false,
    });
  } finally {
    process.umask(mask);
  }
  await listening;
}

/** @throws IpcListenError unless nothing is at `path` when it returns. */
async function removeStaleSocket(path: string): Promise<void> {
  const found = statIfAny(path);
  if (found === undefined) {
    return;
  }
  if (!found.isSocket()) {
    const what = found.isDirectory() ? 'a folder' : found.isFile() ? 'a file' : 'something else';
    throw new IpcListenError(
      'not-a-socket',
      `${path} is ${what}, not a socket, and was left alone: move it away, or ${ANOTHER_PATH}`,
    );
  }
  const answer = await knock(path);
  if (answer === 'EACCES' || answer === 'EPERM') {
    throw new IpcListenError(
      'no-permission',
      `the socket ${path} belongs to another user: remove it as that user, or ${ANOTHER_PATH}`,
    );
  }
  const still = statIfAny(path);
  if (still === undefined) {
    return;
  }
  // Another server may have put its socket there since, and the number of a removed file is given
  // again: only what has not changed at all is dead.
  const isUnchanged = isSameFile(still, found) && still.ctimeNs === found.ctimeNs;
  if (answer !== 'ECONNREFUSED' || !isUnchanged) {
    throw inUse(path);
  }
  try {
    unlinkSync(path);
  } catch (error) {
    throw listenError(path, error);
  }
}

/** Connects, to see whether anyone is in: the code of what goes wrong, or undefined. */
async function knock(path: string): Promise<string | undefined> {
  const visitor = connect({ path });
  try {
    await once(visitor, 'connect');
    return undefined;
  } catch (error) {
    return codeOf(error);
  } finally {
    visitor.destroy();
  }
}

function listenError(path: string, cause: unknown): IpcListenError {
  const code = codeOf(cause);
  if (code === 'EADDRINUSE') {
    return inUse(path, cause);
  }
  const folder = dirname(path);
  if (isMissing(folder)) {
    return new IpcListenError(
      'folder-missing',
      `the folder of the socket ${path} does not exist: create ${folder}, or ${ANOTHER_PATH}`,
      { cause },
    );
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new IpcListenError(
      'no-permission',
      `no permission to make the socket ${path}: allow this user to write in ${folder}, ` +
        `or ${ANOTHER_PATH}`,
      { cause },
    );
  }
  return new IpcListenError(
    'failed',
    `cannot listen on the socket ${path} (${messageOf(cause)}): ${ANOTHER_PATH}`,
    { cause },
  );
}

function inUse(path: string, cause?: unknown): IpcListenError {
  return new IpcListenError(
    'in-use',
    `another server listens on the socket ${path}: stop that server, or ${ANOTHER_PATH}`,
    { cause },
  );
}

/** libuv says EACCES for a missing folder, so the error alone does not tell. */
function isMissing(folder: string): boolean {
  try {
    return !statSync(folder).isDirectory();
  } catch (error) {
    return codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';
  }
}

/** What may not be looked at is as good as nothing: it could not be removed either. */
function statIfAny(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** A socket that is bound keeps its inode, so its number is given to no other file. */
function isSameFile(one: BigIntStats, other: BigIntStats | undefined): boolean {
  return one.ino === other?.ino && one.dev === other.dev;
}

function succeeds(step: () => void): boolean {
  try {
    step();
    return true;
  } catch {
    return false;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
