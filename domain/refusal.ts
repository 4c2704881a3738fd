/** Why: everything the rules can say no with, as values; each edge has one total table from these to its wire. */

/** A refusal is an answer, never thrown. */
export type RefusalCode =
  /** The lease time is not greater than zero. */
  | 'lease-time-invalid'
  /** The wait time is negative or not a number. */
  | 'wait-time-invalid'
  /** The lock's name is empty. */
  | 'name-empty'
  /** The lock's name is longer than the server takes. */
  | 'name-too-long'
  /** The size is not a whole number from 1 to 2147483647. */
  | 'size-invalid'
  /** The lock lives with another size. */
  | 'size-mismatch'
  /** No slot is free, or others wait, and the caller did not want to wait. */
  | 'held'
  /** The wait time passed before a slot was granted. */
  | 'wait-timeout'
  /** It was granted, and the lease ended before the grant could be told. */
  | 'lease-ended'
  /** The caller took the request back, or went away, before the answer. */
  | 'withdrawn'
  /** Release or revoke: no lock of that name. */
  | 'lock-unknown'
  /** Release or revoke: the lock lives, but no lease on it has that key. */
  | 'key-invalid'
  /** Revoke by name alone: more than one holder, so a key is needed. */
  | 'key-needed'
  /** Renew: no such lock, no lease with that key, or the lease has no end to move. */
  | 'lease-unknown'
  /** The session has ended or never was. */
  | 'session-unknown'
  /** As many sessions as the server takes are open. */
  | 'too-many-sessions'
  /** As many requests as the server takes wait for this lock, or for all locks together. */
  | 'too-many-waiters'
  /** The server is stopping and takes no new work. */
  | 'server-stopping';

/** An answer that says no, and why. */
export interface Refused {
  readonly kind: 'refused';
  readonly code: RefusalCode;
}

export function refused(code: RefusalCode): Refused {
  return { kind: 'refused', code };
}
