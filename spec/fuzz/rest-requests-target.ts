/** REST over bare sockets: requests that are whole but strange, by one connection, and bytes that are hardly requests. */
import type { SeededRandom } from '../support/seeded-random.js';
import { converse, placeOf } from './conversation.js';
import { FuzzedServer, type StartServer } from './fuzzed-server.js';
import { JSON_BODIES, JSON_TOKENS } from './json-target.js';
import { Mutator } from './mutator.js';
import { faulty, type Subject, type Target, type Tried } from './target.js';

const REQUESTS = 24;
/** Of the connections, one in so many brings bytes that are no whole requests. */
const BROKEN_SHARE = 3;
const PATHS = ['/v1/lock', '/v1/acquire', '/v1/unlock', '/v1/renew', '/v1/refreshlock', '/session'];
const METHODS = ['POST', 'POST', 'POST', 'GET', 'DELETE', 'PUT', 'PATCH', 'OPTIONS'];

/** Those of docs/REST.md but 500 and 503, which no request may bring about. */
const STATUSES: ReadonlySet<number> = new Set([
  200, 201, 400, 401, 404, 408, 409, 413, 417, 429, 431, 501,
]);

const bodies = new Mutator({ seeds: JSON_BODIES, tokens: JSON_TOKENS });
const paths = new Mutator({
  seeds: [...PATHS, '/openapi.json?x=1#y', 'http://a/v1/lock', '*'],
  tokens: ['/', '//', '..', '%00', '%', '?', '#', ':', '@'],
});
const values = new Mutator({
  seeds: ['Basic eDp5', 'a=b; ldlm-session=0123; c', 'application/json; charset=x', 'gzip, br'],
  tokens: ['=', ';', ',', 'Basic ', '"', 'ldlm-session='],
});
const FIELDS = ['authorization', 'cookie', 'content-type', 'accept-encoding', 'ldlm-session', 'x'];

const HEAD_TOKENS: readonly string[] = [
  ...['\r\n', '\r\n\r\n', '\n', '\r', ':', ' ', '\t', '\0', 'HTTP/1.0', 'HTTP/2.0', 'CONNECT '],
  ...['Content-Length: 5\r\n', 'Content-Length: -1\r\n', 'Transfer-Encoding: chunked\r\n'],
  ...['Connection: upgrade\r\nUpgrade: h2c\r\n', 'Expect: 100-continue\r\n', '0\r\n\r\n', 'HEAD '],
];

const broken = new Mutator({
  seeds: [
    ...JSON_BODIES.map((body) =>
      requestBytes({ method: 'POST', path: '/v1/lock', body, more: '' }),
    ),
    'POST /session HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: 1\r\n\r\n',
    'GET /openapi.json HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  ],
  tokens: HEAD_TOKENS,
});

export function restRequestsTarget(start?: StartServer): Target {
  return {
    what: 'REST requests, at the socket',
    share: 20_000,
    open: async (): Promise<Subject> => {
      const server = await FuzzedServer.start(start);
      return {
        attempt: (random) =>
          random.isOneIn(BROKEN_SHARE) ? sayBroken(server, random) : sayWhole(server, random),
        check: () => server.check(),
        close: () => server.close(),
      };
    },
  };
}

/** All at once by one connection, in a session of its own; each is answered, until the server hangs up. */
async function sayWhole(server: FuzzedServer, random: SeededRandom): Promise<Tried> {
  const to = placeOf(server.restAddress);
  const session = await openSession(server);
  const said = Buffer.concat(
    Array.from({ length: REQUESTS }, () => strangeRequest(random, session)),
  );
  const { bytes } = await converse({
    to,
    said,
    isAllSaid: false,
    isEnough: (heard) => answersIn(heard).statuses.length >= REQUESTS,
  });
  return judge(server, said, bytes);
}

async function openSession(server: FuzzedServer): Promise<string> {
  const { bytes } = await converse({
    to: placeOf(server.restAddress),
    said: requestBytes({ method: 'POST', path: '/session', body: '', more: '' }),
    isAllSaid: false,
    isEnough: (heard) => answersIn(heard).statuses.length > 0,
  });
  return /"session_id": "([^"]*)"/.exec(bytes.toString())?.[1] ?? '';
}

async function sayBroken(server: FuzzedServer, random: SeededRandom): Promise<Tried> {
  const said = broken.make(random);
  const to = placeOf(server.restAddress);
  const { bytes } = await converse({ to, said, isAllSaid: true });
  const tried = judge(server, said, bytes);
  return { ...tried, inputCount: 1, takenCount: Math.min(1, tried.takenCount) };
}

function judge(server: FuzzedServer, said: Buffer, heard: Buffer): Tried {
  const { statuses, fault } = answersIn(heard);
  const strange = statuses.find((status) => !STATUSES.has(status));
  const wrong =
    fault ?? server.fault() ?? (strange === undefined ? undefined : `it answered ${strange}`);
  if (wrong !== undefined) {
    return faulty(wrong, said);
  }
  return {
    inputCount: Math.min(REQUESTS, statuses.length + 1),
    takenCount: statuses.filter((status) => status < 300).length,
  };
}

function strangeRequest(random: SeededRandom, session: string): Buffer {
  const field = `${random.pick(FIELDS)}: ${visible(values.make(random))}\r\n`;
  return requestBytes({
    method: random.pick(METHODS),
    path: random.isOneIn(4) ? visible(paths.make(random)) : random.pick(PATHS),
    body: bodies.make(random),
    more: random.isOneIn(4) ? field : `LDLM-Session: ${session}\r\n`,
  });
}

function requestBytes({
  method,
  path,
  body,
  more,
}: {
  readonly method: string;
  readonly path: string;
  readonly body: string | Buffer;
  readonly more: string;
}): Buffer {
  const head = `${method} ${path} HTTP/1.1\r\nHost: a\r\n${more}`;
  const length = Buffer.byteLength(body);
  return Buffer.concat([
    Buffer.from(`${head}Content-Length: ${length}\r\n\r\n`),
    Buffer.from(body),
  ]);
}

/** What may stand in a head without ending its line or word. */
function visible(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/[^!-~]/g, '') || 'x';
}

interface Answers {
  readonly statuses: readonly number[];
  /** What is not HTTP about them. */
  readonly fault?: string;
}

/** The answers that are there whole. */
function answersIn(heard: Buffer): Answers {
  const statuses: number[] = [];
  let at = 0;
  for (;;) {
    const headEnd = heard.indexOf('\r\n\r\n', at);
    if (headEnd === -1) {
      return { statuses };
    }
    const head = heard.toString('latin1', at, headEnd);
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
    if (Number.isNaN(status)) {
      return { statuses, fault: `it answered what is no HTTP: ${JSON.stringify(head)}` };
    }
    const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
    const bodyEnd = headEnd + 4 + length;
    if (heard.length < bodyEnd) {
      return { statuses };
    }
    const isJson = /^content-type: application\/json/im.test(head);
    if (isJson && !isParsable(heard.toString('utf8', headEnd + 4, bodyEnd))) {
      return { statuses, fault: 'the body of an answer is no JSON' };
    }
    if (status !== 100) {
      statuses.push(status);
    }
    at = bodyEnd;
  }
}

function isParsable(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
