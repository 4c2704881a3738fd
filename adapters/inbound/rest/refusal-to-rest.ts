/**
 * Why: the one table from the domain's refusals to what REST clients see. A new code must be
 * answered here to compile.
 */
import type { RefusalCode } from '../../../domain/refusal.js';
import {
  type ErrorField,
  type RestAnswer,
  RpcCode,
  sessionUnknown,
  statusAnswer,
} from './rest-answer.js';

/** How a refusal travels. */
export type RestRefusal =
  /**
   * As a 200 that is not locked or unlocked; existing clients match on the error's code and
   * message.
   */
  | {
      readonly as: 'answer';
      readonly error?: ErrorField;
      /** Existing clients expect no key beside a time that is out of bounds. */
      readonly isKeyless?: true;
    }
  /** As another status: the request was not decided. */
  | { readonly as: 'status'; readonly answer: RestAnswer };

const REST: Readonly<Record<RefusalCode, RestRefusal>> = {
  'lease-time-invalid': {
    as: 'answer',
    error: { code: 'Unknown', message: 'lock timeout must be greater than 0' },
    isKeyless: true,
  },
  'wait-time-invalid': {
    as: 'answer',
    error: { code: 'Unknown', message: 'wait timeout must be greater than 0' },
    isKeyless: true,
  },
  'name-empty': {
    as: 'answer',
    error: { code: 'Unknown', message: 'lock name cannot be empty' },
  },
  'name-too-long': notDecided(
    413,
    RpcCode.resourceExhausted,
    'lock name is longer than this server takes; shorten it, or raise --name_bytes_max',
  ),
  'size-invalid': {
    as: 'answer',
    error: { code: 'InvalidLockSize', message: 'lock size must be greater than 0' },
  },
  'size-mismatch': {
    as: 'answer',
    error: { code: 'LockSizeMismatch', message: 'lock size mismatch' },
  },
  held: { as: 'answer' },
  'wait-timeout': {
    as: 'answer',
    error: { code: 'LockWaitTimeout', message: 'timeout waiting to acquire lock' },
  },
  'lease-ended': {
    as: 'answer',
    error: {
      code: 'LockWaitTimeout',
      message: 'the lease ended before the grant could be kept; lock again',
    },
  },
  // Its session was closed while it waited: a client that hung up reads no answer.
  withdrawn: { as: 'status', answer: sessionUnknown },
  'lock-unknown': {
    as: 'answer',
    error: { code: 'LockDoesNotExist', message: 'a lock by that name does not exist' },
  },
  'key-invalid': {
    as: 'answer',
    error: { code: 'InvalidLockKey', message: 'invalid lock key' },
  },
  'key-needed': notDecided(
    400,
    RpcCode.failedPrecondition,
    'the lock has several holders; give the key of one',
  ),
  'lease-unknown': {
    as: 'answer',
    error: {
      code: 'LockDoesNotExistOrInvalidKey',
      message: 'lock does not exist or invalid key',
    },
  },
  'session-unknown': { as: 'status', answer: sessionUnknown },
  'too-many-sessions': notDecided(
    429,
    RpcCode.resourceExhausted,
    'this server takes no more sessions; close some, or raise --sessions_max',
  ),
  'too-many-waiters': notDecided(
    429,
    RpcCode.resourceExhausted,
    'as many wait as this server takes; ' +
      'try later, or raise --waiters_per_lock_max or --waiters_max',
  ),
  'server-stopping': notDecided(
    503,
    RpcCode.unavailable,
    'the server is stopping; try again shortly',
  ),
};

export function refusalToRest(code: RefusalCode): RestRefusal {
  return REST[code];
}

function notDecided(status: number, code: number, message: string): RestRefusal {
  return { as: 'status', answer: statusAnswer({ status, code, message }) };
}
