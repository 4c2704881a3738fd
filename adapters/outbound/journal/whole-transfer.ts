/** Why: a disk may give or take fewer bytes than it was asked to; these go on until it is done. */
import type { OpenFile } from './file-system.js';

/** @returns what stands from `position` on: `length` bytes, or fewer where the file ends before. */
export async function readWhole(
  file: OpenFile,
  { position, length }: { readonly position: number; readonly length: number },
): Promise<Buffer> {
  const room = Buffer.allocUnsafe(length);
  let readCount = 0;
  while (readCount < length) {
    const count = await file.read(room.subarray(readCount), position + readCount);
    if (count === 0) {
      break;
    }
    readCount += count;
  }
  return room.subarray(0, readCount);
}

/** Writes all of the bytes, or rejects having written any part of them. */
export async function writeWhole(
  file: OpenFile,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  let writtenCount = 0;
  while (writtenCount < bytes.length) {
    const count = await file.write(bytes.subarray(writtenCount), position + writtenCount);
    if (count === 0) {
      throw new Error('the disk took no byte of a write');
    }
    writtenCount += count;
  }
}
