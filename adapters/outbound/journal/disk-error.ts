/**
 * Why: what a disk can answer, in sentences that say what happened to which file and what to do
 * next.
 */
import { LedgerError } from '../../../domain/lease-ledger.js';
import { StateStoreError } from '../../../ports/outbound/state-store.js';

/** The code of a failure of Node's, such as ENOENT. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/** Whether there is no room left, on the disk or of a quota. */
export function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '');
}

const OPENING_REMEDIES: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied. Let the server read and write it, and create files beside it',
  EPERM: 'permission is denied. Let the server read and write it, and create files beside it',
  ENOENT: 'its folder does not exist. Create the folder, or name another file',
  ENOTDIR: 'a part of its path is not a folder. Name another file',
  EISDIR: 'it is a folder. Name a file in it',
  ELOOP: 'its links lead in a circle. Name the file itself',
  EROFS: 'its file system can only be read. Name a file on one that can be written',
  ENAMETOOLONG: 'its name is too long. Name another file',
  ENOSPC: 'the disk is full. Make room and start again',
  EDQUOT: 'the disk quota is used up. Make room and start again',
};

/**
 * @param error what went wrong while `file` was opened; a StateStoreError is passed on as it is.
 */
export function openingFailed(file: string, error: unknown): StateStoreError {
  if (error instanceof StateStoreError) {
    return error;
  }
  const remedy = OPENING_REMEDIES[codeOf(error) ?? ''];
  return unavailable(file, remedy ?? `${reasonOf(error)}. Mend that and start again`, error);
}

export function unavailable(file: string, why: string, cause?: unknown): StateStoreError {
  return new StateStoreError(
    'unavailable',
    `The state file ${file} cannot be used: ${why}.`,
    cause === undefined ? {} : { cause },
  );
}

const WRITING_REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full. Make room and start again',
  EDQUOT: 'The disk quota is used up. Make room and start again',
  EFBIG: 'The file may not grow any more. Raise the limit on the size of files and start again',
};

/** What was being written may be kept or not; everything acknowledged before is. */
export function writingFailed(file: string, error: unknown): StateStoreError {
  const remedy =
    error instanceof LedgerError || error instanceof TypeError
      ? 'This is a fault in the server, not of the disk: please report it, and start again'
      : (WRITING_REMEDIES[codeOf(error) ?? ''] ?? 'Check the disk and start again');
  return new StateStoreError(
    'write-failed',
    `The state file ${file} could not be written: ${reasonOf(error)}. ${remedy}; ` +
      'everything that was acknowledged is in it.',
    { cause: error },
  );
}

/** @param offset of the first byte that cannot be trusted. */
export function damaged(
  file: string,
  { offset, why }: { readonly offset: number; readonly why: string },
): StateStoreError {
  return new StateStoreError(
    'damaged',
    `The state file ${file} is damaged at byte ${offset}: ${why}. Nothing was changed. ` +
      'Restore a backup, or save what can be saved: docs/JOURNAL.md says how.',
  );
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
