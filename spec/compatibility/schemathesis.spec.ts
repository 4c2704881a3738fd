/**
 * A stranger's reading of the OpenAPI document: requests made up from it, with wrong ones among them,
 * get no answer that it does not have. SCHEMATHESIS_EXAMPLES=n makes up more, SEED=n others.
 */
import { expect } from 'chai';
import { openApiDocument } from '../../adapters/inbound/rest/openapi.js';
import { ServerProcess, SpecFolder } from '../support/server-process.js';
import { type Exchange, runSchemathesis, type SchemathesisReport } from './schemathesis.js';

const seed = Number(process.env.SEED ?? 1);
const examples = Number(process.env.SCHEMATHESIS_EXAMPLES ?? 10);
const PASSWORD = 'sesame';

const LOCK_PATHS = ['lock', 'acquire', 'unlock', 'renew', 'refreshlock'];

const paths = openApiDocument.paths as unknown as Readonly<
  Record<string, Readonly<Record<string, object>>>
>;
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
);

/** What each operation must have been answered with, at least: on locks, and others by their names. */
interface Reached {
  readonly onLocks: readonly number[];
  readonly others: Readonly<Record<string, readonly number[]>>;
}

const asIfKnown: Reached = {
  onLocks: [200, 400],
  others: { 'POST /session': [201], 'DELETE /session': [200], 'GET /openapi.json': [200] },
};
const asAStranger: Reached = {
  onLocks: [401],
  others: { 'POST /session': [201], 'DELETE /session': [401, 409], 'GET /openapi.json': [200] },
};
const turnedAway: Reached = {
  onLocks: [401],
  others: { 'POST /session': [401], 'DELETE /session': [401], 'GET /openapi.json': [401] },
};

const SITUATIONS = [
  { who: 'with a session', isAsked: false, showsSession: true, reached: asIfKnown },
  { who: 'without a session', isAsked: false, showsSession: false, reached: asAStranger },
  { who: 'with password and session', isAsked: true, showsSession: true, reached: asIfKnown },
  { who: 'without the password', isAsked: true, showsSession: false, reached: turnedAway },
] as const;

/** A document with one path, altered. */
function planted(path: string, alter: (json: string) => string): object {
  const { [path]: methods } = openApiDocument.paths as Readonly<Record<string, object>>;
  const json = JSON.stringify({ ...openApiDocument, paths: { [path]: methods } });
  const altered = alter(json);
  expect(altered).not.to.equal(json);
  return JSON.parse(altered) as object;
}

describe(`Schemathesis (SEED=${seed})`, function () {
  // The first time, its packages are installed.
  this.timeout(120_000 + 1_000 * examples);
  const folder = new SpecFolder();
  const servers = new Map<boolean, ServerProcess>();

  before(async () => {
    servers.set(false, await ServerProcess.start(folder, ['-r', '127.0.0.1:0']));
    const own = ['-r', '127.0.0.1:0', '--password', PASSWORD, '--ipc_socket_file', ''];
    servers.set(true, await ServerProcess.start(folder, own));
  });

  after(async () => {
    await Promise.all([...servers.values()].map((server) => server.end()));
    folder.remove();
  });

  function addressOf(isAsked: boolean): string {
    return servers.get(isAsked)?.restAddress ?? '';
  }

  async function openSession(isAsked: boolean): Promise<string> {
    const authorization = `Basic ${Buffer.from(`me:${PASSWORD}`).toString('base64')}`;
    const headers = isAsked ? { authorization } : {};
    const url = `http://${addressOf(isAsked)}/session`;
    const response = await fetch(url, { method: 'POST', headers });
    const { session_id } = (await response.json()) as { session_id: string };
    return session_id;
  }

  async function served(isAsked: boolean): Promise<object> {
    const headers = { authorization: `Basic ${Buffer.from(`:${PASSWORD}`).toString('base64')}` };
    const url = `http://${addressOf(isAsked)}/openapi.json`;
    return (await (await fetch(url, { headers })).json()) as object;
  }

  function statusesOf(exchanges: readonly Exchange[], operation: string): readonly number[] {
    return exchanges.filter(({ request }) => request === operation).map(({ status }) => status);
  }

  for (const { who, isAsked, showsSession, reached } of SITUATIONS) {
    describe(`comes ${who} and`, () => {
      let report: SchemathesisReport;

      before(async () => {
        report = await runSchemathesis(folder, {
          address: addressOf(isAsked),
          document: await served(isAsked),
          examples,
          seed,
          ...(showsSession ? { session: await openSession(isAsked) } : {}),
          ...(showsSession && isAsked ? { password: PASSWORD } : {}),
        });
      });

      it('finds nothing', () => {
        expect(report.output).to.contain(`Seed: ${seed}`);
        expect(report.code, report.output).to.equal(0);
      });

      for (const operation of operations) {
        it(`has tried ${operation}`, () => {
          const statuses = statusesOf(report.exchanges, operation);
          const expected = reached.others[operation as keyof typeof reached.others];
          expect(statuses).to.include.members([...(expected ?? reached.onLocks)]);
        });
      }

      for (const path of showsSession ? LOCK_PATHS : []) {
        it(`has heard yes and no of ${path}`, () => {
          const bodies = report.exchanges
            .filter(({ request }) => request === `POST /v1/${path}`)
            .map(({ body }) => /^\{"(?:un)?locked":(?:true|false)/.exec(body)?.[0]);
          const verb = path === 'unlock' ? 'unlocked' : 'locked';
          expect(bodies).to.include.members([`{"${verb}":true`, `{"${verb}":false`]);
        });
      }
    });
  }

  for (const { what, path, alter, finding, isAsked, showsSession } of [
    {
      what: 'a status',
      path: '/v1/unlock',
      alter: (json: string) => json.replace('"401":', '"402":'),
      finding: 'Undocumented status code',
      isAsked: false,
      showsSession: false,
    },
    {
      what: 'the form of a field',
      path: '/v1/unlock',
      alter: (json: string) =>
        json.replace('"unlocked":{"type":"boolean"}', '"unlocked":{"const":1}'),
      finding: 'Response violates schema',
      isAsked: false,
      showsSession: true,
    },
    {
      what: 'the content type',
      path: '/session',
      alter: (json: string) => json.replaceAll('"application/json"', '"text/plain"'),
      finding: 'Undocumented Content-Type',
      isAsked: false,
      showsSession: false,
    },
    {
      what: 'the form of a header',
      path: '/v1/unlock',
      alter: (json: string) => json.replaceAll('Basic realm=', 'Digest realm='),
      finding: 'Response header does not conform to the schema',
      isAsked: true,
      showsSession: false,
    },
  ]) {
    it(`finds ${what} that the document does not have`, async () => {
      const { code, output } = await runSchemathesis(folder, {
        address: addressOf(isAsked),
        document: planted(path, alter),
        examples: 1,
        seed,
        ...(showsSession ? { session: await openSession(isAsked) } : {}),
      });
      expect(output, output).to.contain(finding);
      expect(code).to.equal(1);
    });
  }
});
