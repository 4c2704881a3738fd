import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { type AdminAddress, openAdminAddress } from '../../bootstrap/admin-address.js';
import { PROGRAM_VERSION } from '../../bootstrap/program-version.js';
import { defaultSettings, type Settings } from '../../bootstrap/settings.js';
import type { ServerStatus } from '../../ports/inbound/server-status.js';
import { readExposition } from '../support/exposition.js';
import { askHttp } from '../support/http-question.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { SpecFolder } from '../support/server-process.js';

describe('The admin address', () => {
  let logger: RecordingLogger;
  let status: ServerStatus;
  let admin: AdminAddress | undefined;

  beforeEach(() => {
    logger = new RecordingLogger();
    status = { role: 'starting' };
    admin = undefined;
  });

  afterEach(() => admin?.close());

  async function open(settings: Partial<Settings> = {}): Promise<string> {
    admin = await openAdminAddress({
      settings: defaultSettings({
        adminListenAddress: { host: '127.0.0.1', port: 0 },
        ...settings,
      }),
      logger,
      status: () => status,
      administration: () => undefined,
    });
    return admin?.address ?? '';
  }

  it('is nowhere unless it is set', async () => {
    await open({ adminListenAddress: undefined });
    expect(admin).to.equal(undefined);
    expect(logger.lines).to.deep.equal([]);
  });

  it('tells over terms of leading and standing by how the process stands', async () => {
    const address = await open();
    const seen: unknown[] = [];
    for (const role of [
      'starting',
      'standby',
      'leader',
      'standby',
      'leader',
      'stopping',
    ] as const) {
      status = { role };
      const { body } = await askHttp(address, { path: '/readyz' });
      seen.push(JSON.parse(body).status);
    }
    expect(seen).to.deep.equal(['starting', 'standby', 'ready', 'standby', 'ready', 'stopping']);
  });

  it('says what there is to see', async () => {
    const { body } = await askHttp(await open(), { path: '/' });
    expect(JSON.parse(body).paths).to.deep.equal([
      '/livez',
      '/readyz',
      '/metrics',
      '/console',
      '/console/',
      '/console/api/',
    ]);
  });

  it('shows by its metrics what is counted, and whether this process leads', async () => {
    const address = await open();
    admin?.metrics.tally.granted();
    status = { role: 'leader' };
    const { status: code, body } = await askHttp(address, { path: '/metrics' });
    const { values } = readExposition(body);
    expect([code, values.get('ldlm_grants_total'), values.get('ldlm_leader')]).to.deep.equal([
      200, 1, 1,
    ]);
    expect([...values.keys()].join()).to.contain(`version="${PROGRAM_VERSION}"`);
  });

  describe('has the console', () => {
    const hello = {
      method: 'POST',
      path: '/console/api/hello',
      headers: { 'x-ldlm-console': '1' },
      body: '{}',
    };

    it('for programs of this machine, when it is on localhost and there is no password', async () => {
      const { status: code, body } = await askHttp(await open(), hello);
      expect([code, JSON.parse(body)]).to.deep.equal([
        200,
        { version: PROGRAM_VERSION, asksPassword: false, isKnown: true },
      ]);
      expect(logger.lines.at(-1)).to.deep.include({
        level: 'info',
        message: `Console at http://${admin?.address}/console/`,
        fields: { access: 'programs of this machine' },
      });
    });

    it('behind the password of the other doors', async () => {
      const address = await open({ password: 'secret' });
      const { body } = await askHttp(address, hello);
      expect(JSON.parse(body)).to.include({ asksPassword: true, isKnown: false });
      const entered = await askHttp(address, {
        ...hello,
        path: '/console/api/enter',
        body: '{"password":"secret"}',
      });
      expect(entered.status).to.equal(200);
      expect(logger.lines.at(-1)?.fields).to.deep.equal({ access: 'password' });
    });

    it('behind a password from a file', async () => {
      const folder = new SpecFolder();
      writeFileSync(folder.file('password'), 'secret\n');
      const address = await open({ passwordFile: folder.file('password') });
      folder.remove();
      expect(JSON.parse((await askHttp(address, hello)).body)).to.include({ asksPassword: true });
    });

    for (const host of ['0.0.0.0', undefined]) {
      it(`for nobody on ${host ?? 'every address'} without a password, and says so once`, async () => {
        const port = (await open({ adminListenAddress: { host, port: 0 } })).split(':').at(-1);
        const { status: code, body } = await askHttp(`127.0.0.1:${port}`, { path: '/console/' });
        expect(code).to.equal(403);
        expect(body).to.contain('--password_file');
        const warnings = logger.messages.filter((message) => message.includes('console is off'));
        expect(warnings).to.have.length(1);
      });
    }

    it('beside health and metrics, which ask for no password', async () => {
      const address = await open({ password: 'secret' });
      for (const path of ['/livez', '/metrics']) {
        expect(await askHttp(address, { path })).to.include({ status: 200 });
      }
    });
  });

  it('keeps the bound on headers that is set', async () => {
    const address = await open({ headerBytesMax: 1_024 });
    const headers = { 'x-long': 'x'.repeat(1_024) };
    expect(await askHttp(address, { path: '/livez', headers })).to.include({ status: 431 });
  });

  it('is gone when it is closed', async () => {
    const address = await open();
    await admin?.close();
    const failure = await askHttp(address, { path: '/livez' }).catch((error: unknown) => error);
    expect(failure).to.have.property('code', 'ECONNREFUSED');
  });
});
