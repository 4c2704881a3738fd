/** Lines of the local door as both of its ends read them: nothing is thrown, and what is read is what would be written. */
import { decodeReply, encodeReply } from '../../adapters/inbound/ipc/ipc-reply.js';
import { decodeRequest, encodeRequest } from '../../adapters/inbound/ipc/ipc-request.js';
import { FOREVER } from '../../domain/instant.js';
import {
  someHolder,
  someLock,
  someSession,
  someStats,
  someWaiter,
} from '../support/some-holder.js';
import { JSON_TOKENS } from './json-target.js';
import { Mutator } from './mutator.js';
import { faulty, pure, REFUSED, TAKEN, type Target } from './target.js';

export const IPC_REQUESTS: readonly string[] = [
  encodeRequest({ method: 'list' }),
  encodeRequest({ method: 'list', name: 'löck' }),
  encodeRequest({ method: 'unlock', name: 'invoice/42' }),
  encodeRequest({ method: 'unlock', name: 'a"b', key: 'k-0123' }),
  encodeRequest({ method: 'unlock-all', name: 'invoice/42', says: 'ann' }),
  encodeRequest({
    method: 'holders',
    filter: { namePattern: 'a*b', session: 's', owner: { word: 'host', value: 'a' } },
  }),
  encodeRequest({ method: 'show', name: 'invoice/42' }),
  encodeRequest({ method: 'sessions' }),
  encodeRequest({ method: 'stats' }),
  encodeRequest({ method: 'busiest', count: 3 }),
  encodeRequest({ method: 'kick', session: 'nobody' }),
];

const holder = {
  name: 'löck',
  size: 3,
  key: 'k',
  fencingToken: 1_732_000_000_000_001,
  grantedAt: 1_732_000_000_000,
  sessionId: 'session',
  session: '127.0.0.1:5',
  owner: { host: 'a' },
  waiterCount: 2,
};

const REPLIES: readonly string[] = [
  ...encodeReply({ kind: 'holders', holders: [{ ...holder, expiresAt: FOREVER }] }),
  ...encodeReply({
    kind: 'holders',
    holders: [
      { ...holder, expiresAt: 1_732_000_060_000 },
      { ...holder, expiresAt: 0 },
    ],
  }),
  ...encodeReply({ kind: 'waiters', waiters: [someWaiter()] }),
  ...encodeReply({ kind: 'sessions', sessions: [someSession()], now: 0 }),
  ...encodeReply({
    kind: 'news',
    isGap: true,
    changes: [{ kind: 'ended', holder: someHolder(), reason: 'revoked' }],
    now: 5,
  }),
  ...encodeReply({ kind: 'lock', lock: someLock(), now: 5 }),
  ...encodeReply({ kind: 'busiest', locks: [someLock()] }),
  ...encodeReply({ kind: 'stats', stats: someStats() }),
  ...encodeReply({
    kind: 'kicked',
    sessionId: 's',
    session: 'rest 127.0.0.1:5',
    leaseCount: 1,
    waiterCount: 0,
  }),
  ...encodeReply({ kind: 'revoked-many', count: 3 }),
  ...encodeReply({ kind: 'end', now: 1_732_000_000_000 }),
  ...encodeReply({ kind: 'revoked', key: 'k' }),
  ...encodeReply({ kind: 'refused', code: 'lock-unknown' }),
  ...encodeReply({ kind: 'error', message: 'unknown' }),
];

/** Reads a line and writes what it read; undefined for what is malformed. */
export type Rewrite = (line: string) => string | undefined;

const rewriteRequest: Rewrite = (line) => {
  const request = decodeRequest(line);
  return 'problem' in request ? undefined : encodeRequest(request);
};

const rewriteReply: Rewrite = (line) => {
  const reply = decodeReply(line);
  if (reply.kind === 'malformed') {
    return undefined;
  }
  // No holders at all, and the like, are never written.
  return [...encodeReply(reply)].join('') || line;
};

export const REWRITES: readonly Rewrite[] = [rewriteRequest, rewriteReply];

export function ipcLinesTarget(rewrites: readonly Rewrite[] = REWRITES): Target {
  const mutator = new Mutator({
    seeds: [...IPC_REQUESTS, ...REPLIES],
    tokens: [...JSON_TOKENS, '"v":1', '"method":"list"', '"key":'],
  });
  return {
    what: 'IPC lines, at their readers',
    share: 150_000,
    open: pure((random) => {
      const line = mutator.make(random).toString();
      const rewrite = random.pick(rewrites);
      const written = rewrite(line);
      if (written === undefined) {
        return REFUSED;
      }
      return rewrite(written) === written ? TAKEN : faulty('it reads its own line otherwise', line);
    }),
  };
}
