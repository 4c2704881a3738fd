/** Protobuf bytes: whatever they are, they decode or are refused by one clean error; what decodes is what encodes. */
import { isDeepStrictEqual } from 'node:util';
import { loadWireDefinition } from '../../adapters/inbound/grpc/wire-definition.js';
import {
  type ClientFrame,
  decodeClientFrame,
  decodeServerFrame,
  emptyClientFrame,
  emptyServerFrame,
  encodeClientFrame,
  encodeServerFrame,
  type Release,
} from '../../proto/session-frames.js';
import {
  decodeLockResponse,
  decodeUnlockResponse,
  encodeKeyRequest,
  encodeLockRequest,
  type UnaryAnswer,
} from '../../proto/unary-messages.js';
import { uncleanness } from './clean-error.js';
import { Mutator } from './mutator.js';
import { faulty, pure, REFUSED, TAKEN, type Target, type Tried } from './target.js';

export interface Codec {
  readonly name: string;
  readonly seeds: readonly Uint8Array[];
  decode(bytes: Buffer): unknown;
  /** @param value as `decode` gave it. */
  encode(value: never): Buffer;
}

const wire = loadWireDefinition();
const owner = { host: 'a', __proto__x: 'ü', '': '' };
const named = { name: 'invoice/42', key: 'k-0123456789abcdef' };
const request = { requestId: 300, ...named };

export const CLIENT_FRAMES: readonly Buffer[] = [
  encodeClientFrame({
    ...emptyClientFrame(),
    hello: { token: 'session', recoveryWindowMs: 5_000, owner },
  }),
  encodeClientFrame({
    hello: { token: '', recoveryWindowMs: undefined, owner: undefined },
    heard: [1, 2, 2 ** 53 - 1],
    releases: [request, { ...request, requestId: 301 }],
    renewals: [{ ...request, leaseMs: 10_000 }],
    checks: [request],
    acquires: [
      {
        requestId: 302,
        claims: [{ name: 'löck', size: 3, units: 2 }],
        waitMs: 0,
        leaseMs: 600_000,
        metadata: owner,
      },
    ],
    withdrawals: [7, 8],
    goodbye: true,
  }),
];

const SERVER_FRAMES: readonly Buffer[] = [
  encodeServerFrame({
    ...emptyServerFrame(),
    welcome: {
      token: 'session',
      resumed: true,
      recoveryWindowMs: 10_000,
      heartbeatMs: 3_000,
      frameRequestsMax: 4_096,
      sessionRequestsMax: 200_000,
      frameBytesMax: 4_194_304,
    },
  }),
  encodeServerFrame({
    ...emptyServerFrame(),
    received: 9,
    granted: [{ requestId: 1, key: 'k', fencingToken: 1_732_000_000_000_001, waitedMs: 12 }],
    done: [2, 3],
    refused: [{ requestId: 4, code: 7, message: 'held' }],
    lost: [{ ...named, reason: 2 }],
    notices: [1, 3],
  }),
];

export const LOCK_REQUESTS: readonly Buffer[] = [
  encodeLockRequest({ name: 'invoice/42', waitSeconds: 0, size: 1, leaseSeconds: 60 }),
  encodeLockRequest({ name: 'löck', waitSeconds: undefined, size: 10, leaseSeconds: undefined }),
  encodeLockRequest({ name: '', waitSeconds: -1, size: -1, leaseSeconds: 2 ** 31 - 1 }),
];

export const KEY_REQUESTS: readonly Buffer[] = [
  encodeKeyRequest({ ...named, leaseSeconds: undefined }),
  encodeKeyRequest({ ...named, leaseSeconds: 60 }),
];

/** Releases and checks are read by the reader of renewals: a time in them is nobody's, and is not written. */
function decodeTimeless(bytes: Buffer): ClientFrame {
  const frame = decodeClientFrame(bytes);
  const timeless = ({ requestId, name, key }: Release) => ({ requestId, name, key });
  return {
    ...frame,
    releases: frame.releases.map(timeless),
    checks: frame.checks.map(timeless),
  };
}

/** The server's encoder on what the client decodes. */
function encodeLockAnswer({ isDone: locked, key, fencingToken, error }: UnaryAnswer): Buffer {
  const token = fencingToken === undefined ? {} : { fencing_token: fencingToken };
  return wire.Lock.responseSerialize({ locked, key, ...token, ...(error && { error }) } as never);
}

function encodeUnlockAnswer({ isDone: unlocked, fencingToken, error }: UnaryAnswer): Buffer {
  const bytes = wire.Unlock.responseSerialize({ unlocked, ...(error && { error }) } as never);
  // An unlock's answer has no token, but the client would read one.
  const token = encodeLockAnswer({ isDone: false, key: '', fencingToken, error: undefined });
  return fencingToken === undefined ? bytes : Buffer.concat([bytes, token.subarray(4)]);
}

function requestCodec(method: 'Lock' | 'TryLock' | 'Unlock' | 'RefreshLock' | 'Renew'): Codec {
  const { requestDeserialize: decode, requestSerialize } = wire[method];
  return {
    name: `the wire definition's ${method}`,
    seeds: [...LOCK_REQUESTS, ...KEY_REQUESTS],
    decode,
    encode: requestSerialize as (value: object) => Buffer,
  };
}

const refusal = { code: 6, message: 'lock size mismatch' };

export const CODECS: readonly Codec[] = [
  {
    name: 'decodeClientFrame',
    seeds: CLIENT_FRAMES,
    decode: decodeTimeless,
    encode: encodeClientFrame,
  },
  {
    name: 'decodeServerFrame',
    seeds: SERVER_FRAMES,
    decode: decodeServerFrame,
    encode: encodeServerFrame,
  },
  {
    name: 'decodeLockResponse',
    seeds: [
      encodeLockAnswer({ isDone: true, key: 'k-01', fencingToken: 2 ** 50, error: undefined }),
      encodeLockAnswer({ isDone: false, key: '', fencingToken: undefined, error: refusal }),
    ],
    decode: decodeLockResponse,
    encode: encodeLockAnswer,
  },
  {
    name: 'decodeUnlockResponse',
    seeds: [
      encodeUnlockAnswer({ isDone: true, key: '', fencingToken: undefined, error: undefined }),
      encodeUnlockAnswer({ isDone: false, key: '', fencingToken: undefined, error: refusal }),
    ],
    decode: decodeUnlockResponse,
    encode: encodeUnlockAnswer,
  },
  ...(['Lock', 'TryLock', 'Unlock', 'RefreshLock', 'Renew'] as const).map(requestCodec),
];

export function protobufTarget(codecs: readonly Codec[] = CODECS): Target {
  const all = codecs.map((codec) => ({ codec, mutator: new Mutator(codec) }));
  return {
    what: 'protobuf bytes',
    share: 450_000,
    open: pure((random) => {
      const { codec, mutator } = random.pick(all);
      return judge(codec, mutator.make(random));
    }),
  };
}

function judge({ name, decode, encode }: Codec, bytes: Buffer): Tried {
  let value: unknown;
  try {
    value = decode(bytes);
  } catch (error) {
    const unclean = uncleanness(error);
    return unclean === undefined ? REFUSED : faulty(`${name}: ${unclean}`, bytes);
  }
  const again = decode(encode(value as never));
  return isDeepStrictEqual(again, value)
    ? TAKEN
    : faulty(`${name} says another thing of what was encoded again`, bytes);
}
