/**
 * Why: a journal comes into being under another name and takes its place whole, so that no crash
 * leaves half of one.
 */
import { dirname } from 'node:path';
import { codeOf } from './disk-error.js';
import type { FileSystem } from './file-system.js';
import { GrowingFile } from './growing-file.js';

export class JournalDraft {
  private constructor(
    readonly fileSystem: FileSystem,
    /** Of the journal that it is for. */
    readonly path: string,
    readonly content: GrowingFile,
  ) {}

  /**
   * An empty draft for the journal at `path`, in place of what a process left behind that died over
   * one.
   */
  static async create(fileSystem: FileSystem, path: string): Promise<JournalDraft> {
    await removeDraft(fileSystem, path);
    const file = await fileSystem.open(draftPathOf(path), 'new');
    return new JournalDraft(fileSystem, path, new GrowingFile(file, 0));
  }

  /**
   * Makes it the journal, for good; `content` goes on being that journal's. All of it has been
   * synced before. After a failure nobody knows which of the two would be found after a crash.
   */
  async putInPlace(): Promise<void> {
    await this.fileSystem.rename({ from: draftPathOf(this.path), to: this.path });
    await this.fileSystem.syncFolder(dirname(this.path));
  }

  /** It never becomes the journal. */
  async abandon(): Promise<void> {
    await this.content.file.close();
    await removeDraft(this.fileSystem, this.path);
  }
}

/** Removes the draft that a process may have left behind. */
export async function removeDraft(fileSystem: FileSystem, path: string): Promise<void> {
  try {
    await fileSystem.unlink(draftPathOf(path));
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') {
      throw error;
    }
  }
}

function draftPathOf(path: string): string {
  return `${path}.compact`;
}
