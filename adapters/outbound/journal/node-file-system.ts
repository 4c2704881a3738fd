/** Why: the FileSystem of the machine we run on. */
import { constants } from 'node:fs';
import { type FileHandle, open, realpath, rename, stat, unlink } from 'node:fs/promises';
import { codeOf } from './disk-error.js';
import type { FileSystem, OpenFile } from './file-system.js';

const OWNER_ONLY = 0o600;
const READ_WRITE_CREATE = constants.O_RDWR | constants.O_CREAT;

export const nodeFileSystem: FileSystem = {
  async kindOf(path) {
    try {
      const found = await stat(path);
      return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other';
    } catch (error) {
      if (codeOf(error) === 'ENOENT') {
        return 'nothing';
      }
      throw error;
    }
  },

  realPath: (path) => realpath(path),

  async open(path, how) {
    const flags = how === 'new' ? READ_WRITE_CREATE | constants.O_EXCL : READ_WRITE_CREATE;
    return new NodeFile(await open(path, flags, OWNER_ONLY));
  },

  rename: ({ from, to }) => rename(from, to),

  unlink: (path) => unlink(path),

  async syncFolder(path) {
    const folder = await open(path, constants.O_RDONLY);
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },
};

class NodeFile implements OpenFile {
  constructor(readonly handle: FileHandle) {}

  async size(): Promise<number> {
    return (await this.handle.stat()).size;
  }

  async read(buffer: Uint8Array, position: number): Promise<number> {
    return (await this.handle.read(buffer, 0, buffer.length, position)).bytesRead;
  }

  async write(bytes: Uint8Array, position: number): Promise<number> {
    return (await this.handle.write(bytes, 0, bytes.length, position)).bytesWritten;
  }

  truncate(length: number): Promise<void> {
    return this.handle.truncate(length);
  }

  syncData(): Promise<void> {
    return this.handle.datasync();
  }

  syncAll(): Promise<void> {
    return this.handle.sync();
  }

  async tryLock(): Promise<boolean> {
    const { tryLock } = await loadLocks();
    return tryLock(this.handle.fd);
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

/**
 * Loaded when it is needed: the package is native, and a server without a journal need not have it.
 */
async function loadLocks(): Promise<typeof import('fs-native-extensions')> {
  try {
    return await import('fs-native-extensions');
  } catch (cause) {
    const machine = `${process.platform} ${process.arch}`;
    throw new Error(
      'the package fs-native-extensions, which guards it against a second server, ' +
        `does not run on this ${machine}`,
      { cause },
    );
  }
}
