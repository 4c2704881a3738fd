/** Requests to the REST port that are too many, too long or too deep. */
import type { Attack } from './attack.js';
import type { Assault } from './attacker.js';

const FLOOD_COUNT = 4;
const TURN_BYTES = 32_768;
/** Whole requests, of which each is answered with 10 KB: 500 a second, all connections together. */
const REQUESTS_PER_TURN = 5;
const REQUESTS_TURN_MS = 40;

function request(head: readonly string[], body = ''): Buffer {
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  return Buffer.from([...head, 'Host: localhost', length, '', body].join('\r\n'));
}

function times(count: number, bytes: Buffer): Buffer {
  return Buffer.concat(Array.from({ length: count }, () => bytes));
}

function flood(what: string, assault: Omit<Assault, 'port' | 'count'>): Attack {
  return { what, assaults: [{ ...assault, port: 'rest', count: FLOOD_COUNT }] };
}

const bigHeaders = Buffer.from(
  `POST /session HTTP/1.1\r\nHost: localhost\r\n${`X: ${'x'.repeat(1_000)}\r\n`.repeat(30)}`,
);
const manyHeaders = request(['GET / HTTP/1.1', ...Array.from({ length: 1_000 }, () => 'a: b')]);
/** Half a million of them a second, all connections together. */
const chunks = times(1_365, Buffer.from('1\r\nx\r\n'));
const pipelined = times(REQUESTS_PER_TURN, request(['GET /openapi.json HTTP/1.1']));

/** The attacker has a session, so that more than the door is attacked. */
export function http1Attacks(session: string): Readonly<Record<string, Attack>> {
  const post = ['POST /v1/lock HTTP/1.1', `ldlm-session: ${session}`];
  const endless = [...post, 'Host: localhost', 'Content-Length: 4294967296', '', '{"name":"'];
  const chunked = [...post, 'Host: localhost', 'Transfer-Encoding: chunked', '', ''];
  const deepJson = request(post, '['.repeat(15_000));
  return {
    'long-headers': flood('headers of 30 KB, without end', {
      opening: () => bigHeaders,
      everyTurn: () => Buffer.from(`X: ${'x'.repeat(1_000)}\r\n`),
    }),
    'many-headers': flood('1,000 headers a request', { everyTurn: () => manyHeaders }),
    'huge-json': flood('a body of 4 GB', {
      opening: () => Buffer.from(endless.join('\r\n')),
      everyTurn: () => Buffer.alloc(TURN_BYTES, 'x'),
    }),
    'tiny-chunks': flood('a body in chunks of one byte, without end', {
      opening: () => Buffer.from(chunked.join('\r\n')),
      everyTurn: () => chunks,
    }),
    'tiny-chunks-no-session': flood('the same for nobody: it is refused, and goes on', {
      opening: () => Buffer.from(chunked.filter((line) => !line.startsWith('ldlm-')).join('\r\n')),
      everyTurn: () => chunks,
    }),
    'deep-json': flood('JSON of 15,000 brackets', { everyTurn: () => deepJson }),
    pipelined: flood('requests in a row', {
      turnMs: REQUESTS_TURN_MS,
      everyTurn: () => pipelined,
    }),
    'unread-requests': flood('requests whose answers are not read', {
      isDeaf: true,
      turnMs: REQUESTS_TURN_MS,
      everyTurn: () => pipelined,
    }),
  };
}
