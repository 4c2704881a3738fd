import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { RestListenError } from '../../../../adapters/inbound/rest/rest-listen-error.js';
import { RestServer } from '../../../../adapters/inbound/rest/rest-server.js';
import {
  readToEnd,
  RestWorld,
  type RestWorldClient,
  type RestWorldOptions,
  startService,
  untilClosed,
} from '../../../support/rest-world.js';
import { clientTls, serverTls } from '../../../support/shared-key-tls.js';

describe('RestServer', () => {
  let world: RestWorld;
  let client: RestWorldClient;

  async function start(options: RestWorldOptions = {}): Promise<void> {
    world = await RestWorld.start(options);
    client = await world.client();
  }

  /** A request as it goes over the wire, its session shown. */
  function wireForm(method: string, path: string, body = ''): string {
    const head = [
      `${method} ${path} HTTP/1.1`,
      'Host: localhost',
      `ldlm-session: ${client.token}`,
      `Content-Length: ${body.length}`,
    ];
    return [...head, '', body].join('\r\n');
  }

  async function sent(bytes: string): Promise<Socket> {
    const socket = await world.connection();
    socket.write(bytes);
    return socket;
  }

  function statusesIn(answers: string): readonly string[] {
    return [...answers.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status = '']) => status);
  }

  afterEach(async () => {
    await world.stop();
  });

  describe('listening', () => {
    it('tells its address, and the log', async () => {
      await start();
      expect(world.address).to.match(/^127\.0\.0\.1:[1-9]\d*$/);
      expect(world.logger.messages).to.include(
        `REST server started. Listening on ${world.address}`,
      );
    });

    for (const [host, code] of [
      ['127.0.0.1', 'EADDRINUSE'],
      ['192.0.2.1', 'EADDRNOTAVAIL'],
    ] as const) {
      it(`fails with ${code} in words that say what to do`, async () => {
        await start();
        const { locking, logger } = await startService();
        const server = new RestServer({
          host,
          port: Number(world.address.split(':')[1]),
          locking,
          logger,
          admission: { admit: () => 'admitted' },
          sessionIdleMs: 1,
          bodyBytesMax: 1,
          headerBytesMax: 1,
          requestTimeoutMs: 1,
          connectionsMax: 1,
        });
        const failure: unknown = await server.listen().catch((error: unknown) => error);
        expect(failure).to.be.instanceOf(RestListenError);
        expect((failure as RestListenError).message).to.contain(`cannot listen on ${host}:`);
        expect(failure).to.have.property('code', code);
        await server.close(0);
      });
    }
  });

  describe('bounds', () => {
    it('the body: one byte more is 413, and the connection goes on', async () => {
      await start({ server: { bodyBytesMax: 100 } });
      const body = (length: number) => `{"name":"${'x'.repeat(length - 11)}"}`;
      const requests = [100, 101, 100_000, 100].map((length) =>
        wireForm('POST', '/v1/lock', body(length)),
      );
      const socket = await sent(requests.join(''));
      socket.end();
      expect(statusesIn(await readToEnd(socket))).to.deep.equal(['200', '413', '413', '200']);
    });

    it('all bodies that are coming: 429 for one more', async () => {
      await start({ server: { bodyBytesMax: 8_192 } });
      const partial = wireForm('POST', '/v1/lock', ' '.repeat(8_192)).slice(0, -1);
      const uploads: Socket[] = [];
      for (let count = 0; count < 64; count += 1) {
        uploads.push(await sent(partial));
      }
      // Each byte that is missing leaves room for one.
      await world.locking.until('touchSession', 64);
      const body = ' '.repeat(4_097);
      const answer = await client.send({ method: 'POST', path: '/v1/lock', body });
      expect(answer).to.have.property('status', 429);
      expect(await client.post('/v1/lock', { name: 'x'.repeat(64) })).to.include({ locked: true });
      for (const upload of uploads) {
        const answered = once(upload, 'data');
        upload.write(' ');
        expect(String(await answered)).to.match(/^HTTP\/1\.1 200 /);
      }
    });

    for (const size of [2_048, 1_000_000]) {
      it(`the headers: ${size} bytes are 431`, async () => {
        await start({ server: { headerBytesMax: 1_024 } });
        const socket = await sent(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(size)}\r\n\r\n`);
        const answer = await readToEnd(socket);
        expect(statusesIn(answer)).to.deep.equal(['431']);
        expect(answer).to.contain('\r\nContent-Type: application/json\r\n').and.contain('"code":8');
      });
    }

    for (const [title, bytes] of [
      ['in the middle of a request', 'POST /session HTTP/1.1\r\nHost: a\r\n'],
      [
        'in the middle of a body',
        'POST /v1/lock HTTP/1.1\r\nHost: a\r\nldlm-session: <token>\r\nContent-Length: 9\r\n\r\n{',
      ],
      ['before a request', ''],
    ] as const) {
      it(`the time: silence ${title} is 408`, async () => {
        await start({ server: { requestTimeoutMs: 100 } });
        const socket = await sent(bytes.replace('<token>', client.token));
        const answer = await readToEnd(socket);
        expect(statusesIn(answer)).to.deep.equal(['408']);
        expect(answer).to.contain('"code":4');
      });
    }

    it('no time that a request waits for a lock', async () => {
      await start({ server: { requestTimeoutMs: 100 } });
      const { key } = await client.post('/v1/lock', { name: 'a' });
      const waiting = client.post('/v1/acquire', { name: 'a' });
      await world.locking.until('acquire', 2);
      // Whoever comes later and says nothing is cut after that time.
      await readToEnd(await world.connection());
      await readToEnd(await world.connection());
      await client.post('/v1/unlock', { name: 'a', key });
      expect(await waiting).to.include({ locked: true });
    });

    it('the time that a client may leave its answers unread: what they grant is undone', async () => {
      await start({ server: { requestTimeoutMs: 100 } });
      const socket = await world.connection();
      socket.pause();
      for (let number = 0; number < 99; number += 1) {
        const name = String(number).padEnd(65_536, 'x');
        socket.write(wireForm('POST', '/v1/lock', JSON.stringify({ name })));
      }
      await world.locking.until('withdraw', 1);
    });

    it('the connections: one more is dropped, and the log told once', async () => {
      await start({ server: { connectionsMax: 2 } });
      const open = [await sent(wireForm('GET', '/')), await sent(wireForm('GET', '/'))];
      await Promise.all(open.map((socket) => once(socket, 'data')));
      for (let times = 0; times < 3; times += 1) {
        expect(await readToEnd(await world.connection())).to.equal('');
      }
      const warnings = world.logger.lines.filter(({ message }) => message.includes('refused'));
      expect(warnings).to.have.length(1);
      expect(warnings[0]?.fields).to.deep.equal({ connectionsMax: 2 });
      open[0]?.end(wireForm('GET', '/'));
      expect(await once(open[0] as Socket, 'data')).to.have.length(1);
    });

    it('the answers owed to one connection: it is cut when it asks for one more', async () => {
      await start();
      await client.post('/v1/lock', { name: 'a' });
      const socket = await sent(wireForm('POST', '/v1/acquire', '{"name":"a"}').repeat(101));
      await untilClosed(socket);
      await world.locking.until('withdraw', 99);
    });

    for (const [what, header, status] of [
      ['that name no host', '', '400'],
      ['that expect what is not known', 'Host: a\r\nExpect: wonders\r\n', '200'],
    ] as const) {
      it(`the answers owed to one connection, also to requests ${what}`, async () => {
        await start();
        const request = `GET /openapi.json HTTP/1.1\r\n${header}\r\n`;
        const answer = await readToEnd((await sent(request)).end());
        expect(statusesIn(answer)).to.deep.equal([status]);
        expect(answer).to.contain('\r\nContent-Type: application/json\r\n');

        await client.post('/v1/lock', { name: 'a' });
        const socket = await sent(wireForm('POST', '/v1/acquire', '{"name":"a"}'));
        await world.locking.until('acquire', 2);
        socket.write(request.repeat(100));
        await untilClosed(socket);
        await world.locking.until('withdraw', 1);
      });
    }

    it('the answers that queue behind a request that waits: it is cut when it asks for more', async () => {
      await start();
      await client.post('/v1/lock', { name: 'a' });
      const socket = await sent(wireForm('POST', '/v1/acquire', '{"name":"a"}'));
      await world.locking.until('acquire', 2);
      const name = 'b'.repeat(65_536);
      socket.write(wireForm('POST', '/v1/lock', JSON.stringify({ name })));
      // Once more before its answer: that is on its way when the next request comes.
      await world.locking.until('touchSession', 5);
      socket.write(wireForm('POST', '/v1/lock', '{"name":"c"}'));
      await untilClosed(socket);
      await world.locking.until('withdraw', 2);
    });
  });

  describe('what is no request', () => {
    for (const [title, bytes] of [
      ['noise', '\x16\x03\x01\x02\x00\x01'],
      ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
      ['an unknown method', 'LOCK2 / HTTP/1.1\r\nHost: a\r\n\r\n'],
      [
        'two lengths',
        'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      ],
      [
        'a length beside chunks',
        'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      ],
      ['a broken header', 'GET / HTTP/1.1\r\nHost: a\r\nA B\r\n\r\n'],
    ] as const) {
      it(`is answered 400: ${title}`, async () => {
        await start();
        const answer = await readToEnd(await sent(bytes));
        expect(statusesIn(answer)).to.deep.equal(['400']);
        expect(answer).to.contain('"code":3');
      });
    }

    it('is answered 400 where a body’s chunks are broken', async () => {
      await start();
      const head = wireForm('POST', '/v1/lock').replace(
        'Content-Length: 0',
        'Transfer-Encoding: chunked',
      );
      expect(statusesIn(await readToEnd(await sent(`${head}xyz`)))).to.deep.equal(['400']);
      expect(world.locking.countOf('acquire')).to.equal(0);
    });

    it('is not answered in place of a request that waits, which is withdrawn', async () => {
      await start();
      await client.post('/v1/lock', { name: 'a' });
      const socket = await sent(`${wireForm('POST', '/v1/acquire', '{"name":"a"}')}noise\r\n\r\n`);
      expect(await readToEnd(socket)).to.equal('');
      await world.locking.until('withdraw', 1);
    });
  });

  it('takes no lock for a body that is cut', async () => {
    await start();
    const socket = await sent(wireForm('POST', '/v1/lock', '{"name":"a"} ').slice(0, -1));
    await world.locking.until('touchSession', 1);
    socket.end();
    await readToEnd(socket);
    expect(world.locking.countOf('acquire')).to.equal(0);
  });

  it('hears a client hang up that waits, though it sent a body that nobody reads', async () => {
    await start();
    await client.post('/v1/lock', { name: 'a' });
    const socket = await sent(wireForm('POST', '/v1/acquire', '{"name":"a"}'));
    await world.locking.until('acquire', 2);
    socket.write(wireForm('POST', '/nowhere', ' '.repeat(1_000_000)));
    await world.locking.until('touchSession', 5);
    socket.destroy();
    await world.locking.until('withdraw', 1);
  });

  it('answers requests that come in one go in their order', async () => {
    await start();
    const names = ['a', 'b', 'c'];
    const requests = names.map((name) => wireForm('POST', '/v1/lock', JSON.stringify({ name })));
    const socket = await sent(requests.join(''));
    socket.end();
    const answers = await readToEnd(socket);
    expect([...answers.matchAll(/"name":"(\w)"/g)].map(([, name]) => name)).to.deep.equal(names);
  });

  describe('closing', () => {
    it('takes no new connection', async () => {
      await start();
      await world.server.close(0);
      const failure: unknown = await world
        .send({ method: 'GET', path: '/' })
        .catch((error: unknown) => error);
      expect(failure).to.have.property('code', 'ECONNREFUSED');
    });

    it('cuts at once those that are owed nothing', async () => {
      await start();
      const [fresh, kept] = [await world.connection(), await sent(wireForm('GET', '/'))];
      await once(kept, 'data');
      const ends = [fresh, kept].map(untilClosed);
      await world.server.close(60_000);
      await Promise.all(ends);
    });

    it('lets an answer out, and ends its connection with it', async () => {
      await start();
      await client.post('/v1/lock', { name: 'a' });
      const socket = await sent(wireForm('POST', '/v1/acquire', '{"name":"a"}'));
      await world.locking.until('acquire', 2);
      const closed = world.server.close(60_000);
      await world.service.drain();
      const answer = await readToEnd(socket);
      expect(statusesIn(answer)).to.deep.equal(['503']);
      expect(answer).to.match(/\r\nConnection: close\r\n/i);
      await closed;
    });

    it('cuts what is not answered within its grace', async () => {
      await start();
      await client.post('/v1/lock', { name: 'a' });
      const socket = await sent(wireForm('POST', '/v1/acquire', '{"name":"a"}'));
      await world.locking.until('acquire', 2);
      const answer = readToEnd(socket);
      await world.server.close(1);
      expect(await answer).to.equal('');
    });

    it('is done at once where it never listened, and may be done twice', async () => {
      await start();
      await world.server.close(60_000);
      await world.server.close(60_000);
    });
  });

  describe('with TLS', () => {
    async function secured(options = {}): Promise<TLSSocket> {
      const [host, port] = world.address.split(':');
      const socket = connectTls({ ...clientTls, ...options, host, port: Number(port) });
      await once(socket, 'secureConnect');
      return socket;
    }

    beforeEach(async () => {
      await start({ tls: serverTls, server: { requestTimeoutMs: 100 } });
    });

    it('answers as it does without', async () => {
      expect(await client.post('/v1/lock', { name: 'a' })).to.include({ locked: true });
    });

    it('undoes what is owed to a client that hangs up', async () => {
      await client.post('/v1/lock', { name: 'a' });
      const socket = await secured();
      socket.write(wireForm('POST', '/v1/acquire', '{"name":"a"}'));
      await world.locking.until('acquire', 2);
      socket.destroy();
      await world.locking.until('withdraw', 1);
    });

    it('speaks no version before 1.2', async () => {
      const failure: unknown = await secured({
        minVersion: 'TLSv1.1',
        maxVersion: 'TLSv1.1',
        ciphers: 'ALL:@SECLEVEL=0',
      }).catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(Error);
    });

    it('cuts a connection that does not finish its handshake', async () => {
      const socket = await world.connection();
      socket.write(Buffer.from([0x16, 3, 1, 2, 0]));
      expect(await readToEnd(socket)).to.equal('');
    });

    it('cuts a connection that says nothing in the time of a handshake', async () => {
      await world.stop();
      const tls = { ...serverTls, handshakeTimeout: 100 };
      await start({ tls, server: { requestTimeoutMs: 60_000 } });
      expect(await readToEnd(await world.connection())).to.equal('');
    });

    it('cuts a secure connection that says nothing', async () => {
      const socket = await secured();
      expect(statusesIn(await readToEnd(socket))).to.deep.equal(['408']);
    });

    it('closes at once in spite of connections in the middle of a handshake', async () => {
      await world.stop();
      await start({ tls: serverTls, server: { requestTimeoutMs: 60_000 } });
      const [silent, begun] = [await world.connection(), await world.connection()];
      begun.write(Buffer.from([0x16]));
      const ends = [silent, begun].map(untilClosed);
      await world.server.close(60_000);
      await Promise.all(ends);
    });

    it('gives new connections a new context, and leaves open ones alone', async () => {
      const before = await secured();
      world.server.setSecureContext({ ...serverTls, ciphers: 'PSK-AES128-GCM-SHA256' });
      const after = await secured();
      expect(before.getCipher().name).to.equal('PSK-AES256-GCM-SHA384');
      expect(after.getCipher().name).to.equal('PSK-AES128-GCM-SHA256');
      before.write(wireForm('GET', '/openapi.json'));
      expect(String(await once(before, 'data'))).to.match(/^HTTP\/1\.1 200 /);
      before.destroy();
      after.destroy();
    });
  });
});
