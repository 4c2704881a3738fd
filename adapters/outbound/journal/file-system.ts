/**
 * Why: all that the journal asks of a disk, so small that a fake can play it with every fault a
 * disk has. Failures are Node's: an Error with a `code` such as ENOSPC.
 */

export interface FileSystem {
  /** What stands at a path, links followed. */
  kindOf(path: string): Promise<'file' | 'folder' | 'other' | 'nothing'>;

  /** The path of what stands there, without links in it. */
  realPath(path: string): Promise<string>;

  /**
   * Opens a file for reading and writing. What it creates, its owner alone may read.
   * `new` fails with EEXIST if anything stands there, a link included.
   */
  open(path: string, how: 'existing-or-new' | 'new'): Promise<OpenFile>;

  /** Puts a file in another's place, at once: whoever looks finds the one or the other. */
  rename(names: { readonly from: string; readonly to: string }): Promise<void>;

  unlink(path: string): Promise<void>;

  /**
   * Resolves when the names in a folder (created, renamed, unlinked) would survive a loss of power.
   */
  syncFolder(path: string): Promise<void>;
}

export interface OpenFile {
  size(): Promise<number>;

  /**
   * Fills the buffer as far as the file goes, or less; resolves to how many bytes, 0 at the end.
   */
  read(buffer: Uint8Array, position: number): Promise<number>;

  /** Resolves to how many of the bytes were written: perhaps not all. */
  write(bytes: Uint8Array, position: number): Promise<number>;

  truncate(length: number): Promise<void>;

  /**
   * Resolves when what was written, and the length, would survive a loss of power. After a failure
   * nothing is known of what was written since the sync before, and to sync again would not help.
   */
  syncData(): Promise<void>;

  /** As `syncData`, and everything else about the file: for one that was created or cut. */
  syncAll(): Promise<void>;

  /**
   * Takes the file for this opening alone, until it is closed or the process dies; false if another
   * has it.
   */
  tryLock(): Promise<boolean>;

  close(): Promise<void>;
}
