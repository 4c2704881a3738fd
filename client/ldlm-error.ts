/** Why: every way in which a lock can be denied or lost has a name that programs can act upon. */

export type LdlmErrorCode =
  /** The lock was not had within the wait timeout. */
  | 'wait-timeout'
  /** The lock lives with another size. */
  | 'size-mismatch'
  /** The lock was held and is not any more, or cannot be known to be. */
  | 'lost'
  /** The password is missing or wrong. */
  | 'unauthenticated'
  /** No server could be reached, or none that takes work. */
  | 'unavailable'
  /** The request is not what it ought to be: mend the program. */
  | 'invalid-argument'
  /** As many wait for the lock, or in all, as the server takes. */
  | 'too-many-waiters'
  /** The client was closed. */
  | 'closed'
  /** The server speaks in a way that this client does not understand. */
  | 'protocol';

/** Why a lock is lost. `unreachable`: the server may have given it away, since it was not heard of for too long. */
export type LossReason =
  | 'expired'
  | 'revoked'
  | 'released-by-another'
  | 'session-ended'
  | 'unreachable'
  | 'unknown';

/** What the client throws and rejects with, but for an abort: that rejects with the signal's own reason. */
export class LdlmError extends Error {
  override readonly name: string = 'LdlmError';
  readonly code: LdlmErrorCode;

  constructor(code: LdlmErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export class WaitTimeoutError extends LdlmError {
  override readonly name = 'WaitTimeoutError';

  /** @param unreachable why no server is reached, in an operator's words, if none is: then nobody knows whether the lock is free. */
  constructor(lock: string, unreachable?: string) {
    super(
      'wait-timeout',
      unreachable === undefined
        ? `${quoted(lock)} did not come free in time; try again, or wait longer`
        : `${quoted(lock)} was not had in time: ${noServer(unreachable)}`,
    );
  }
}

export class SizeMismatchError extends LdlmError {
  override readonly name = 'SizeMismatchError';

  constructor(lock: string) {
    super(
      'size-mismatch',
      `${quoted(lock)} has another size; all who use a lock must name the same one`,
    );
  }
}

export class LockLostError extends LdlmError {
  override readonly name = 'LockLostError';
  readonly lock: string;
  readonly reason: LossReason;

  constructor(lock: string, reason: LossReason) {
    super('lost', `${quoted(lock)} is lost: ${LOSSES[reason]}; stop the work that it guards`);
    this.lock = lock;
    this.reason = reason;
  }
}

export class UnauthenticatedError extends LdlmError {
  override readonly name = 'UnauthenticatedError';

  constructor(details: string) {
    super('unauthenticated', `the server wants another password: ${details}; give the right one`);
  }
}

export class UnavailableError extends LdlmError {
  override readonly name = 'UnavailableError';

  /** @param details why no server is reached, in an operator's words */
  constructor(readonly details: string) {
    super('unavailable', noServer(details));
  }
}

export class InvalidArgumentError extends LdlmError {
  override readonly name = 'InvalidArgumentError';

  constructor(message: string) {
    super('invalid-argument', message);
  }
}

export class TooManyWaitersError extends LdlmError {
  override readonly name = 'TooManyWaitersError';

  constructor(lock: string) {
    super('too-many-waiters', `as many wait for ${quoted(lock)} as the server takes; try later`);
  }
}

export class ClosedError extends LdlmError {
  override readonly name = 'ClosedError';

  constructor() {
    super('closed', 'the client was closed; make a new one');
  }
}

export class ProtocolError extends LdlmError {
  override readonly name = 'ProtocolError';

  constructor(details: string) {
    super('protocol', `the server and this client do not understand each other: ${details}`);
  }
}

const LOSSES: Readonly<Record<LossReason, string>> = {
  expired: 'its lease time passed',
  revoked: 'an operator revoked it',
  'released-by-another': 'somebody else released it by its key',
  'session-ended':
    'the session ended, or the server that knew of it was restarted without a state file',
  unreachable: 'the server was out of reach for too long to know that it is still held',
  unknown: 'the server does not know of it any more',
};

const NAME_SHOWN = 128;

function noServer(details: string): string {
  return `no server could be reached: ${details}; see that one runs, and try again`;
}

function quoted(lock: string): string {
  return JSON.stringify(lock.length <= NAME_SHOWN ? lock : `${lock.slice(0, NAME_SHOWN)}…`);
}
