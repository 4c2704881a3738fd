/** Why: the names of the moments at which a server can be made to die, as the table, the spec and the dying server write them. */

/** `halfway`: of a write, when half of its bytes are in. */
export type Moment = 'before' | 'halfway' | 'after';

/** What is done to a file or its folder, and what an HTTP/2 stream is told. */
export type Operation =
  | 'open'
  | 'write'
  | 'datasync'
  | 'sync'
  | 'truncate'
  | 'rename'
  | 'unlink'
  | 'close'
  | 'respond'
  | 'trailers';

/**
 * `old-journal`: the one that a compacted journal has replaced. `answer`: to a unary call. `frame`: on a session
 * stream.
 */
export type Subject =
  | 'journal'
  | 'old-journal'
  | 'draft'
  | 'guard'
  | 'torn-tail'
  | 'folder'
  | 'answer'
  | 'frame';

/** Such as `write journal`. */
export type Step = `${Operation} ${Subject}`;

/** Such as `before write journal 2`: the number counts such steps of the process, from 1. */
export type CrashPoint = `${Moment} ${Step} ${number}`;

/** The environment variable that names the point to a server. It begins otherwise than a setting's. */
export const CRASH_AT = 'CRASH_AT';

/** What stands before each step, and before the point, on the standard error of a server that may die. */
export const STEP_MARK = 'crash-points: does ';
export const DEATH_MARK = 'crash-points: dies ';

/** The name of the state file; those beside it are named after it. */
export const STATE_FILE = 'state';

/** @returns undefined for what is no file of the journal's. */
export function subjectOf(fileName: string): Subject | undefined {
  switch (fileName) {
    case STATE_FILE:
      return 'journal';
    case `${STATE_FILE}.compact`:
      return 'draft';
    case `${STATE_FILE}.lock`:
      return 'guard';
    default:
      return fileName.startsWith(`${STATE_FILE}.torn-`) ? 'torn-tail' : undefined;
  }
}
