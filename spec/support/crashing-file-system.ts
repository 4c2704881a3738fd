/**
 * A disk in memory for the journal, deterministic to the byte, with every fault that we defend
 * against.
 *
 * The faults:
 * - `losePower`: all processes are gone, and of what was not synced any part may be lost: writes
 *   sector by sector (so that they are torn, or leave zeros before what came through), cuts, and
 *   names that were created, renamed or removed.
 * - `kill` of a process, between any two of its operations: its locks are free, and what it wrote
 *   stays.
 * - `failWith`, at any operation: EIO, ENOSPC, EACCES or whatever; of a write, part of its bytes
 *   went in.
 * - A sync that fails: what was not synced can still be read until the power goes, but no later
 *   sync keeps it; only writing it again does.
 * - `takeOnly`: a write or read that takes fewer bytes than it was given.
 * - Slowness: an operation waits for as long as `decide` has not decided. `decide` may also `kill`
 *   or `losePower` first: the operation is then never done, and its promise never settles.
 * - Rot: `put` what bytes you like in the place of a file.
 */
import { dirname } from 'node:path';
import type { FileSystem, OpenFile } from '../../adapters/outbound/journal/file-system.js';

export interface DiskOperation {
  readonly kind:
    | 'kind-of'
    | 'real-path'
    | 'open'
    | 'rename'
    | 'unlink'
    | 'sync-folder'
    | 'size'
    | 'read'
    | 'write'
    | 'truncate'
    | 'sync-data'
    | 'sync-all'
    | 'lock'
    | 'close';
  readonly path: string;
  /** Of a write: how many. */
  readonly byteCount?: number;
}

/** How an operation goes; undefined for well. */
export type Verdict =
  | { readonly failWith: string; readonly afterBytes?: number }
  | { readonly takeOnly: number }
  | undefined;

export interface CrashingFileSystemOptions {
  /** Asked before each operation of each process, in their order. All go well unless given. */
  readonly decide?: (operation: DiskOperation) => Verdict | Promise<Verdict>;
  /** What is lost or kept as one when the power goes; 512 bytes unless given. */
  readonly sectorLength?: number;
}

/**
 * Whether a sector, cut or name that was not synced comes through a loss of power; asked in their
 * order.
 */
export type Survives = () => boolean;

/**
 * The disk. Processes see it through `start`. Paths are absolute; its folders are there from the
 * beginning.
 */
export class CrashingFileSystem {
  readonly folders: ReadonlySet<string> = new Set(['/', '/data']);
  readonly #decide: (operation: DiskOperation) => Verdict | Promise<Verdict>;
  readonly #sectorLength: number;
  readonly #processes = new Set<Process>();
  readonly #watchers = new Set<Watcher>();
  #names: Names = new Map();
  #syncedNames: Names = new Map();
  /** What happened to names since their folders were synced. */
  #nameChanges: NameChange[] = [];

  constructor({ decide = () => undefined, sectorLength = 512 }: CrashingFileSystemOptions = {}) {
    this.#decide = decide;
    this.#sectorLength = sectorLength;
  }

  /** The disk as a new process sees it. */
  start(): FileSystem & { kill(): void } {
    const process = new Process(this);
    this.#processes.add(process);
    return process;
  }

  killAll(): void {
    for (const process of this.#processes) {
      process.kill();
    }
    this.#processes.clear();
  }

  losePower(survives: Survives = () => false): void {
    this.killAll();
    for (const change of this.#nameChanges.splice(0)) {
      if (survives()) {
        change.applyTo(this.#syncedNames);
      }
    }
    this.#names = new Map(this.#syncedNames);
    for (const [path, inode] of this.#names) {
      inode.path = path;
      inode.losePower(survives, this.#sectorLength);
    }
  }

  /** Of all files, sorted. */
  get paths(): readonly string[] {
    return [...this.#names.keys()].sort();
  }

  /** A copy of what a process would read there. */
  bytesOf(path: string): Buffer {
    return this.inodeAt(path, 'read').copy();
  }

  /** Puts a file with these bytes there, all synced. */
  put(path: string, bytes: Uint8Array): void {
    const inode = new Inode(path);
    inode.write(bytes, 0);
    inode.sync();
    this.#names.set(path, inode);
    this.#syncedNames.set(path, inode);
  }

  /** Resolves when such an operation has gone well. */
  after(kind: DiskOperation['kind'], path: string): Promise<void> {
    return new Promise((resolve) => {
      this.#watchers.add({ kind, path, resolve });
    });
  }

  // What follows is for the processes.

  /**
   * Does an operation, unless it is decided otherwise or its process dies first.
   * @param effect told how many bytes to take. @param onFailure told how many bytes went through.
   */
  async perform<Result>(
    process: Process,
    operation: DiskOperation,
    effect: (bytesMax: number) => Result,
    onFailure: (byteCount: number) => void = () => {},
  ): Promise<Result> {
    const verdict = process.isAlive ? await this.#decide(operation) : undefined;
    if (!process.isAlive) {
      return new Promise<never>(() => {});
    }
    if (verdict !== undefined && 'failWith' in verdict) {
      onFailure(verdict.afterBytes ?? 0);
      throw diskError(verdict.failWith, operation);
    }
    const result = effect(verdict?.takeOnly ?? Number.POSITIVE_INFINITY);
    for (const watcher of this.#watchers) {
      if (watcher.kind === operation.kind && watcher.path === operation.path) {
        this.#watchers.delete(watcher);
        watcher.resolve();
      }
    }
    return result;
  }

  has(path: string): boolean {
    return this.#names.has(path);
  }

  inodeAt(path: string, kind: DiskOperation['kind']): Inode {
    const inode = this.#names.get(path);
    if (inode === undefined) {
      throw diskError('ENOENT', { kind, path });
    }
    return inode;
  }

  changeNames(folder: string, applyTo: (names: Names) => void): void {
    applyTo(this.#names);
    this.#nameChanges.push({ folder, applyTo });
  }

  syncNames(folder: string): void {
    for (const change of this.#nameChanges) {
      if (change.folder === folder) {
        change.applyTo(this.#syncedNames);
      }
    }
    this.#nameChanges = this.#nameChanges.filter((change) => change.folder !== folder);
  }
}

type Names = Map<string, Inode>;

interface NameChange {
  readonly folder: string;
  readonly applyTo: (names: Names) => void;
}

interface Watcher {
  readonly kind: DiskOperation['kind'];
  readonly path: string;
  readonly resolve: () => void;
}

class Process implements FileSystem {
  isAlive = true;
  readonly #files = new Set<ProcessFile>();

  constructor(readonly disk: CrashingFileSystem) {}

  /** Its operations under way never end; its locks are free. */
  kill(): void {
    this.isAlive = false;
    for (const file of this.#files) {
      file.unlock();
    }
  }

  kindOf(path: string): Promise<'file' | 'folder' | 'other' | 'nothing'> {
    return this.disk.perform(this, { kind: 'kind-of', path }, () => {
      if (this.disk.folders.has(path)) {
        return 'folder';
      }
      return this.disk.has(path) ? 'file' : 'nothing';
    });
  }

  realPath(path: string): Promise<string> {
    return this.disk.perform(this, { kind: 'real-path', path }, () => {
      this.disk.inodeAt(path, 'real-path');
      return path;
    });
  }

  open(path: string, how: 'existing-or-new' | 'new'): Promise<OpenFile> {
    const operation: DiskOperation = { kind: 'open', path };
    return this.disk.perform(this, operation, () => {
      if (this.disk.folders.has(path)) {
        throw diskError('EISDIR', operation);
      }
      if (!this.disk.folders.has(dirname(path))) {
        throw diskError('ENOENT', operation);
      }
      if (!this.disk.has(path)) {
        const inode = new Inode(path);
        this.disk.changeNames(dirname(path), (names) => names.set(path, inode));
      } else if (how === 'new') {
        throw diskError('EEXIST', operation);
      }
      const file = new ProcessFile(this, this.disk.inodeAt(path, 'open'));
      this.#files.add(file);
      return file;
    });
  }

  rename({ from, to }: { readonly from: string; readonly to: string }): Promise<void> {
    return this.disk.perform(this, { kind: 'rename', path: to }, () => {
      const inode = this.disk.inodeAt(from, 'rename');
      inode.path = to;
      this.disk.changeNames(dirname(to), (names) => {
        names.delete(from);
        names.set(to, inode);
      });
    });
  }

  unlink(path: string): Promise<void> {
    return this.disk.perform(this, { kind: 'unlink', path }, () => {
      this.disk.inodeAt(path, 'unlink');
      this.disk.changeNames(dirname(path), (names) => names.delete(path));
    });
  }

  syncFolder(path: string): Promise<void> {
    return this.disk.perform(this, { kind: 'sync-folder', path }, () => {
      this.disk.syncNames(path);
    });
  }
}

class ProcessFile implements OpenFile {
  #isOpen = true;

  constructor(
    readonly process: Process,
    readonly inode: Inode,
  ) {}

  size(): Promise<number> {
    return this.#perform('size', () => this.inode.length);
  }

  read(buffer: Uint8Array, position: number): Promise<number> {
    return this.#perform('read', (bytesMax) => {
      const length = Math.min(buffer.length, bytesMax);
      return this.inode.read(buffer.subarray(0, length), position);
    });
  }

  write(bytes: Uint8Array, position: number): Promise<number> {
    const write = (byteCount: number): number => {
      const taken = bytes.subarray(0, byteCount);
      this.inode.write(taken, position);
      return taken.length;
    };
    return this.#perform('write', write, { byteCount: bytes.length, onFailure: write });
  }

  truncate(length: number): Promise<void> {
    return this.#perform('truncate', () => this.inode.truncate(length));
  }

  syncData(): Promise<void> {
    return this.#perform('sync-data', () => this.inode.sync(), {
      onFailure: () => this.inode.failSync(),
    });
  }

  syncAll(): Promise<void> {
    return this.#perform('sync-all', () => this.inode.sync(), {
      onFailure: () => this.inode.failSync(),
    });
  }

  tryLock(): Promise<boolean> {
    return this.#perform('lock', () => {
      this.inode.lockedBy ??= this;
      return this.inode.lockedBy === this;
    });
  }

  close(): Promise<void> {
    return this.#perform('close', () => {
      this.#isOpen = false;
      this.unlock();
    });
  }

  unlock(): void {
    if (this.inode.lockedBy === this) {
      this.inode.lockedBy = undefined;
    }
  }

  #perform<Result>(
    kind: DiskOperation['kind'],
    effect: (bytesMax: number) => Result,
    {
      byteCount,
      onFailure,
    }: { readonly byteCount?: number; readonly onFailure?: (byteCount: number) => void } = {},
  ): Promise<Result> {
    const { process, inode } = this;
    const { path } = inode;
    const operation = byteCount === undefined ? { kind, path } : { kind, path, byteCount };
    if (!this.#isOpen) {
      return Promise.reject(diskError('EBADF', operation));
    }
    return process.disk.perform(process, operation, effect, onFailure);
  }
}

type Change =
  | { readonly position: number; readonly bytes: Uint8Array }
  | { readonly cutTo: number };

/**
 * A file: what processes read, what is on the disk for certain, and what is under way between the
 * two.
 */
class Inode {
  /** The latest name it was given. */
  path: string;
  lockedBy: ProcessFile | undefined;
  #content = new GrowingBytes();
  readonly #synced = new GrowingBytes();
  #unsynced: Change[] = [];

  constructor(path: string) {
    this.path = path;
  }

  get length(): number {
    return this.#content.length;
  }

  copy(): Buffer {
    return this.#content.copy();
  }

  read(buffer: Uint8Array, position: number): number {
    return this.#content.read(buffer, position);
  }

  write(bytes: Uint8Array, position: number): void {
    const copy = Uint8Array.from(bytes);
    this.#content.write(copy, position);
    this.#unsynced.push({ position, bytes: copy });
  }

  truncate(length: number): void {
    this.#content.cut(length);
    this.#unsynced.push({ cutTo: length });
  }

  sync(): void {
    for (const change of this.#unsynced.splice(0)) {
      if ('cutTo' in change) {
        this.#synced.cut(change.cutTo);
      } else {
        this.#synced.write(change.bytes, change.position);
      }
    }
  }

  failSync(): void {
    this.#unsynced = [];
  }

  losePower(survives: Survives, sectorLength: number): void {
    for (const change of this.#unsynced.splice(0)) {
      if ('cutTo' in change) {
        if (survives()) {
          this.#synced.cut(change.cutTo);
        }
        continue;
      }
      const { position, bytes } = change;
      for (let from = 0; from < bytes.length; ) {
        const to = from + sectorLength - ((position + from) % sectorLength);
        if (survives()) {
          this.#synced.write(bytes.subarray(from, to), position + from);
        }
        from = to;
      }
    }
    this.#content = new GrowingBytes();
    this.#content.write(this.#synced.copy(), 0);
  }
}

/** Bytes that grow in place, with zeros where nothing was written. */
class GrowingBytes {
  #room = new Uint8Array(256);
  length = 0;

  copy(): Buffer {
    return Buffer.from(this.#room.subarray(0, this.length));
  }

  read(buffer: Uint8Array, position: number): number {
    const found = this.#room.subarray(position, Math.min(position + buffer.length, this.length));
    buffer.set(found);
    return found.length;
  }

  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length;
    if (end > this.#room.length) {
      const room = new Uint8Array(end * 2);
      room.set(this.#room.subarray(0, this.length));
      this.#room = room;
    }
    this.#room.set(bytes, position);
    this.length = Math.max(this.length, end);
  }

  cut(length: number): void {
    this.#room.fill(0, length);
    this.length = length;
  }
}

function diskError(code: string, { kind, path }: DiskOperation): Error {
  return Object.assign(new Error(`${code}: ${kind} '${path}'`), { code });
}
