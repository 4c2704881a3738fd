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

/** Another moment may do better. */
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
const PASSING_WORDS = /too many requests|revision of auth store is old/;

interface Remedy {
  /** What is in the words of etcd, or of whoever failed to reach it. */
  readonly words: RegExp;
  readonly remedy: string;
}

/** What only its operator can mend, while this server is as welcome as ever. */
const CONDITIONS: readonly Remedy[] = [
  {
    words: /database space exceeded/,
    remedy:
      'its quota is used up: compact and defragment it, then disarm its alarm ' +
      '(docs/HIGH-AVAILABILITY.md says how), or raise --quota-backend-bytes',
  },
  {
    words: /corrupt cluster/,
    remedy: 'it has found that its members differ: restore it (docs/HIGH-AVAILABILITY.md says how)',
  },
];

/** What only other settings, or another etcd, can change. */
const REFUSALS: readonly Remedy[] = [
  {
    words: /user name is empty/,
    remedy:
      'it wants a user: give --etcd_user and --etcd_password_file, or a certificate that names one',
  },
  {
    words: /authentication is not enabled/,
    remedy: 'it knows no users: leave out --etcd_user, or enable authentication in etcd',
  },
  {
    words: /invalid user ID or password/,
    remedy: 'it does not take this user and password: mend --etcd_user and --etcd_password_file',
  },
  {
    words: /permission denied/,
    remedy: 'its user may not read and write under --etcd_prefix: grant its role readwrite there',
  },
  {
    words: /request is too large|message larger than max/,
    remedy:
      'it takes no request of that length: raise --max-request-bytes of etcd to its default of 1.5 MiB or more',
  },
];

/** The same, of one member: another may be as it should. */
const REFUSALS_BY_MEMBER: readonly Remedy[] = [
  {
    words: /UNIMPLEMENTED|Protocol error/,
    remedy: 'what answers there is no etcd of version 3.4 or later: mend --etcd_endpoints',
  },
  {
    words: /alert (?:bad |unknown |unsupported )?(?:certificate|ca)\b/,
    remedy:
      'it takes only clients with a certificate that it trusts: give or renew --etcd_tls_cert and --etcd_tls_key',
  },
  {
    words: /altnames/,
    remedy:
      'its certificate is for another name: call it in --etcd_endpoints as its certificate does',
  },
  {
    words: /certificate (?:has expired|is not yet valid)/,
    remedy: 'its certificate is out of date: renew it, or set the clock of this machine right',
  },
  {
    words: /certificate/,
    remedy:
      'its certificate is of no authority that is trusted here: name the one that issued it in --etcd_tls_ca',
  },
];

/**
 * What a failure says of the next try: in a `moment` it may go well, with the same member too; or
 * with any but this `member`; or with none of the `cluster` until somebody mends it.
 */
export type Reach = 'moment' | 'member' | 'cluster';

export function reachOf(error: unknown): Reach {
  const reason = reasonOf(error);
  if (remedyIn(REFUSALS_BY_MEMBER, reason) !== undefined) {
    return 'member';
  }
  const isPassing =
    PASSING.some((kind) => error instanceof kind) &&
    remedyIn([...CONDITIONS, ...REFUSALS], reason) === undefined;
  return isPassing || PASSING_WORDS.test(reason) ? 'moment' : 'cluster';
}

/**
 * @param code `refused` stands in the place of `unavailable` where that is so.
 * @param error a StateStoreError is passed on as it is.
 */
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
  const refusal = remedyIn([...REFUSALS, ...REFUSALS_BY_MEMBER], reason);
  const remedy = refusal ?? remedyIn(CONDITIONS, reason);
  const what = `etcd at ${endpoints.join(', ')} ${doing}`;
  return new StateStoreError(
    code === 'unavailable' && refusal !== undefined ? 'refused' : code,
    remedy === undefined
      ? `${what}: ${reason}. See that it runs and can be reached as --etcd_endpoints says, https:// for TLS.`
      : `${what}: ${remedy} (${reason}).`,
    { cause: error },
  );
}

/**
 * On one line, the same each time that the same happens, without what the libraries set around it: the
 * name of a class before it, when it was, and that no connection is there.
 */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message
    .replace(/\s+/g, ' ')
    .replace(/^\w+: (?=\d)/, '')
    .replace(/ \(\d{4}-\d\d-\d\dT[\d:.]+Z\)/g, '')
    .replace(/^14 UNAVAILABLE: No connection established\. Last error: (?:Error: )?/, '')
    .replace(/\. Resolution note: ?$/, '');
}

function remedyIn(remedies: readonly Remedy[], reason: string): string | undefined {
  return remedies.find(({ words }) => words.test(reason))?.remedy;
}
