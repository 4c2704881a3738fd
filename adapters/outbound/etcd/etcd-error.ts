/**
 * Why: what etcd answers, in sentences that say what happened and what to do next; and what may be
 * asked again.
 *
 * The words are those of etcd's own errors
 * (https://github.com/etcd-io/etcd/blob/v3.4.23/etcdserver/api/v3rpc/rpctypes/error.go).
 */
import {
  ClientClosedError,
  EtcdInvalidAuthTokenError,
  GRPCAbortedError,
  GRPCCancelledError,
  GRPCDeadlineExceededError,
  GRPCInternalError,
  GRPCUnavailableError,
  GRPCUnknownError,
} from 'etcd3';
import { StateStoreError, type StateStoreErrorCode } from '../../../ports/outbound/state-store.js';

/** Another member, or another moment, may do better. */
const PASSING = [
  ClientClosedError,
  EtcdInvalidAuthTokenError,
  GRPCAbortedError,
  GRPCCancelledError,
  GRPCDeadlineExceededError,
  GRPCInternalError,
  GRPCUnavailableError,
  GRPCUnknownError,
];
const PASSING_WORDS = ['too many requests', 'revision of auth store is old'];

/** What passes when the operator makes room, by a part of what etcd says. */
const ROOM_REMEDIES: readonly (readonly [words: string, remedy: string])[] = [
  [
    'database space exceeded',
    'its quota is used up: compact and defragment it, then disarm its alarm ' +
      '(docs/HIGH-AVAILABILITY.md says how), or raise --quota-backend-bytes',
  ],
];

/** What only other settings, or another etcd, can change. */
const REFUSAL_REMEDIES: readonly (readonly [words: string, remedy: string])[] = [
  [
    'user name is empty',
    'it wants a user: give --etcd_user and --etcd_password_file, or a certificate that names one',
  ],
  [
    'authentication is not enabled',
    'it knows no users: leave out --etcd_user, or enable authentication in etcd',
  ],
  [
    'invalid user ID or password',
    'it does not take this user and password: mend --etcd_user and --etcd_password_file',
  ],
  [
    'permission denied',
    'its user may not read and write under --etcd_prefix: grant its role readwrite there',
  ],
  [
    'request is too large',
    'it takes no request of that length: raise --max-request-bytes of etcd to its default of 1.5 MiB or more',
  ],
  ['UNIMPLEMENTED', 'what answers there is no etcd of version 3.4 or later: mend --etcd_endpoints'],
];

export function isPassing(error: unknown): boolean {
  const reason = reasonOf(error);
  return (
    PASSING_WORDS.some((words) => reason.includes(words)) ||
    (PASSING.some((kind) => error instanceof kind) && remedyFor(reason) === undefined)
  );
}

/** @param error a StateStoreError is passed on as it is. @param code `refused` stands in its place where that is so. */
export function etcdFailed(
  code: StateStoreErrorCode,
  {
    endpoints,
    doing,
    error,
  }: { readonly endpoints: readonly string[]; readonly doing: string; readonly error: unknown },
): StateStoreError {
  if (error instanceof StateStoreError) {
    return error;
  }
  const reason = reasonOf(error);
  const remedy = remedyFor(reason);
  const what = `etcd at ${endpoints.join(', ')} ${doing}`;
  return new StateStoreError(
    remedyFor(reason, REFUSAL_REMEDIES) === undefined ? code : 'refused',
    remedy === undefined
      ? `${what}: ${reason}. See that it runs and can be reached; --etcd_endpoints names it.`
      : `${what}: ${remedy} (${reason}).`,
    { cause: error },
  );
}

/** On one line, without the name of the class that the library sets before it. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/\s+/g, ' ').replace(/^\w+: (?=\d)/, '');
}

function remedyFor(
  reason: string,
  among: readonly (readonly [string, string])[] = [...ROOM_REMEDIES, ...REFUSAL_REMEDIES],
): string | undefined {
  return among.find(([words]) => reason.includes(words))?.[1];
}
