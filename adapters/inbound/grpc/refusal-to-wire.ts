/** Why: the one table from the domain's refusals to what gRPC clients see. A new code must be answered here to compile. */
import { status } from '@grpc/grpc-js';
import type { RefusalCode } from '../../../domain/refusal.js';
import type { ErrorCode } from '../../../proto/generated/ldlm/ErrorCode.js';

/** How a refusal travels. */
export type WireRefusal =
  /** In the response's `error`, with status OK; released clients match on these messages. */
  | {
      readonly as: 'error';
      readonly code: keyof typeof ErrorCode;
      readonly message: string;
      /** Released clients expect no key beside a time that is out of bounds. */
      readonly isKeyless?: boolean;
    }
  /** As a response that is not locked, without an error. */
  | { readonly as: 'not-locked' }
  /** As a gRPC status: the request was not decided. */
  | { readonly as: 'status'; readonly status: status; readonly message: string };

const WIRE: Readonly<Record<RefusalCode, WireRefusal>> = {
  'lease-time-invalid': {
    as: 'error',
    code: 'Unknown',
    message: 'lock timeout must be greater than 0',
    isKeyless: true,
  },
  'wait-time-invalid': {
    as: 'error',
    code: 'Unknown',
    message: 'wait timeout must be greater than 0',
    isKeyless: true,
  },
  'name-empty': { as: 'error', code: 'Unknown', message: 'lock name cannot be empty' },
  'name-too-long': {
    as: 'status',
    status: status.RESOURCE_EXHAUSTED,
    message: 'lock name is longer than this server takes; shorten it, or raise --name_bytes_max',
  },
  'size-invalid': {
    as: 'error',
    code: 'InvalidLockSize',
    message: 'lock size must be greater than 0',
  },
  'size-mismatch': { as: 'error', code: 'LockSizeMismatch', message: 'lock size mismatch' },
  held: { as: 'not-locked' },
  'wait-timeout': {
    as: 'error',
    code: 'LockWaitTimeout',
    message: 'timeout waiting to acquire lock',
  },
  'lease-ended': {
    as: 'error',
    code: 'LockWaitTimeout',
    message: 'the lease ended before the grant could be kept; lock again',
  },
  withdrawn: { as: 'status', status: status.CANCELLED, message: 'the request was withdrawn' },
  'lock-unknown': {
    as: 'error',
    code: 'LockDoesNotExist',
    message: 'a lock by that name does not exist',
  },
  'key-invalid': { as: 'error', code: 'InvalidLockKey', message: 'invalid lock key' },
  'key-needed': {
    as: 'status',
    status: status.FAILED_PRECONDITION,
    message: 'the lock has several holders; give the key of one',
  },
  'lease-unknown': {
    as: 'error',
    code: 'LockDoesNotExistOrInvalidKey',
    message: 'lock does not exist or invalid key',
  },
  'session-unknown': {
    as: 'status',
    status: status.UNAVAILABLE,
    message: 'the connection has ended; connect again',
  },
  'too-many-sessions': {
    as: 'status',
    status: status.RESOURCE_EXHAUSTED,
    message: 'this server takes no more sessions; close some, or raise --sessions_max',
  },
  'too-many-waiters': {
    as: 'status',
    status: status.RESOURCE_EXHAUSTED,
    message:
      'as many wait as this server takes; try later, or raise --waiters_per_lock_max or --waiters_max',
  },
  'server-stopping': {
    as: 'status',
    status: status.UNAVAILABLE,
    message: 'the server is stopping; try again shortly',
  },
};

export function refusalToWire(code: RefusalCode): WireRefusal {
  return WIRE[code];
}
