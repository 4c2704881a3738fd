import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect } from 'chai';
import type { AdminPage } from '../../../../adapters/inbound/admin/admin-page.js';
import { adminRouting } from '../../../../adapters/inbound/admin/admin-routing.js';
import { askHttp, type HttpAnswer, type HttpQuestion } from '../../../support/http-question.js';
import { RecordingLogger } from '../../../support/recording-logger.js';
import { readToEnd } from '../../../support/rest-world.js';

/** A page that says its own path. */
function page(path: string, methods: readonly string[] = ['GET']): AdminPage {
  return { path, methods, handle: (_, response) => void response.end(path) };
}

describe('Admin routing', () => {
  let server: Server;
  let logger: RecordingLogger;

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  async function serve(...pages: readonly AdminPage[]): Promise<string> {
    logger = new RecordingLogger();
    server = createServer(adminRouting(pages, logger));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async function answer(pages: readonly AdminPage[], asked: HttpQuestion): Promise<HttpAnswer> {
    return askHttp(await serve(...pages), asked);
  }

  for (const [target, expected] of [
    ['/livez', '/livez'],
    ['/livez?verbose', '/livez'],
    ['http://example.org/livez?x=/console/', '/livez'],
    ['/console/', '/console/'],
    ['/console/locks', '/console/'],
    ['/console/api/', '/console/api/'],
    ['/console/api/locks', '/console/api/'],
  ]) {
    it(`leads ${target} to the page ${expected}`, async () => {
      const pages = [page('/livez'), page('/console/'), page('/console/api/')];
      expect(await answer(pages, { path: target ?? '' })).to.include({
        status: 200,
        body: expected,
      });
    });
  }

  for (const target of ['/', '/livez/', '/livezz', '/LIVEZ', '//livez', '/console', '/%6Civez']) {
    it(`says of ${target} that there is nothing, and what there is`, async () => {
      const { status, body } = await answer([page('/livez'), page('/console/')], { path: target });
      expect(status).to.equal(404);
      expect(JSON.parse(body)).to.deep.equal({
        error: 'there is nothing at this path',
        paths: ['/livez', '/console/'],
      });
    });
  }

  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH']) {
    it(`refuses ${method} where there is something to read only, and says what may be done`, async () => {
      const { status, headers, body } = await answer([page('/livez')], { method, path: '/livez' });
      expect([status, headers.allow]).to.deep.equal([405, 'GET, HEAD']);
      expect(JSON.parse(body)).to.deep.include({ methods: ['GET', 'HEAD'] });
    });
  }

  it('lets be done what a page takes', async () => {
    const pages = [page('/console/', ['GET', 'POST'])];
    const asked = { method: 'POST', path: '/console/revoke', body: 'x' };
    expect(await answer(pages, asked)).to.include({ status: 200 });
  });

  it('answers HEAD with the headers alone', async () => {
    const address = await serve();
    const socket = connect(Number(address.split(':')[1]), '127.0.0.1');
    socket.write('HEAD /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    const [head = '', body] = (await readToEnd(socket)).split('\r\n\r\n');
    expect(head)
      .to.match(/^HTTP\/1\.1 404 /)
      .and.match(/\r\nContent-Length: [1-9]/);
    expect(body).to.equal('');
  });

  const broken: readonly (readonly [string, AdminPage['handle']])[] = [
    [
      'throws',
      () => {
        throw new Error('a fault');
      },
    ],
    ['rejects', () => Promise.reject(new Error('a fault'))],
  ];
  for (const [what, handle] of broken) {
    it(`answers 500 for a page that ${what}, and logs the fault`, async () => {
      const pages = [{ path: '/page', methods: ['GET'], handle }];
      const { status, body } = await answer(pages, { path: '/page' });
      expect([status, body]).to.deep.equal([
        500,
        '{"error":"the server failed to answer; its log says why"}\n',
      ]);
      expect(logger.lines).to.have.length(1);
      expect(String(logger.lines[0]?.fields.reason)).to.contain('a fault');
    });
  }

  it('cuts the connection of a page that fails in the middle of its answer', async () => {
    const handle: AdminPage['handle'] = async (_, response) => {
      await new Promise<void>((resolve) => response.write('half', () => resolve()));
      throw new Error('a fault');
    };
    const asked = answer([{ path: '/page', methods: ['GET'], handle }], { path: '/page' });
    expect(await asked.catch((error: Error) => error.message)).to.match(/aborted|hang up/);
  });
});
