import { castGrpcError, ClientClosedError } from 'etcd3';
import { expect } from 'chai';
import {
  etcdFailed,
  type Reach,
  reachOf,
  reasonOf,
} from '../../../../adapters/outbound/etcd/etcd-error.js';
import {
  StateStoreError,
  type StateStoreErrorCode,
} from '../../../../ports/outbound/state-store.js';

/** As the library gives it: a gRPC status, in a class of its own. */
function status(message: string): Error {
  return castGrpcError(Object.assign(new Error(message), { code: Number.parseInt(message, 10) }));
}

function notConnected(last: string): Error {
  return status(
    `14 UNAVAILABLE: No connection established. Last error: ${last}. Resolution note: `,
  );
}

const OPENSSL =
  '802C285E2A7F0000:error:0A000412:SSL routines:ssl3_read_bytes:sslv3 alert bad certificate:' +
  '../deps/openssl/openssl/ssl/record/rec_layer_s3.c:1601:SSL alert number 42 (2026-11-26T02:22:51.740Z)';

interface Case {
  readonly what: string;
  readonly error: unknown;
  readonly reach: Reach;
  /** What stands in the place of `unavailable`. */
  readonly code: StateStoreErrorCode;
  /** Behind `etcd at a:1, b:2 does not answer: `. */
  readonly words: string;
}

const GENERAL = 'See that it runs and can be reached as --etcd_endpoints says, https:// for TLS.';
const PASSING = { reach: 'moment', code: 'unavailable' } as const;
const REFUSED = { reach: 'cluster', code: 'refused' } as const;
const REFUSED_BY_MEMBER = { reach: 'member', code: 'refused' } as const;

const CASES: readonly Case[] = [
  {
    what: 'nobody listens',
    error: notConnected('Error: connect ECONNREFUSED 10.0.0.1:2379'),
    ...PASSING,
    words: `connect ECONNREFUSED 10.0.0.1:2379. ${GENERAL}`,
  },
  {
    what: 'it is reached without TLS though it wants it',
    error: notConnected('Failed to connect (2026-11-26T02:23:04.225Z)'),
    ...PASSING,
    words: `Failed to connect. ${GENERAL}`,
  },
  {
    what: 'its name is unknown',
    error: status('14 UNAVAILABLE: Name resolution failed for target dns:etcd:2379'),
    ...PASSING,
    words: `14 UNAVAILABLE: Name resolution failed for target dns:etcd:2379. ${GENERAL}`,
  },
  {
    what: 'it has no leader',
    error: status('14 UNAVAILABLE: etcdserver: no leader'),
    ...PASSING,
    words: `14 UNAVAILABLE: etcdserver: no leader. ${GENERAL}`,
  },
  {
    what: 'it is silent',
    error: status('4 DEADLINE_EXCEEDED: Deadline exceeded after 2.5s'),
    ...PASSING,
    words: `4 DEADLINE_EXCEEDED: Deadline exceeded after 2.5s. ${GENERAL}`,
  },
  {
    what: 'too much is asked of it at once',
    error: status('8 RESOURCE_EXHAUSTED: etcdserver: too many requests'),
    ...PASSING,
    words: `8 RESOURCE_EXHAUSTED: etcdserver: too many requests. ${GENERAL}`,
  },
  {
    what: 'its users changed meanwhile',
    error: status('3 INVALID_ARGUMENT: etcdserver: revision of auth store is old'),
    ...PASSING,
    words: `3 INVALID_ARGUMENT: etcdserver: revision of auth store is old. ${GENERAL}`,
  },
  {
    what: 'it has forgotten a token',
    error: status('16 UNAUTHENTICATED: etcdserver: invalid auth token'),
    ...PASSING,
    words: `16 UNAUTHENTICATED: etcdserver: invalid auth token. ${GENERAL}`,
  },
  {
    what: 'another question had the connection closed',
    error: new ClientClosedError('KV'),
    ...PASSING,
    words: `Tried to call a KV method on etcd3, but the client was already closed. ${GENERAL}`,
  },
  {
    what: 'a lease is over',
    error: status('5 NOT_FOUND: etcdserver: requested lease not found'),
    reach: 'cluster',
    code: 'unavailable',
    words: `Lease 5 NOT_FOUND: etcdserver: requested lease not found is expired or revoked. ${GENERAL}`,
  },
  {
    what: 'its quota is used up',
    error: status('8 RESOURCE_EXHAUSTED: etcdserver: mvcc: database space exceeded'),
    reach: 'cluster',
    code: 'unavailable',
    words:
      'its quota is used up: compact and defragment it, then disarm its alarm ' +
      '(docs/HIGH-AVAILABILITY.md says how), or raise --quota-backend-bytes ' +
      '(8 RESOURCE_EXHAUSTED: etcdserver: mvcc: database space exceeded).',
  },
  {
    what: 'its members differ',
    error: status('15 DATA_LOSS: etcdserver: corrupt cluster'),
    reach: 'cluster',
    code: 'unavailable',
    words:
      'it has found that its members differ: restore it (docs/HIGH-AVAILABILITY.md says how) ' +
      '(15 DATA_LOSS: etcdserver: corrupt cluster).',
  },
  {
    what: 'it wants a user',
    error: status('3 INVALID_ARGUMENT: etcdserver: user name is empty'),
    ...REFUSED,
    words:
      'it wants a user: give --etcd_user and --etcd_password_file, or a certificate that names ' +
      'one (3 INVALID_ARGUMENT: etcdserver: user name is empty).',
  },
  {
    what: 'it wants no user',
    error: status('9 FAILED_PRECONDITION: etcdserver: authentication is not enabled'),
    ...REFUSED,
    words:
      'it knows no users: leave out --etcd_user, or enable authentication in etcd ' +
      '(9 FAILED_PRECONDITION: etcdserver: authentication is not enabled).',
  },
  {
    what: 'it does not take the password',
    error: status(
      '3 INVALID_ARGUMENT: etcdserver: authentication failed, invalid user ID or password',
    ),
    ...REFUSED,
    words:
      'it does not take this user and password: mend --etcd_user and --etcd_password_file ' +
      '(3 INVALID_ARGUMENT: etcdserver: authentication failed, invalid user ID or password).',
  },
  {
    what: 'its user has no rights',
    error: status('7 PERMISSION_DENIED: etcdserver: permission denied'),
    ...REFUSED,
    words:
      'its user may not read and write under --etcd_prefix: grant its role readwrite there ' +
      '(7 PERMISSION_DENIED: etcdserver: permission denied).',
  },
  {
    what: 'a request is too long for it',
    error: status('3 INVALID_ARGUMENT: etcdserver: request is too large'),
    ...REFUSED,
    words:
      'it takes no request of that length: raise --max-request-bytes of etcd to its default of ' +
      '1.5 MiB or more (3 INVALID_ARGUMENT: etcdserver: request is too large).',
  },
  {
    what: 'a request is too long for its connection',
    error: status('8 RESOURCE_EXHAUSTED: grpc: received message larger than max (9 vs. 8)'),
    ...REFUSED,
    words:
      'it takes no request of that length: raise --max-request-bytes of etcd to its default of ' +
      '1.5 MiB or more (8 RESOURCE_EXHAUSTED: grpc: received message larger than max (9 vs. 8)).',
  },
  {
    what: 'it serves something else by gRPC',
    error: status(
      '12 UNIMPLEMENTED: The server does not implement the method /etcdserverpb.KV/Range',
    ),
    ...REFUSED_BY_MEMBER,
    words:
      'what answers there is no etcd of version 3.4 or later: mend --etcd_endpoints ' +
      '(12 UNIMPLEMENTED: The server does not implement the method /etcdserverpb.KV/Range).',
  },
  {
    what: 'it serves something else',
    error: notConnected('Protocol error (2026-11-26T02:23:13.580Z)'),
    ...REFUSED_BY_MEMBER,
    words:
      'what answers there is no etcd of version 3.4 or later: mend --etcd_endpoints ' +
      '(Protocol error).',
  },
  ...[
    'unable to verify the first certificate',
    'self-signed certificate',
    'certificate signature failure',
  ].map((reason) => ({
    what: `Node calls its certificate: ${reason}`,
    error: notConnected(`Error: ${reason}`),
    ...REFUSED_BY_MEMBER,
    words:
      'its certificate is of no authority that is trusted here: name the one that issued it in ' +
      `--etcd_tls_ca (${reason}).`,
  })),
  {
    what: 'its certificate is over',
    error: notConnected('Error: certificate has expired'),
    ...REFUSED_BY_MEMBER,
    words:
      'its certificate is out of date: renew it, or set the clock of this machine right ' +
      '(certificate has expired).',
  },
  {
    what: 'its certificate is for another name',
    error: notConnected(
      "Error: Hostname/IP does not match certificate's altnames: Host: etcd. is not in the cert's altnames: DNS:other",
    ),
    ...REFUSED_BY_MEMBER,
    words:
      'its certificate is for another name: call it in --etcd_endpoints as its certificate does ' +
      "(Hostname/IP does not match certificate's altnames: Host: etcd. is not in the cert's altnames: DNS:other).",
  },
  ...['bad certificate', 'unknown ca', 'certificate expired', 'certificate required'].map(
    (alert) => ({
      what: `it answers a certificate, or none, with the alert ${alert}`,
      error: notConnected(OPENSSL.replace('bad certificate', alert)),
      ...REFUSED_BY_MEMBER,
      words:
        'it takes only clients with a certificate that it trusts: give or renew --etcd_tls_cert ' +
        `and --etcd_tls_key (${OPENSSL.replace('bad certificate', alert).replace(/ \(.*$/, '')}).`,
    }),
  ),
  {
    what: 'what failed is no error',
    error: 'a text\n on two lines',
    reach: 'cluster',
    code: 'unavailable',
    words: `a text on two lines. ${GENERAL}`,
  },
];

describe('etcdFailed', () => {
  const trouble = { endpoints: ['a:1', 'b:2'], doing: 'does not answer' };

  for (const { what, error, code, words } of CASES) {
    it(`says what to do when ${what}`, () => {
      const failure = etcdFailed('unavailable', { ...trouble, error });
      expect(failure.message).to.equal(`etcd at a:1, b:2 does not answer: ${words}`);
      expect(failure.code).to.equal(code);
      expect(failure.cause).to.equal(error);
    });
  }

  it('leaves a write that failed a write that failed, whatever the reason', () => {
    for (const { error } of CASES) {
      expect(etcdFailed('write-failed', { ...trouble, error }).code).to.equal('write-failed');
    }
  });

  it('passes on what is in the store’s own words already', () => {
    const error = new StateStoreError('deposed', 'Another one leads.');
    expect(etcdFailed('write-failed', { ...trouble, error })).to.equal(error);
  });
});

describe('reachOf', () => {
  for (const { what, error, reach } of CASES) {
    it(`is ${reach} when ${what}`, () => {
      expect(reachOf(error)).to.equal(reach);
    });
  }
});

describe('reasonOf', () => {
  it('is the same for the same trouble, whenever that was', () => {
    const [first, second] = ['02:22:51.740', '02:22:53.001'].map((time) =>
      reasonOf(notConnected(`Failed to connect (2026-11-26T${time}Z)`)),
    );
    expect(first).to.equal(second);
  });

  it('leaves out the name of the class that the library sets before a status', () => {
    expect(reasonOf(new Error('GRPCUnavailableError: 14 UNAVAILABLE: x'))).to.equal(
      '14 UNAVAILABLE: x',
    );
  });
});
