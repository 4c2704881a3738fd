/** The reference server's answers over REST, case by case in the order they were observed, with its known faults mended. */
import { expect } from 'chai';
import {
  readToEnd,
  type RestRequest,
  type RestResponse,
  RestWorld,
} from '../support/rest-world.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const COOKIE = 'ldlm-session=<hex32>; Path=/; Expires=<date>; HttpOnly; SameSite=Strict';
const NO_COOKIE =
  'ldlm-session=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Strict';
const JSON_TYPE = 'application/json';

/** In texts, `<a>` and `<rn>` stand for the keys of these locks; any other `<uuid>` is a fresh key. */
interface Row {
  /** As the reference's table has it. */
  readonly request: string;
  readonly status: number;
  readonly body: string;
  readonly sent?: Partial<RestRequest>;
  /** `none` for no session; `unknown` for one that never was. */
  readonly session?: 'none' | 'unknown';
  /** What the answer sets; each answer to a session's cookie sets it again. */
  readonly setCookie?: string | undefined;
}

/** A POST of what follows the path. */
function post(request: string, status: number, body: string): Row {
  return { request, status, body };
}

function lock(sent: string, status: number, body: string): Row {
  return post(`/v1/lock ${sent}`, status, body);
}

function granted(name: string, key = '<uuid>'): string {
  return `{"locked":true,"name":"${name}","key":"${key}"}`;
}

function refused(name: string, key: string, code: string, message: string): string {
  const error = `{"code":"${code}","message":"${message}"}`;
  return `{"locked":false,"name":"${name}","key":"${key}","error":${error}}`;
}

function status(code: number, message: string): string {
  return `{"code":${code},"message":${JSON.stringify(message)},"details":[]}`;
}

const nameEmpty = refused('', '<uuid>', 'Unknown', 'lock name cannot be empty');
const timeoutNotPositive = 'lock timeout must be greater than 0';
const sessionNotShown = '{"error": "session cookie not found. create a new session at /session"}';
const sessionUnknown =
  '{"error": "session cookie invalid or expired. create a new session at /session"}';
/** Fault 12 of the reference: it answered with Unknown. */
const leaseUnknown = [
  'LockDoesNotExistOrInvalidKey',
  'lock does not exist or invalid key',
] as const;
const keyInvalid =
  '{"unlocked":false,"name":"a","error":{"code":"InvalidLockKey","message":"invalid lock key"}}';
const pathUnknown = status(5, 'Not Found');
const methodUnknown = status(12, 'Method Not Allowed');

function fieldInvalid(value: string): string {
  return status(3, `proto: (line 1:21): invalid value for int32 field size: ${value}`);
}

const BEFORE_THE_SESSION: readonly Row[] = [
  {
    request: 'POST /v1/lock, no cookie',
    session: 'none',
    status: 401,
    body: sessionNotShown,
    sent: { path: '/v1/lock' },
  },
  {
    request: 'POST /v1/lock, cookie of no session',
    session: 'unknown',
    status: 401,
    body: sessionUnknown,
    sent: { path: '/v1/lock' },
  },
  {
    request: 'GET /, no cookie',
    session: 'none',
    status: 401,
    body: sessionNotShown,
    sent: { method: 'GET', path: '/' },
  },
];

const LOCKS: readonly Row[] = [
  lock('{"name": "a"}', 200, granted('a', '<a>')),
  lock('{"name": "a"}', 200, '{"locked":false,"name":"a","key":"<uuid>"}'),
  lock(
    '{"name": "a", "size": 2}',
    200,
    refused('a', '<uuid>', 'LockSizeMismatch', 'lock size mismatch'),
  ),
  lock(
    '{"name": "b", "size": 0}',
    200,
    refused('b', '<uuid>', 'InvalidLockSize', 'lock size must be greater than 0'),
  ),
  lock(
    '{"name": "b", "lock_timeout_seconds": -1}',
    200,
    refused('b', '', 'Unknown', timeoutNotPositive),
  ),
  lock('{}', 200, nameEmpty),
  lock('', 200, nameEmpty),
  lock('null', 400, status(3, 'proto: syntax error (line 1:1): unexpected token null')),
  lock('[]', 400, status(3, 'proto: syntax error (line 1:1): unexpected token [')),
  lock('"x"', 400, status(3, 'proto: syntax error (line 1:1): unexpected token "x"')),
  lock('{bad', 400, status(3, "invalid character 'b' looking for beginning of object key string")),
  lock('{"name":"a"', 400, status(3, 'unexpected EOF')),
  lock('name=a', 400, status(3, "invalid character 'a' in literal null (expecting 'u')")),
  lock('{"name":"tg"} trailing', 200, granted('tg')),
  lock('{"name":5}', 400, status(3, 'proto: (line 1:9): invalid value for string field name: 5')),
  lock('{"name":null}', 200, nameEmpty),
  lock('{"name":"n1","size":null}', 200, granted('n1')),
  lock('{"name":"n2","size":"2"}', 200, granted('n2')),
  lock('{"name":"n3","size":2.0}', 200, granted('n3')),
  lock('{"name":"n4","size":2e0}', 200, granted('n4')),
  lock('{"name":"n5","size":"2.0"}', 200, granted('n5')),
  lock('{"name":"n6","size":1.5}', 400, fieldInvalid('1.5')),
  lock('{"name":"n6","size":"abc"}', 400, fieldInvalid('"abc"')),
  lock('{"name":"n6","size":true}', 400, fieldInvalid('true')),
  lock('{"name":"n6","size":2147483648}', 400, fieldInvalid('2147483648')),
  lock('{"name":"n6","size":""}', 400, fieldInvalid('""')),
  lock('{"name":"n6","size":{}}', 400, fieldInvalid('{')),
  lock('{"name":"c1","lockTimeoutSeconds":600}', 200, granted('c1')),
  lock('{"name":"c2","lock_timeout_seconds":"600"}', 200, granted('c2')),
  lock(
    '{"name":"c3","lock_timeout_seconds":1,"lockTimeoutSeconds":1}',
    400,
    status(3, 'proto: (line 1:39): duplicate field "lockTimeoutSeconds"'),
  ),
  lock('{"name":"d1","name":"d2"}', 400, status(3, 'proto: (line 1:14): duplicate field "name"')),
  lock('{"name":"uf","zzz":[1,{"a":2}]}', 200, granted('uf')),
  lock('{"Name":"x"}', 200, nameEmpty),
  lock('{"name":"wt","wait_timeout_seconds":3}', 200, granted('wt')),
  lock('{"name":"鍵🔒\\u00e9<&>"}', 200, granted('鍵🔒é<&>')),
  lock('{"name":"z\\u0000z"}', 200, granted('z\\u0000z')),
  {
    request: 'POST /v1/lock b\'{"name":"\\xff"}\'',
    status: 400,
    body: status(3, 'proto: syntax error (line 1:9): invalid UTF-8 in string'),
    sent: { path: '/v1/lock', body: Buffer.from('{"name":"\xff"}', 'latin1') },
  },
  post(
    '/v1/renew {"name": "a", "key": "<a>", "lock_timeout_seconds": 5}',
    200,
    refused('a', '<a>', ...leaseUnknown),
  ),
  lock('{"name": "rn", "lock_timeout_seconds": 600}', 200, granted('rn', '<rn>')),
];

/** `/v1/refreshlock`, the seed's name, is served again: it does what `/v1/renew` does (fault 22). */
const RENEWALS: readonly Row[] = ['/v1/renew', '/v1/refreshlock'].flatMap((path) => [
  post(
    `${path} {"name": "rn", "key": "<rn>", "lock_timeout_seconds": 600}`,
    200,
    granted('rn', '<rn>'),
  ),
  post(
    `${path} {"name": "rn", "key": "<rn>", "lockTimeoutSeconds": "600"}`,
    200,
    granted('rn', '<rn>'),
  ),
  post(
    `${path} {"name": "rn", "key": "<rn>"}`,
    200,
    refused('rn', '', 'Unknown', timeoutNotPositive),
  ),
  post(
    `${path} {"name": "rn", "key": "wrong", "lock_timeout_seconds": 5}`,
    200,
    refused('rn', 'wrong', ...leaseUnknown),
  ),
]);

const UNLOCKS: readonly Row[] = [
  post('/v1/unlock {"name": "a", "key": "wrong"}', 200, keyInvalid),
  post('/v1/unlock {"name": "a"}', 200, keyInvalid),
  post(
    '/v1/unlock {"name": "nope", "key": "x"}',
    200,
    '{"unlocked":false,"name":"nope","error":{"code":"LockDoesNotExist","message":"a lock by that name does not exist"}}',
  ),
  post('/v1/unlock {"name": "a", "key": "<a>"}', 200, '{"unlocked":true,"name":"a"}'),
  post('/v1/unlock {"name": "a", "key": "<a>"}', 200, keyInvalid),
];

const METHODS_AND_PATHS: readonly Row[] = [
  ...['GET', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'].map((method) => ({
    request: `${method} /v1/lock`,
    status: 501,
    body: method === 'HEAD' ? '' : methodUnknown,
    sent: { method, path: '/v1/lock' },
  })),
  ...[
    'GET /session',
    'PUT /session',
    'POST /session/',
    'GET /',
    'POST /v1/nope',
    'POST /v1/lock/',
    'POST //v1/lock',
    'POST /v1/trylock',
  ].map((request) => {
    const [method = '', path = ''] = request.split(' ');
    return { request, status: 404, body: pathUnknown, sent: { method, path } };
  }),
  post('/v1/lock?name=q {}', 200, nameEmpty),
  ...['application/x-www-form-urlencoded', 'text/plain', 'application/json; charset=utf-8'].map(
    (type) => ({
      request: `POST /v1/lock as ${type}`,
      status: 200,
      body: granted(type),
      sent: {
        path: '/v1/lock',
        headers: { 'content-type': type },
        body: JSON.stringify({ name: type }),
      },
    }),
  ),
  {
    // The reference has no bound on bodies.
    request: 'POST /v1/lock, 10 MiB name',
    status: 413,
    body: status(
      8,
      'the body is larger than this server takes; send less, or raise --body_bytes_max',
    ),
    sent: { path: '/v1/lock', body: JSON.stringify({ name: 'x'.repeat(10 * 1024 * 1024) }) },
  },
];

/** Fault 19 of the reference: it answered 500 and text/plain, and its emptied cookie had no end. */
const CLOSINGS: readonly Row[] = [
  {
    request: 'DELETE /session, no cookie',
    session: 'none',
    status: 401,
    body: sessionNotShown,
    sent: { method: 'DELETE', path: '/session' },
  },
  {
    request: 'DELETE /session, cookie of no session',
    session: 'unknown',
    status: 409,
    body: '{"error": "session not found"}',
    sent: { method: 'DELETE', path: '/session' },
  },
  {
    request: 'DELETE /session',
    status: 200,
    body: '{"session_id": ""}',
    sent: { method: 'DELETE', path: '/session' },
    setCookie: NO_COOKIE,
  },
  {
    request: 'DELETE /session again',
    status: 409,
    body: '{"error": "session not found"}',
    sent: { method: 'DELETE', path: '/session' },
    setCookie: undefined,
  },
  {
    request: 'POST /v1/lock after that',
    status: 401,
    body: sessionUnknown,
    sent: { path: '/v1/lock' },
    setCookie: undefined,
  },
];

const ROWS = [
  ...BEFORE_THE_SESSION,
  ...LOCKS,
  ...RENEWALS,
  ...UNLOCKS,
  ...METHODS_AND_PATHS,
  ...CLOSINGS,
];

/** A cookie as the table writes it. */
function general(cookie: string | undefined): string | undefined {
  return cookie
    ?.replace(/=[0-9a-f]{32};/, '=<hex32>;')
    .replace(/Expires=\w{3}, \d\d \w{3} (?!1970)\d{4} \d\d:\d\d:\d\d GMT/, 'Expires=<date>');
}

describe('The reference server’s answers over REST', () => {
  let world: RestWorld;
  let token = '';
  const keys: Record<string, string> = {};

  before(async () => {
    world = await RestWorld.start();
  });

  after(async () => {
    await world.stop();
  });

  function withKeys(text: string): string {
    return text.replace(/<(a|rn)>/g, (whole, name: string) => keys[name] ?? whole);
  }

  function answerTo({ request, sent, session }: Row): Promise<RestResponse> {
    const [, path = '', body = ''] =
      sent === undefined ? (/^(\S+) ?(.*)$/.exec(request) ?? []) : [];
    const cookie = session === 'unknown' ? '0'.repeat(32) : token;
    return world.send({
      method: 'POST',
      path,
      body: withKeys(body),
      ...sent,
      headers: {
        ...sent?.headers,
        ...(session === 'none' ? {} : { cookie: `ldlm-session=${cookie}` }),
      },
    });
  }

  /** The body as the table has it: without the fencing token that is beyond it, and keys by their names. */
  function generalBody(seen: string, expected: string): string {
    const { key, locked } = (seen === '' ? {} : JSON.parse(seen)) as Record<string, unknown>;
    const name = /"key":"<(a|rn)>"/.exec(expected)?.[1];
    if (locked === true && name !== undefined) {
      keys[name] ??= String(key);
    }
    const body =
      expected.includes('<uuid>') && UUID.test(String(key))
        ? seen.replace(String(key), '<uuid>')
        : seen;
    if (locked !== true) {
      return body;
    }
    const fencingToken = /,"fencing_token":"[1-9]\d*"}$/;
    expect(body).to.match(fencingToken);
    return body.replace(fencingToken, '}');
  }

  it('POST /session', async () => {
    const { status: code, body, headers } = await world.send({ method: 'POST', path: '/session' });
    expect(code).to.equal(201);
    expect(body).to.match(/^\{"session_id": "[0-9a-f]{32}"\}$/);
    expect(headers).to.include({ 'content-type': JSON_TYPE });
    expect(headers['set-cookie']?.map(general)).to.deep.equal([COOKIE]);
    token = (JSON.parse(body) as { session_id: string }).session_id;
    expect(headers['set-cookie']?.[0]).to.contain(`=${token};`);
  });

  for (const row of ROWS) {
    it(row.request.startsWith('/') ? `POST ${row.request}` : row.request, async () => {
      const { status: code, body, headers } = await answerTo(row);
      expect(code).to.equal(row.status);
      expect(generalBody(body, row.body)).to.equal(withKeys(row.body));
      expect(headers['content-type']).to.equal(JSON_TYPE);
      const isUsual = row.session === undefined && !('setCookie' in row);
      const setCookie = isUsual ? COOKIE : row.setCookie;
      expect(headers['set-cookie']?.map(general)).to.deep.equal(setCookie && [setCookie]);
      if (isUsual) {
        expect(headers['set-cookie']?.[0]).to.contain(`=${token};`);
      }
    });
  }
});

describe('The reference server’s answers over REST with --password', () => {
  const password = 'pass:wörd';
  let world: RestWorld;

  before(async () => {
    world = await RestWorld.start({ password });
  });

  after(async () => {
    await world.stop();
  });

  function basic(credentials: string): string {
    return `Basic ${Buffer.from(credentials).toString('base64')}`;
  }

  const refusals: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['no password', {}],
    ['wrong', { authorization: basic(':wrong') }],
    ['Bearer', { authorization: `Bearer ${password}` }],
  ];

  for (const [title, headers] of refusals) {
    it(`POST /session with --password: ${title}`, async () => {
      const answer = await world.send({ method: 'POST', path: '/session', headers });
      expect(answer).to.include({ status: 401, body: '' });
      expect(answer.headers).to.include({ 'www-authenticate': 'Basic realm="Restricted"' });
      expect(answer.headers).not.to.have.any.keys('content-type', 'set-cookie');
    });
  }

  for (const [title, user] of [
    ['no user', ''],
    ['any user', 'anyone'],
  ] as const) {
    it(`POST /session with --password: right, ${title}`, async () => {
      const headers = { authorization: basic(`${user}:${password}`) };
      const answer = await world.send({ method: 'POST', path: '/session', headers });
      expect(answer.status).to.equal(201);
      expect(answer.headers['set-cookie']?.map(general)).to.deep.equal([COOKIE]);
    });
  }
});

describe('The reference server’s answers over REST with TLS', () => {
  it('POST /session, plain HTTP to the TLS port', async () => {
    const world = await RestWorld.start({ tls: {} });
    const socket = await world.connection();
    socket.write('POST /session HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const [head = '', body = ''] = (await readToEnd(socket)).split('\r\n\r\n');
    expect(head).to.match(/^HTTP\/1\.[01] 400 Bad Request/);
    expect(body).to.equal('Client sent an HTTP request to an HTTPS server.\n');
    await world.stop();
  });
});
