import { expect } from 'chai';
import { AdminServer } from '../../../../adapters/inbound/admin/admin-server.js';
import { healthPages } from '../../../../adapters/inbound/admin/health-pages.js';
import type { ServerStatus } from '../../../../ports/inbound/server-status.js';
import { askHttp } from '../../../support/http-question.js';
import { RecordingLogger } from '../../../support/recording-logger.js';

describe('Health pages', () => {
  let server: AdminServer;
  let address: string;
  let status: ServerStatus;

  beforeEach(async () => {
    server = new AdminServer({
      host: '127.0.0.1',
      port: 0,
      pages: healthPages(() => status),
      logger: new RecordingLogger(),
      connectionsMax: 100,
      headerBytesMax: 16_384,
      requestTimeoutMs: 30_000,
    });
    address = await server.listen();
  });

  afterEach(() => server.close(0));

  const leader = { id: 'b', grpcAddress: '10.0.0.2:3144', restAddress: '10.0.0.2:8080' };
  const shownLeader = { id: 'b', grpc_address: '10.0.0.2:3144', rest_address: '10.0.0.2:8080' };

  const cases: readonly (readonly [string, ServerStatus, number, object])[] = [
    ['serves clients', { role: 'leader' }, 200, { status: 'ready', role: 'leader' }],
    [
      'stands by for a leader',
      { role: 'standby', leader },
      503,
      { status: 'standby', role: 'standby', leader: shownLeader },
    ],
    [
      'stands by for one whose addresses are not known',
      { role: 'standby', leader: { id: 'b' } },
      503,
      { status: 'standby', role: 'standby', leader: { id: 'b' } },
    ],
    [
      'stands by while nobody leads',
      { role: 'standby' },
      503,
      { status: 'standby', role: 'standby', leader: null },
    ],
    ['is starting', { role: 'starting' }, 503, { status: 'starting' }],
    ['is stopping', { role: 'stopping' }, 503, { status: 'stopping' }],
  ];

  for (const [what, given, code, body] of cases) {
    it(`tell by ${code} whether clients go to a process that ${what}`, async () => {
      status = given;
      const answer = await askHttp(address, { path: '/readyz' });
      expect([answer.status, JSON.parse(answer.body)]).to.deep.equal([code, body]);
    });

    it(`say that a process lives which ${what}`, async () => {
      status = given;
      const answer = await askHttp(address, { path: '/livez' });
      expect([answer.status, answer.body]).to.deep.equal([200, '{"status":"alive"}\n']);
    });
  }

  it('ask for the status anew each time', async () => {
    status = { role: 'standby' };
    expect((await askHttp(address, { path: '/readyz' })).status).to.equal(503);
    status = { role: 'leader' };
    expect((await askHttp(address, { path: '/readyz' })).status).to.equal(200);
  });
});
