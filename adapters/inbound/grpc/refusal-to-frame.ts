/** Why: the one table from the domain's refusals to the session stream. A new code must be answered here to compile. */
import type { RefusalCode } from '../../../domain/refusal.js';
import { REFUSAL } from '../../../proto/session-frames.js';

export interface FrameRefusal {
  /** Of `REFUSAL`. */
  readonly code: number;
  readonly message: string;
}

const FRAME: Readonly<Record<RefusalCode, FrameRefusal>> = {
  'lease-time-invalid': {
    code: REFUSAL.leaseTimeInvalid,
    message: 'the lease time must be greater than 0; leave it out for a lease without an end',
  },
  'wait-time-invalid': {
    code: REFUSAL.waitTimeInvalid,
    message: 'the wait time must be 0 or greater',
  },
  'name-empty': { code: REFUSAL.nameEmpty, message: 'the lock has no name' },
  'name-too-long': {
    code: REFUSAL.nameTooLong,
    message: 'the name is longer than this server takes; shorten it, or raise --name_bytes_max',
  },
  'size-invalid': {
    code: REFUSAL.sizeInvalid,
    message: 'the size must be a whole number from 1 to 2147483647',
  },
  'size-mismatch': {
    code: REFUSAL.sizeMismatch,
    message: 'the lock has another size; all who use a lock must name the same one',
  },
  held: { code: REFUSAL.held, message: 'the lock is held, or others wait for it' },
  'wait-timeout': { code: REFUSAL.waitTimeout, message: 'the lock did not come free in time' },
  'lease-ended': {
    code: REFUSAL.leaseEnded,
    message: 'it was granted, and the lease ended before the answer; ask again',
  },
  withdrawn: { code: REFUSAL.withdrawn, message: 'the request was withdrawn' },
  'lock-unknown': { code: REFUSAL.lockUnknown, message: 'there is no lock of that name' },
  'key-invalid': { code: REFUSAL.keyInvalid, message: 'no lease of that lock has that key' },
  'key-needed': {
    code: REFUSAL.keyInvalid,
    message: 'the lock has several holders; give the key of one',
  },
  'lease-unknown': {
    code: REFUSAL.leaseUnknown,
    message: 'no lease of that lock has that key, or the lease has no end to move',
  },
  // What was asked in a session that ended meanwhile; the stream ends with it.
  'session-unknown': { code: REFUSAL.withdrawn, message: 'the session has ended' },
  'too-many-sessions': {
    code: REFUSAL.serverStopping,
    message: 'this server takes no more sessions; close some, or raise --sessions_max',
  },
  'too-many-waiters': {
    code: REFUSAL.tooManyWaiters,
    message:
      'as many wait as this server takes; try later, or raise --waiters_per_lock_max or --waiters_max',
  },
  'server-stopping': {
    code: REFUSAL.serverStopping,
    message: 'the server is stopping; ask the next one',
  },
};

export function refusalToFrame(code: RefusalCode): FrameRefusal {
  return FRAME[code];
}
