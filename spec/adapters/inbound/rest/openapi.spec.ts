import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { lockRoutes } from '../../../../adapters/inbound/rest/lock-routes.js';
import { openApiDocument } from '../../../../adapters/inbound/rest/openapi.js';
import type { Locking } from '../../../../ports/inbound/locking.js';
import { ControlledStateStore } from '../../../support/controlled-state-store.js';
import {
  type LockFields,
  readToEnd,
  type RestRequest,
  type RestResponse,
  RestWorld,
  RestWorldClient,
  type RestWorldOptions,
} from '../../../support/rest-world.js';

type Json = Readonly<Record<string, unknown>>;
type Content = Readonly<Record<string, { readonly schema: Json }>>;

/** What the document says of a method of a path. */
interface Operation {
  readonly security: readonly Json[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<
    Record<
      string,
      { readonly headers?: Readonly<Record<string, { schema: Json }>>; readonly content?: Content }
    >
  >;
}

const password = { authorization: `Basic ${Buffer.from('me:secret').toString('base64')}` };
const paths = openApiDocument.paths as unknown as Readonly<
  Record<string, Readonly<Record<string, Operation>>>
>;
const schemas = openApiDocument.components.schemas as Readonly<
  Record<string, { readonly properties?: Json }>
>;

/** By their names, such as `POST /session`. */
const operations: ReadonlyMap<string, Operation> = new Map(
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const,
    ),
  ),
);
const every = [...operations.keys()];
const withBody = every.filter((name) => operations.get(name)?.requestBody !== undefined);
const withSession = [...withBody, 'DELETE /session'];
const withService = every.filter((name) => name !== 'GET /openapi.json');

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, formats: { int32: true } });
ajv.addKeyword('components');
ajv.addSchema({ $id: 'openapi', components: openApiDocument.components });

function objections(schema: Json, value: unknown): string {
  const absolute = JSON.stringify(schema).replaceAll('"#/components', '"openapi#/components');
  const validate = ajv.compile(JSON.parse(absolute) as Json);
  return validate(value) ? '' : ajv.errorsText(validate.errors);
}

/** What its name says, of no lock in particular. */
function requestOf(name: string, fields: LockFields = {}): RestRequest {
  const [method = '', path = ''] = name.split(' ');
  return { method, path, ...(withBody.includes(name) ? { body: JSON.stringify(fields) } : {}) };
}

/** A status that operations are documented with, and how it comes about. */
interface Situation {
  readonly status: number;
  readonly title: string;
  readonly of: readonly string[];
  readonly options?: RestWorldOptions;
  readonly isStoreBroken?: true;
  readonly bringAbout: (
    world: RestWorld,
    client: RestWorldClient,
    name: string,
  ) => Promise<RestResponse>;
}

/** An answer to bytes that are no whole request. */
async function rawAnswer(world: RestWorld, bytes: string): Promise<RestResponse> {
  const socket = await world.connection();
  socket.write(bytes);
  const [head = '', body = ''] = (await readToEnd(socket)).split('\r\n\r\n');
  const [line = '', ...fields] = head.split('\r\n');
  const headers = Object.fromEntries(
    fields.map((field) => [field.split(': ')[0]?.toLowerCase(), field.split(': ')[1]]),
  );
  return { status: Number(line.split(' ')[1]), headers, body };
}

async function crowdOfBodies(world: RestWorld, client: RestWorldClient): Promise<void> {
  const head = `POST /v1/unlock HTTP/1.1\r\nHost: a\r\nldlm-session: ${client.token}`;
  for (let count = 0; count < 64; count += 1) {
    const socket = await world.connection();
    socket.write(`${head}\r\nContent-Length: 8192\r\n\r\n${' '.repeat(8_191)}`);
  }
  await world.locking.until('touchSession', 64);
}

const SITUATIONS: readonly Situation[] = [
  {
    status: 200,
    title: 'it is decided for',
    of: every.filter((name) => name !== 'POST /session'),
    bringAbout: async (_, client, name) => {
      const isFirst = ['POST /v1/lock', 'POST /v1/acquire'].includes(name);
      const lease = { name: 'a', lock_timeout_seconds: 60 };
      const { key } = isFirst ? {} : await client.post('/v1/lock', lease);
      return client.send(requestOf(name, { ...lease, ...(key === undefined ? {} : { key }) }));
    },
  },
  {
    status: 200,
    title: 'it is decided against',
    of: withBody,
    bringAbout: (_, client, name) => client.send(requestOf(name, { name: '' })),
  },
  {
    status: 201,
    title: 'it begins',
    of: ['POST /session'],
    bringAbout: (_, client, name) => client.send(requestOf(name)),
  },
  {
    status: 400,
    title: 'its body is no message',
    of: withBody,
    bringAbout: (_, client, name) => client.send({ ...requestOf(name), body: '[]' }),
  },
  {
    status: 400,
    title: 'it names no host',
    of: every,
    bringAbout: (world, client, name) =>
      rawAnswer(
        world,
        `${name} HTTP/1.1\r\nldlm-session: ${client.token}\r\nConnection: close\r\n\r\n`,
      ),
  },
  {
    status: 400,
    title: 'it is no HTTP',
    of: every,
    bringAbout: (world, _, name) => rawAnswer(world, `${name}\r\n\r\n`),
  },
  {
    status: 401,
    title: 'no session is shown',
    of: withSession,
    bringAbout: (world, _, name) => world.send(requestOf(name)),
  },
  {
    status: 401,
    title: 'no password is shown',
    of: every,
    options: { password: 'secret' },
    bringAbout: (world, _, name) => world.send(requestOf(name)),
  },
  {
    status: 408,
    title: 'it does not come to its end',
    of: every,
    options: { server: { requestTimeoutMs: 20 } },
    bringAbout: (world, _, name) => rawAnswer(world, `${name} HTTP/1.1\r\nHost: a\r\n`),
  },
  {
    status: 409,
    title: 'its session is unknown',
    of: ['DELETE /session'],
    bringAbout: (world, _, name) => new RestWorldClient(world, 'x').send(requestOf(name)),
  },
  {
    status: 413,
    title: 'its body is too long',
    of: withBody,
    options: { server: { bodyBytesMax: 10 } },
    bringAbout: (_, client, name) => client.send({ ...requestOf(name), body: ' '.repeat(11) }),
  },
  {
    status: 413,
    title: 'the name is too long',
    of: ['POST /v1/lock', 'POST /v1/acquire'],
    options: { rules: { nameBytesMax: 1 } },
    bringAbout: (_, client, name) => client.send(requestOf(name, { name: 'ab' })),
  },
  {
    status: 429,
    title: 'there are too many sessions',
    of: ['POST /session'],
    options: { rules: { sessionsMax: 1 } },
    bringAbout: (_, client, name) => client.send(requestOf(name)),
  },
  {
    status: 429,
    title: 'too many bodies are coming',
    of: withBody,
    options: { server: { bodyBytesMax: 8_192 } },
    bringAbout: async (world, client, name) => {
      await crowdOfBodies(world, client);
      return client.send({ ...requestOf(name), body: ' '.repeat(4_097) });
    },
  },
  {
    status: 429,
    title: 'too many wait',
    of: ['POST /v1/acquire'],
    options: { rules: { waitersMax: 0 } },
    bringAbout: async (_, client, name) => {
      await client.post('/v1/lock', { name: 'a' });
      return client.send(requestOf(name, { name: 'a' }));
    },
  },
  {
    status: 431,
    title: 'its headers are too large',
    of: every,
    options: { server: { headerBytesMax: 512 } },
    bringAbout: (_, client, name) =>
      client.send({ ...requestOf(name), headers: { x: 'x'.repeat(512) } }),
  },
  {
    status: 431,
    title: 'its headers are too many',
    of: every,
    bringAbout: (_, client, name) => {
      const headers = Array.from({ length: 100 }, (_none, index) => [`x-${index}`, '']);
      return client.send({ ...requestOf(name), headers: Object.fromEntries(headers) });
    },
  },
  {
    status: 503,
    title: 'the server cannot keep its state',
    of: withService,
    isStoreBroken: true,
    bringAbout: (_, client, name) => client.send(requestOf(name)),
  },
  {
    status: 503,
    title: 'the server is stopping',
    of: ['POST /session', 'POST /v1/lock', 'POST /v1/acquire'],
    bringAbout: async (world, client, name) => {
      await world.service.drain();
      return client.send(requestOf(name, { name: 'a' }));
    },
  },
];

describe('openApiDocument', () => {
  let world: RestWorld;
  /** What has been answered: `POST /session 201`, and each field that was in it. */
  const seen = new Set<string>();

  async function start(options: RestWorldOptions = {}): Promise<void> {
    world = await RestWorld.start(options);
  }

  /** The service finds out when it has something to keep. */
  async function breakStore(store: ControlledStateStore, client: RestWorldClient): Promise<void> {
    store.fail();
    await client.post('/v1/lock', { name: 'a' });
  }

  function note(name: string, { status, body }: RestResponse): void {
    seen.add(`${name} ${status}`);
    const answered = (body === '' ? {} : JSON.parse(body)) as LockFields;
    for (const field of [...Object.keys(answered), ...Object.keys(answered.error ?? {})]) {
      seen.add(`${name} ${status} ${field}`);
    }
  }

  function expectDocumented(name: string, { status, headers, body }: RestResponse): void {
    const response = operations.get(name)?.responses[status];
    expect(response, `${name} ${status}`).not.to.equal(undefined);
    // Of a 401 the document tells no form, since one about the password has no body.
    const sessionError = { $ref: '#/components/schemas/SessionError' };
    const content = response?.content?.['application/json'];
    const schema = status === 401 && content === undefined ? sessionError : content?.schema;
    const isBare = body === '' && headers['www-authenticate'] !== undefined;
    expect(headers['content-type']).to.equal(isBare ? undefined : 'application/json');
    if (!isBare) {
      expect(objections(schema ?? { not: {} }, JSON.parse(body))).to.equal('');
    }
    for (const header of ['Set-Cookie', 'WWW-Authenticate']) {
      const values = [headers[header.toLowerCase()] ?? []].flat();
      const documented = response?.headers?.[header]?.schema ?? { not: {} };
      expect(values.map((value) => objections(documented, value)).join('')).to.equal('');
    }
  }

  afterEach(async () => {
    await world?.stop();
  });

  for (const { status, title, of: names, options, isStoreBroken, bringAbout } of SITUATIONS) {
    for (const name of names) {
      it(`has ${name} answered ${status} when ${title}`, async () => {
        const store = new ControlledStateStore();
        await start(isStoreBroken ? { store } : options);
        const client = await world.client(options?.password === undefined ? {} : password);
        await (isStoreBroken ? breakStore(store, client) : undefined);
        const answer = await bringAbout(world, client, name);
        expect(answer.status).to.equal(status);
        expectDocumented(name, answer);
        note(name, answer);
      });
    }
  }

  for (const name of every) {
    for (const scheme of operations.get(name)?.security ?? []) {
      it(`lets ${name} in with ${Object.keys(scheme).join(' and ') || 'nothing'}`, async () => {
        const isAsked = 'password' in scheme;
        await start(isAsked ? { password: 'secret' } : {});
        const { token } = await world.client(isAsked ? password : {});
        const answer = await world.send({
          ...requestOf(name),
          headers: {
            ...(isAsked ? password : {}),
            ...('cookie' in scheme ? { cookie: `ldlm-session=${token}` } : {}),
            ...('header' in scheme ? { 'ldlm-session': token } : {}),
            ...('bearer' in scheme ? { authorization: `Bearer ${token}` } : {}),
          },
        });
        expect(answer.status).to.be.within(200, 201);
        expectDocumented(name, answer);
      });
    }
  }

  describe('has the requests', () => {
    const samples: readonly unknown[] = [null, 'text', '', '7', 7, 7.5, -1, 2 ** 31, true, [], {}];

    for (const name of withBody) {
      const schema = operations.get(name)?.requestBody?.content['application/json']?.schema ?? {};
      const { $ref = '' } = schema as { readonly $ref?: string };
      const fields = Object.keys(schemas[$ref.split('/').at(-1) ?? '']?.properties ?? {});

      it(`of ${name} taken just as its fields ${fields.join(', ')} say`, async () => {
        await start();
        const client = await world.client();
        for (const [field, sample] of fields.flatMap((one) => samples.map((two) => [one, two]))) {
          const sent = { [String(field)]: sample };
          const { status } = await client.post(name.split(' ')[1] ?? '', sent);
          const isDocumented = objections(schema, sent) === '';
          expect(status, JSON.stringify(sent)).to.equal(isDocumented ? 200 : 400);
        }
      });
    }
  });

  it('has no error code that is never sent', async () => {
    await start();
    const client = await world.client();
    const name = 'a';
    await client.post('/v1/lock', { name });
    const waiting = client.post('/v1/acquire', { name, wait_timeout_seconds: 1 });
    await world.locking.until('acquire', 2);
    await world.clock.advance(1_000);
    const answers = [
      await client.post('/v1/lock', { name: '' }),
      await client.post('/v1/unlock', { name: 'b' }),
      await client.post('/v1/unlock', { name, key: 'x' }),
      await waiting,
      await client.post('/v1/renew', { lock_timeout_seconds: 1 }),
      await client.post('/v1/lock', { name, size: 2 }),
      await client.post('/v1/lock', { name, size: 0 }),
    ];
    const codes = answers.map(({ error }) => error?.code);
    expect(schemas.LockError?.properties).to.have.deep.property('code', { enum: codes });
  });

  it('documents no status that no situation brings about', () => {
    const documented = [...operations].flatMap(([name, { responses }]) =>
      Object.keys(responses).map((status) => `${name} ${status}`),
    );
    expect(documented.filter((one) => !seen.has(one))).to.deep.equal([]);
  });

  it('documents no field of an answer on locks that is never sent', () => {
    const fields = ['name', 'key', 'fencing_token', 'error', 'code', 'message'];
    const unlocks = ['unlocked', 'name', 'error', 'code', 'message'];
    const expected = withBody.flatMap((name) =>
      (name.endsWith('unlock') ? unlocks : ['locked', ...fields]).map(
        (field) => `${name} 200 ${field}`,
      ),
    );
    expect(expected.filter((one) => !seen.has(one))).to.deep.equal([]);
  });

  it('documents every route on locks', () => {
    expect(paths).to.include.all.keys(Object.keys(lockRoutes({} as Locking)));
  });

  for (const name of every) {
    it(`documents all methods of ${name.split(' ')[1]} that do anything`, async () => {
      await start();
      const client = await world.client();
      const path = name.split(' ')[1] ?? '';
      const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'];
      const others = methods.filter((method) => !operations.has(`${method} ${path}`));
      const answers = await Promise.all(others.map((method) => client.send({ method, path })));
      for (const { status, body } of answers) {
        expect([404, 501]).to.include(status);
        expect(objections({ $ref: '#/components/schemas/Status' }, JSON.parse(body))).to.equal('');
      }
    });
  }

  it('uses every schema that it has', () => {
    const text = JSON.stringify(openApiDocument);
    const unused = Object.keys(schemas).filter((name) => !text.includes(`schemas/${name}"`));
    expect(unused).to.deep.equal([]);
  });

  it('is what is served', async () => {
    await start();
    const { body } = await world.send(requestOf('GET /openapi.json'));
    expect(JSON.parse(body)).to.deep.equal(openApiDocument);
  });
});
