import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { adminRouting } from '../../../../adapters/inbound/admin/admin-routing.js';
import { metricsPage } from '../../../../adapters/inbound/admin/metrics-page.js';
import { askHttp } from '../../../support/http-question.js';
import { RecordingLogger } from '../../../support/recording-logger.js';

describe('Metrics page', () => {
  let server: Server;
  let address: string;
  let text: () => Promise<string>;
  let askedCount: number;

  beforeEach(async () => {
    askedCount = 0;
    const exposition = {
      contentType: 'text/plain; version=0.0.4; charset=utf-8',
      text: () => {
        askedCount += 1;
        return text();
      },
    };
    const pages = [metricsPage(exposition)];
    server = createServer(adminRouting(pages, new RecordingLogger()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it('shows the text as what it is', async () => {
    text = async () => '# TYPE x gauge\nx 1\n';
    const { status, headers, body } = await askHttp(address, { path: '/metrics' });
    expect([status, body]).to.deep.equal([200, '# TYPE x gauge\nx 1\n']);
    expect(headers['content-type']).to.equal('text/plain; version=0.0.4; charset=utf-8');
  });

  it('writes one text for all who ask meanwhile, and a new one for the next', async () => {
    let finish: (written: string) => void = () => undefined;
    text = () =>
      new Promise((resolve) => {
        finish = resolve;
      });
    let requestCount = 0;
    const asked = new Promise<void>((resolve) => {
      server.on('request', () => {
        requestCount += 1;
        if (requestCount === 3) {
          resolve();
        }
      });
    });
    const together = [1, 2, 3].map(() => askHttp(address, { path: '/metrics' }));
    await asked;
    finish('first\n');
    const answers = await Promise.all(together);
    expect(answers.map(({ body }) => body)).to.deep.equal(Array(3).fill('first\n'));
    text = async () => 'second\n';
    expect(await askHttp(address, { path: '/metrics' })).to.include({ body: 'second\n' });
    expect(askedCount).to.equal(2);
  });

  for (const [what, failing] of [
    ['fails', () => Promise.reject(new Error('a fault'))],
    [
      'throws',
      () => {
        throw new Error('a fault');
      },
    ],
  ] as const) {
    it(`is answered 500 when the text ${what}, and well the next time`, async () => {
      text = failing;
      expect(await askHttp(address, { path: '/metrics' })).to.include({ status: 500 });
      text = async () => 'x 1\n';
      expect(await askHttp(address, { path: '/metrics' })).to.include({ status: 200 });
    });
  }
});
