import { expect } from 'chai';
import { type AdminAddress, openAdminAddress } from '../../bootstrap/admin-address.js';
import { PROGRAM_VERSION } from '../../bootstrap/program-version.js';
import { defaultSettings, type Settings } from '../../bootstrap/settings.js';
import type { ServerStatus } from '../../ports/inbound/server-status.js';
import { readExposition } from '../support/exposition.js';
import { askHttp } from '../support/http-question.js';
import { RecordingLogger } from '../support/recording-logger.js';

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
    expect(JSON.parse(body).paths).to.deep.equal(['/livez', '/readyz', '/metrics']);
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
