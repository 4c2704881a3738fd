/** Why: what the local door answers, written and read in one place. An answer is one line of JSON, or several. */
import type { Kicked } from '../../../domain/decision.js';
import type {
  HolderDescription,
  LockDescription,
  ServerStats,
  SessionDescription,
  WaiterDescription,
} from '../../../domain/descriptions.js';
import type { HolderNews } from '../../../domain/holder-watch.js';
import type { Instant } from '../../../domain/instant.js';
import type { RefusalCode } from '../../../domain/refusal.js';
import { excerpt, type Malformed, malformed, parseObject } from './ipc-line.js';
import {
  changeCodec,
  type Codec,
  holderCodec,
  isNumber,
  isObject,
  isOneOf,
  type JsonObject,
  lockCodec,
  readAll,
  sessionCodec,
  statsCodec,
  waiterCodec,
} from './ipc-shapes.js';

/** Text gathered into one line: a listing of any length needs no more at once. */
const LINE_CHARACTERS = 64 * 1024;

/** A listing is any number of these, then `end`. */
type ListReply =
  | { readonly kind: 'holders'; readonly holders: readonly HolderDescription[] }
  | { readonly kind: 'waiters'; readonly waiters: readonly WaiterDescription[] }
  | {
      readonly kind: 'sessions';
      readonly sessions: readonly SessionDescription[];
      readonly now: Instant;
    }
  | ({ readonly kind: 'news'; readonly now: Instant } & HolderNews);

type SingleReply =
  | { readonly kind: 'lock'; readonly lock: LockDescription; readonly now: Instant }
  | { readonly kind: 'end'; readonly now: Instant }
  | { readonly kind: 'revoked'; readonly key: string }
  | { readonly kind: 'revoked-many'; readonly count: number }
  | Kicked
  | { readonly kind: 'stats'; readonly stats: ServerStats }
  | { readonly kind: 'busiest'; readonly locks: readonly LockDescription[] }
  | { readonly kind: 'refused'; readonly code: RefusalCode }
  | { readonly kind: 'error'; readonly message: string };

export type IpcReply = ListReply | SingleReply;

/** The codes as they are on this wire: themselves. Total, so that a new one is not overlooked. */
const REFUSAL_CODES: Readonly<Record<RefusalCode, true>> = {
  'lease-time-invalid': true,
  'wait-time-invalid': true,
  'name-empty': true,
  'name-too-long': true,
  'size-invalid': true,
  'size-mismatch': true,
  held: true,
  'wait-timeout': true,
  'lease-ended': true,
  withdrawn: true,
  'lock-unknown': true,
  'key-invalid': true,
  'key-needed': true,
  'lease-unknown': true,
  'session-unknown': true,
  'too-many-sessions': true,
  'too-many-waiters': true,
  'server-stopping': true,
};

/**
 * The lines of one reply; one line but for lists, which are cut into lines of about 64 Ki characters, or of one
 * member if that is longer. An empty list is no line, but for news, of which no news are some.
 */
export function* encodeReply(reply: IpcReply): Generator<string, void, undefined> {
  switch (reply.kind) {
    case 'holders':
      yield* encodeList('holders', holderCodec, reply.holders);
      return;
    case 'waiters':
      yield* encodeList('waiters', waiterCodec, reply.waiters);
      return;
    case 'sessions':
      yield* encodeList('sessions', sessionCodec, reply.sessions, () => ({ now: reply.now }));
      return;
    case 'news': {
      const { isGap, changes, now } = reply;
      const tail = (isFirst: boolean) => ({ gap: isFirst && isGap, now });
      if (changes.length === 0) {
        yield `${JSON.stringify({ changes, ...tail(true) })}\n`;
      }
      yield* encodeList('changes', changeCodec, changes, tail);
      return;
    }
    case 'lock':
    case 'end':
    case 'revoked':
    case 'revoked-many':
    case 'kicked':
    case 'stats':
    case 'busiest':
    case 'refused':
    case 'error':
      yield `${JSON.stringify(fieldsOf(reply))}\n`;
  }
}

function fieldsOf(reply: SingleReply): JsonObject {
  switch (reply.kind) {
    case 'lock':
      return { lock: lockCodec.write(reply.lock), now: reply.now };
    case 'end':
      return { end: true, now: reply.now };
    case 'revoked':
      return { revoked: reply.key };
    case 'revoked-many':
      return { revokedCount: reply.count };
    case 'kicked': {
      const { sessionId, session, leaseCount, waiterCount } = reply;
      return { kicked: { sessionId, session, leaseCount, waiterCount } };
    }
    case 'stats':
      return { stats: statsCodec.write(reply.stats) };
    case 'busiest':
      return { busiest: reply.locks.map((lock) => lockCodec.write(lock)) };
    case 'refused':
      return { refused: reply.code };
    case 'error':
      return { error: reply.message };
  }
}

function* encodeList<Description>(
  field: string,
  codec: Codec<Description>,
  descriptions: readonly Description[],
  tailOf?: (isFirst: boolean) => JsonObject,
): Generator<string, void, undefined> {
  let isFirst = true;
  let texts: string[] = [];
  let characterCount = 0;
  for (const [index, description] of descriptions.entries()) {
    const text = JSON.stringify(codec.write(description));
    texts.push(text);
    characterCount += text.length;
    if (characterCount >= LINE_CHARACTERS || index === descriptions.length - 1) {
      const tail = tailOf === undefined ? '}' : `,${JSON.stringify(tailOf(isFirst)).slice(1)}`;
      yield `{"${field}":[${texts.join(',')}]${tail}\n`;
      isFirst = false;
      texts = [];
      characterCount = 0;
    }
  }
}

/** Reads a reply; whatever the line holds, it does not throw. */
export function decodeReply(line: string): IpcReply | Malformed {
  const reply = parseObject(line) ?? {};
  for (const [field, read] of READERS) {
    if (Object.hasOwn(reply, field)) {
      return read(reply[field], reply) ?? malformed(`unknown reply ${excerpt(line)}`);
    }
  }
  return malformed(`unknown reply ${excerpt(line)}`);
}

/** Of a reply's first field; undefined for what cannot be that reply. */
type Reader = (value: unknown, reply: JsonObject) => IpcReply | Malformed | undefined;

const READERS: readonly (readonly [string, Reader])[] = [
  ['holders', listReader('a holder', holderCodec, (holders) => ({ kind: 'holders', holders }))],
  ['waiters', listReader('a waiter', waiterCodec, (waiters) => ({ kind: 'waiters', waiters }))],
  [
    'sessions',
    listReader('a session', sessionCodec, (sessions, { now }) =>
      isNumber(now) ? { kind: 'sessions', sessions, now } : undefined,
    ),
  ],
  [
    'changes',
    listReader('a change', changeCodec, (changes, { gap, now }) =>
      typeof gap === 'boolean' && isNumber(now)
        ? { kind: 'news', isGap: gap, changes, now }
        : undefined,
    ),
  ],
  ['busiest', listReader('a lock', lockCodec, (locks) => ({ kind: 'busiest', locks }))],
  [
    'lock',
    (value, { now }) => {
      const lock = lockCodec.read(value);
      return lock !== undefined && isNumber(now) ? { kind: 'lock', lock, now } : undefined;
    },
  ],
  [
    'stats',
    (value) => {
      const stats = statsCodec.read(value);
      return stats && { kind: 'stats', stats };
    },
  ],
  ['end', (value, { now }) => (value === true && isNumber(now) ? { kind: 'end', now } : undefined)],
  ['revoked', (key) => (typeof key === 'string' ? { kind: 'revoked', key } : undefined)],
  ['revokedCount', (count) => (isNumber(count) ? { kind: 'revoked-many', count } : undefined)],
  ['kicked', (value) => (isObject(value) ? readKicked(value) : undefined)],
  [
    'refused',
    (code) => {
      if (typeof code !== 'string') {
        return undefined;
      }
      return isOneOf(REFUSAL_CODES, code)
        ? { kind: 'refused', code }
        : malformed(`unknown refusal ${excerpt(code)}`);
    },
  ],
  ['error', (message) => (typeof message === 'string' ? { kind: 'error', message } : undefined)],
];

function listReader<Description>(
  what: string,
  codec: Codec<Description>,
  toReply: (list: readonly Description[], reply: JsonObject) => IpcReply | undefined,
): Reader {
  return (value, reply) => {
    if (!Array.isArray(value)) {
      return undefined;
    }
    const list = readAll(codec, value);
    return list === undefined
      ? malformed(`${what} lacks a field, or has one of another type`)
      : toReply(list, reply);
  };
}

function readKicked({
  sessionId,
  session,
  leaseCount,
  waiterCount,
}: JsonObject): Kicked | undefined {
  return typeof sessionId === 'string' &&
    typeof session === 'string' &&
    isNumber(leaseCount) &&
    isNumber(waiterCount)
    ? { kind: 'kicked', sessionId, session, leaseCount, waiterCount }
    : undefined;
}
