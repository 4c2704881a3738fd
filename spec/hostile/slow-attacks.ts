/** Connections that cost the server a place and say little, nothing, or nonsense. */
import { randomBytes } from 'node:crypto';
import {
  callFields,
  END_HEADERS,
  FRAME,
  field,
  frameBytes,
  PREFACE,
} from '../support/raw-http2-connection.js';
import type { Attack } from './attack.js';
import type { Assault } from './attacker.js';

/** Half-open connections on each port. */
const SLOW_COUNT = 100;
const DRIP_MS = 200;
const IDLE_COUNT = 10_000;
const GARBAGE_BYTES = 4_096;

/** The head of a TLS record that promises 512 bytes of greeting, and the first six of them. */
const HALF_A_GREETING = Buffer.from('16030102000100', 'hex');

const LOCK = '/ldlm.LDLM/Lock';

export const greeting = Buffer.concat([PREFACE, frameBytes({ type: FRAME.settings })]);

/** The rest of a text, byte by byte; then nothing more. */
function drip(text: Buffer): (turn: number) => Buffer {
  return (turn) => text.subarray(turn, turn + 1);
}

function slow(assault: Omit<Assault, 'count' | 'turnMs'>): Assault {
  return { ...assault, count: SLOW_COUNT, turnMs: DRIP_MS };
}

function http1(...lines: readonly string[]): Buffer {
  return Buffer.from(lines.join('\r\n'));
}

const begunHeaders = frameBytes({
  type: FRAME.headers,
  streamId: 1,
  payload: callFields(LOCK),
});

const begunCall = frameBytes({
  type: FRAME.headers,
  flags: END_HEADERS,
  streamId: 1,
  payload: callFields(LOCK),
});

/** The prefix of a message of 1,000 bytes. */
const begunMessage = frameBytes({ streamId: 1, payload: Buffer.from([0, 0, 0, 3, 232]) });

const slowPost = (session: string) =>
  http1(
    'POST /v1/lock HTTP/1.1',
    'Host: localhost',
    `ldlm-session: ${session}`,
    'Content-Length: 1000',
    '',
    '{"name":"',
  );

export function slowAttacks(session: string): Readonly<Record<string, Attack>> {
  return {
    silence: {
      what: '200 connections that say nothing',
      assaults: [slow({ port: 'grpc', isRaw: true }), slow({ port: 'rest', isRaw: true })],
    },
    'slow-preface': {
      what: '200 connections, a byte of the first line at a time',
      assaults: [
        slow({ port: 'grpc', everyTurn: drip(PREFACE) }),
        slow({ port: 'rest', everyTurn: drip(http1('POST /session HTTP/1.1', '')) }),
      ],
    },
    'half-handshake': {
      what: '200 TLS handshakes stopped halfway',
      only: 'tls',
      assaults: (['grpc', 'rest'] as const).map((port) =>
        slow({ port, isRaw: true, opening: () => HALF_A_GREETING }),
      ),
    },
    'slow-headers': {
      what: '200 requests whose headers never end',
      assaults: [
        slow({
          port: 'grpc',
          opening: () => Buffer.concat([greeting, begunHeaders]),
          everyTurn: () =>
            frameBytes({ type: FRAME.continuation, streamId: 1, payload: field('a', 'b') }),
        }),
        slow({
          port: 'rest',
          opening: () => http1('POST /session HTTP/1.1', 'Host: localhost', ''),
          everyTurn: (turn) => http1(`X-${turn}: a`, ''),
        }),
      ],
    },
    'slow-bodies': {
      what: '200 messages, a byte at a time',
      assaults: [
        slow({
          port: 'grpc',
          opening: () => Buffer.concat([greeting, begunCall, begunMessage]),
          everyTurn: () => frameBytes({ streamId: 1, payload: Buffer.from('a') }),
        }),
        slow({ port: 'rest', opening: () => slowPost(session), everyTurn: () => Buffer.from('a') }),
      ],
    },
    clinging: {
      what: '200 connections that were told the last word and do not hang up',
      assaults: [
        slow({
          port: 'grpc',
          isClinging: true,
          opening: () => http1('GET / HTTP/1.1', 'Host: localhost', '', ''),
          everyTurn: () => Buffer.from('a'),
        }),
        slow({
          port: 'rest',
          isClinging: true,
          opening: () => http1('NONSENSE', '', ''),
          everyTurn: () => Buffer.from('a'),
        }),
        {
          ...slow({
            port: 'rest',
            isClinging: true,
            isRaw: true,
            opening: () => http1('GET / HTTP/1.1', 'Host: localhost', 'Connection: close', '', ''),
            everyTurn: () => Buffer.from('a'),
          }),
          count: 20,
        },
      ],
    },
    garbage: {
      what: 'random bytes, inside TLS and in its place',
      assaults: (['grpc', 'rest'] as const).flatMap((port) =>
        [false, true].map((isRaw) => ({
          port,
          isRaw,
          count: 25,
          everyTurn: () => randomBytes(GARBAGE_BYTES),
        })),
      ),
    },
    'wrong-protocol': {
      what: 'plain HTTP to TLS ports, TLS to plain ones',
      assaults: (['grpc', 'rest'] as const).flatMap((port) =>
        [greeting, http1('GET / HTTP/1.1', 'Host: localhost', '', ''), HALF_A_GREETING].map(
          (bytes) => ({ port, isRaw: true, count: 20, opening: () => bytes }),
        ),
      ),
    },
    'idle-grpc': {
      what: '10,000 idle connections, gRPC',
      openMin: IDLE_COUNT,
      assaults: [
        {
          port: 'grpc',
          count: IDLE_COUNT,
          isAlive: true,
          opening: () => Buffer.concat([greeting, frameBytes({ type: FRAME.settings, flags: 1 })]),
        },
      ],
    },
    'idle-rest': {
      what: '10,000 idle connections, REST',
      openMin: IDLE_COUNT,
      assaults: [
        {
          port: 'rest',
          count: IDLE_COUNT,
          opening: () => http1('GET / HTTP/1.1', 'Host: localhost', '', ''),
        },
      ],
    },
  };
}
