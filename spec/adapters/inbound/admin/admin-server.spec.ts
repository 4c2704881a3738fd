import { EventEmitter, once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { expect } from 'chai';
import type { AdminPage } from '../../../../adapters/inbound/admin/admin-page.js';
import {
  AdminServer,
  type AdminServerOptions,
} from '../../../../adapters/inbound/admin/admin-server.js';
import { askHttp } from '../../../support/http-question.js';
import { RecordingLogger } from '../../../support/recording-logger.js';
import { readToEnd, untilClosed } from '../../../support/rest-world.js';

describe('AdminServer', () => {
  let logger: RecordingLogger;
  let servers: AdminServer[];
  let sockets: Socket[];
  /** Tells when `/slow` is asked, and how to end its answer. */
  let slowPage: EventEmitter<{ asked: [finish: () => void] }>;

  beforeEach(() => {
    logger = new RecordingLogger();
    servers = [];
    sockets = [];
    slowPage = new EventEmitter();
  });

  afterEach(async () => {
    for (const socket of sockets) {
      socket.destroy();
    }
    await Promise.all(servers.map((server) => server.close(0)));
  });

  function serverWith(options: Partial<AdminServerOptions> = {}): AdminServer {
    const quick: AdminPage = {
      path: '/quick',
      methods: ['GET', 'POST'],
      handle: (_, response) => void response.end('quick'),
    };
    const slow: AdminPage = {
      path: '/slow',
      methods: ['GET'],
      handle: (_, response) => void slowPage.emit('asked', () => response.end('slow')),
    };
    const server = new AdminServer({
      host: '127.0.0.1',
      port: 0,
      pages: [quick, slow],
      logger,
      connectionsMax: 100,
      headerBytesMax: 16_384,
      requestTimeoutMs: 30_000,
      ...options,
    });
    servers.push(server);
    return server;
  }

  async function connection(address: string): Promise<Socket> {
    const [host = '', port] = address.split(':');
    const socket = connect(Number(port), host);
    sockets.push(socket);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  }

  it('shows its pages where it says, and tells its log where that is', async () => {
    const address = await serverWith().listen();
    expect(await askHttp(address, { path: '/quick' })).to.include({ status: 200, body: 'quick' });
    expect(logger.lines).to.deep.equal([
      { level: 'warn', message: `Admin server started. Listening on ${address}`, fields: {} },
    ]);
  });

  it('listens on the IPv4 address of a name', async () => {
    expect(await serverWith({ host: 'localhost' }).listen()).to.match(/^127\.0\.0\.1:\d+$/);
  });

  it('answers one request after another on one connection', async () => {
    const socket = await connection(await serverWith().listen());
    for (let round = 0; round < 3; round += 1) {
      socket.write('GET /quick HTTP/1.1\r\nHost: x\r\n\r\n');
      const [answer] = await once(socket, 'data');
      expect(String(answer)).to.match(/^HTTP\/1\.1 200 /);
    }
  });

  it('says what to do when the address is taken', async () => {
    const address = await serverWith().listen();
    const port = Number(address.split(':')[1]);
    const failure = await serverWith({ port })
      .listen()
      .catch((error: Error) => error);
    expect(failure).to.have.property('name', 'AdminListenError');
    expect(failure).to.have.property(
      'message',
      `cannot listen on ${address}: another program listens there; stop it, or choose another ` +
        '--admin_listen_address',
    );
  });

  it('closes though it never listened', async () => {
    await serverWith().close(30_000);
  });

  describe('has a bound', () => {
    it('on connections, past which one more is cut, and the log says so once', async () => {
      const address = await serverWith({ connectionsMax: 1 }).listen();
      const first = await connection(address);
      first.write('GET /quick HTTP/1.1\r\nHost: x\r\n\r\n');
      await once(first, 'data');
      for (let times = 0; times < 2; times += 1) {
        await untilClosed((await connection(address)).resume());
      }
      expect(logger.messages.filter((message) => message.includes('as many'))).to.have.length(1);
      first.write('GET /quick HTTP/1.1\r\nHost: x\r\n\r\n');
      expect(String(await once(first, 'data'))).to.contain('200');
    });

    it('on headers, past which a request is answered 431', async () => {
      const address = await serverWith({ headerBytesMax: 1_024 }).listen();
      const headers = { 'x-long': 'x'.repeat(1_024) };
      expect(await askHttp(address, { path: '/quick', headers })).to.include({ status: 431 });
    });

    for (const [what, bytes] of [
      ['its headers', 'GET /quick HTTP/1.1\r\n'],
      ['a first byte', ''],
    ] as const) {
      it(`on the time for ${what}`, async () => {
        const socket = await connection(await serverWith({ requestTimeoutMs: 100 }).listen());
        socket.write(bytes);
        await untilClosed(socket.resume());
      });
    }

    it('on the time for an answer to be taken', async () => {
      const events = new EventEmitter();
      const handle: AdminPage['handle'] = (_, response) => {
        response.once('close', () => events.emit('cut'));
        response.end('x'.repeat(64 * 1024 * 1024));
      };
      const pages = [{ path: '/long', methods: ['GET'], handle }];
      const socket = await connection(await serverWith({ pages, requestTimeoutMs: 100 }).listen());
      socket.write('GET /long HTTP/1.1\r\nHost: x\r\n\r\n');
      // The client takes what fits into its buffers, which is far from all.
      await once(events, 'cut');
    });

    it('of one request at a time on a connection, past which that is cut', async () => {
      let askedCount = 0;
      slowPage.on('asked', () => {
        askedCount += 1;
      });
      const socket = await connection(await serverWith().listen());
      socket.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(2));
      expect(await readToEnd(socket)).to.equal('');
      expect(askedCount).to.equal(1);
    });

    it('on bodies: the connection ends with the answer to a request that has one', async () => {
      const socket = await connection(await serverWith().listen());
      socket.write('POST /quick HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n');
      expect(await readToEnd(socket)).to.match(/\r\nConnection: close\r\n[\s\S]*\r\n\r\nquick$/);
    });
  });

  for (const bytes of [
    '\x16\x03\x01\x02\x00',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'GET /quick HTTP/1.1\r\n\r\n',
  ]) {
    it(`answers ${JSON.stringify(bytes)}, which is not HTTP/1.1 as it should be, with 400 and an end`, async () => {
      const socket = await connection(await serverWith().listen());
      socket.write(bytes);
      expect(await readToEnd(socket)).to.match(/^HTTP\/1\.1 400 /);
    });
  }

  describe('when it closes', () => {
    it('cuts idle connections and is free for the next', async () => {
      const server = serverWith();
      const address = await server.listen();
      const idle = await connection(address);
      idle.write('GET /quick HTTP/1.1\r\nHost: x\r\n\r\n');
      await once(idle, 'data');
      await Promise.all([server.close(30_000), untilClosed(idle)]);
      const next = createServer().listen(Number(address.split(':')[1]), '127.0.0.1');
      await once(next, 'listening');
      next.close();
    });

    it('lets an answer under way finish', async () => {
      const server = serverWith();
      const answer = askHttp(await server.listen(), { path: '/slow' });
      const [finish] = await once(slowPage, 'asked');
      const closed = server.close(30_000);
      finish();
      expect(await answer).to.include({ body: 'slow' });
      await closed;
    });

    it('cuts what has not finished when the grace is over', async () => {
      const server = serverWith();
      const answer = askHttp(await server.listen(), { path: '/slow' }).catch(() => 'cut');
      await once(slowPage, 'asked');
      await server.close(1);
      expect(await answer).to.equal('cut');
    });
  });
});
