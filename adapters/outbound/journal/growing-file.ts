/**
 * Why: a file that only grows at its end, each write whole however little of it the disk takes at
 * once.
 */
import type { OpenFile } from './file-system.js';
import { writeWhole } from './whole-transfer.js';

export class GrowingFile {
  #length: number;

  constructor(
    readonly file: OpenFile,
    length: number,
  ) {
    this.#length = length;
  }

  /** Where the next bytes go: behind all that was written whole. */
  get length(): number {
    return this.#length;
  }

  /** One at a time. After a failure it may be called again with the same bytes. */
  async append(bytes: Uint8Array): Promise<void> {
    await writeWhole(this.file, bytes, this.#length);
    this.#length += bytes.length;
  }
}
