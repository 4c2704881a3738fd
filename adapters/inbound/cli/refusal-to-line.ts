/**
 * Why: the one table from the domain's refusals to what an operator reads. A new code must be
 * answered here to compile.
 */
import type { RefusalCode } from '../../../domain/refusal.js';

/** An `unlock` meets the first four; the first two are to the letter, since scripts read them. */
const LINES: Readonly<Record<RefusalCode, string>> = {
  'lock-unknown': 'a lock by that name does not exist',
  'key-invalid': 'invalid lock key',
  'key-needed': 'the lock has several holders: give the key of one, as ldlm-lock list shows it',
  'too-many-sessions': 'the server takes no more sessions; close some, or raise --sessions_max',
  'too-many-waiters': 'as many wait as the server takes; try later, or raise --waiters_max',
  'server-stopping': 'the server is stopping: try again when it is back',
  'name-empty': 'lock name cannot be empty',
  'name-too-long': 'lock name is longer than the server takes',
  'lease-time-invalid': 'lock timeout must be greater than 0',
  'wait-time-invalid': 'wait timeout must be greater than 0',
  'size-invalid': 'lock size must be greater than 0',
  'size-mismatch': 'lock size mismatch',
  held: 'the lock is held',
  'wait-timeout': 'timeout waiting to acquire lock',
  'lease-ended': 'the lease ended before its grant could be kept',
  withdrawn: 'the request was withdrawn',
  'lease-unknown': 'lock does not exist or invalid key',
  'session-unknown': 'the session has ended',
};

export function refusalToLine(code: RefusalCode): string {
  return LINES[code];
}
