import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import {
  connect as connectTls,
  type ConnectionOptions,
  type TLSSocket,
  type TlsOptions,
} from 'node:tls';
import { credentials, status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { Authority, daysFromNow, type Issued } from '../../../support/certificates.js';
import { GrpcWorld, type GrpcWorldClientOptions } from '../../../support/grpc-world.js';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

describe('Http2Listener', () => {
  let authority: Authority;
  let server: Issued;
  let world: GrpcWorld;
  let sockets: Socket[];

  before(async () => {
    authority = await Authority.create();
    server = await authority.issue();
  });

  beforeEach(() => {
    sockets = [];
  });

  afterEach(async () => {
    for (const socket of sockets) {
      socket.destroy();
    }
    await world.stop();
  });

  /** What comes of a refused connection (an alert, a reset, an end) is the client library's affair. */
  function kept<Connection extends Socket>(socket: Connection): Connection {
    socket.on('error', () => undefined);
    sockets.push(socket);
    return socket;
  }

  function plainConnection(): Socket {
    const [host, port] = world.address.split(':');
    return kept(connectPlain(Number(port), host));
  }

  function tlsConnection(options: ConnectionOptions = {}): TLSSocket {
    const [host, port] = world.address.split(':');
    const usual = { ca: authority.cert, servername: 'localhost', ALPNProtocols: ['h2'] };
    return kept(connectTls({ host, port: Number(port), ...usual, ...options }));
  }

  /** As a released client that trusts the authority, with a certificate of its own or none. */
  function trusting(own?: Issued): GrpcWorldClientOptions {
    const [key, cert] = own === undefined ? [null, null] : [own.key, own.cert].map(Buffer.from);
    const root = Buffer.from(authority.cert);
    return { credentials: credentials.createSsl(root, key ?? null, cert ?? null) };
  }

  async function end(socket: Socket): Promise<void> {
    socket.resume();
    if (!socket.closed) {
      await new Promise((resolve) => socket.once('close', resolve));
    }
  }

  async function logged(message: string): Promise<void> {
    while (!world.logger.messages.includes(message)) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** The server serves a new client as ever. */
  async function expectService(options: GrpcWorldClientOptions): Promise<void> {
    expect(await world.client(options).call('Lock', { name: 'a' })).to.include({ locked: true });
  }

  describe('in plain text', () => {
    it('cuts a connection that says nothing for as long as it may', async () => {
      world = await GrpcWorld.start({ bounds: { handshakeTimeoutMs: 50 } });
      await end(plainConnection());
      await expectService({});
    });

    it('cuts a connection past the bound, disturbs no other, and has its place again', async () => {
      world = await GrpcWorld.start({ bounds: { connectionsMax: 2 } });
      const client = world.client();
      await client.call('Lock', { name: 'a' });
      const second = plainConnection();
      second.write(PREFACE);
      await once(second, 'data');
      await end(plainConnection());
      await end(plainConnection());
      expect(await client.call('TryLock', { name: 'b' })).to.include({ locked: true });
      expect(world.logger.lines.filter(({ level }) => level === 'warn').slice(1)).to.deep.equal([
        {
          level: 'warn',
          message: 'gRPC connections refused: as many are open as may be',
          fields: { connectionsMax: 2 },
        },
      ]);
      second.destroy();
      await world.locking.until('endSession', 1);
      expect(await world.client().call('TryLock', { name: 'c' })).to.include({ locked: true });
    });
  });

  describe('over TLS', () => {
    let tls: TlsOptions;

    beforeEach(async () => {
      tls = { ...server, requestCert: false, rejectUnauthorized: true };
      world = await GrpcWorld.start({ tls });
    });

    it('serves a client, whose session is its connection', async () => {
      const holder = world.client(trusting());
      await holder.call('Lock', { name: 'a' });
      const waiting = world.client(trusting()).call('Lock', { name: 'a' });
      await world.locking.until('acquire', 2);
      holder.close();
      expect(await waiting).to.include({ locked: true });
    });

    it('speaks TLS 1.2', async () => {
      const socket = tlsConnection({ maxVersion: 'TLSv1.2' });
      await once(socket, 'secureConnect');
      expect([socket.getProtocol(), socket.alpnProtocol]).to.deep.equal(['TLSv1.2', 'h2']);
    });

    it('speaks no older TLS', async () => {
      const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };
      const socket = tlsConnection(old as ConnectionOptions);
      const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
      expect(error.code).to.equal('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
    });

    for (const [what, bytes] of [
      ['HTTP/2', PREFACE],
      ['HTTP/1', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'],
      ['garbage', '\x00\x01\x02\x03\x04'],
    ] as const) {
      it(`cuts a client that speaks ${what} in plain text, says so at debug, and goes on`, async () => {
        const socket = plainConnection();
        socket.write(bytes);
        await end(socket);
        await logged('A TLS handshake failed');
        await expectService(trusting());
      });
    }

    it('cuts a client that offers another protocol', async () => {
      const socket = tlsConnection({ ALPNProtocols: ['http/1.1'] });
      await end(socket);
      await logged('A TLS handshake failed');
    });

    it('cuts a client that offers no protocol', async () => {
      const socket = tlsConnection({ ALPNProtocols: [] });
      socket.write(PREFACE);
      await end(socket);
      await logged('A TLS client did not ask for HTTP/2');
    });

    it('tells a client that speaks HTTP/1 within TLS what it speaks', async () => {
      const socket = tlsConnection();
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
      const [answer] = (await once(socket, 'data')) as [Buffer];
      expect(String(answer)).to.match(/^HTTP\/1\.1 505 /);
    });

    it('opens no session before there is a client to speak of', async () => {
      const socket = tlsConnection();
      await once(socket, 'secureConnect');
      socket.destroy();
      await end(plainConnection().end());
      expect(world.locking.countOf('openSession')).to.equal(0);
    });

    it('cuts connections that are still strangers when it closes', async () => {
      const silent = plainConnection();
      const greeted = tlsConnection();
      await Promise.all([once(silent, 'connect'), once(greeted, 'secureConnect')]);
      await world.server.close(0);
      await Promise.all([end(silent), end(greeted)]);
    });

    it('shows new clients a new certificate, and lets old connections go on', async () => {
      const renewed = await authority.issue();
      const oldClient = world.client(trusting());
      await oldClient.call('Lock', { name: 'a' });
      const old = tlsConnection();
      await once(old, 'secureConnect');
      old.write(PREFACE);
      world.server.setSecureContext(renewed);

      const fresh = tlsConnection();
      await once(fresh, 'secureConnect');
      const [before, after] = [old, fresh].map((one) => one.getPeerX509Certificate()?.toString());
      expect([before?.trim(), after?.trim()]).to.deep.equal([server.cert, renewed.cert]);
      expect(await oldClient.call('TryLock', { name: 'b' })).to.include({ locked: true });
    });

    it('speaks no older TLS with a new certificate either', async () => {
      world.server.setSecureContext(await authority.issue());
      const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };
      const [error] = await once(tlsConnection(old as ConnectionOptions), 'error');
      expect(error).to.include({ code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
    });
  });

  describe('over TLS with a bound on the handshake', () => {
    beforeEach(async () => {
      world = await GrpcWorld.start({ tls: server, bounds: { handshakeTimeoutMs: 50 } });
    });

    it('cuts a connection that never begins it', async () => {
      await end(plainConnection());
      await expectService(trusting());
    });

    it('cuts a connection that stops in the middle of it', async () => {
      const socket = plainConnection();
      socket.write(Buffer.from('160301020001', 'hex'));
      await end(socket);
      await expectService(trusting());
    });

    it('cuts a connection that says nothing after it', async () => {
      const socket = tlsConnection();
      await once(socket, 'secureConnect');
      await end(socket);
      await logged('A connection to the gRPC port did not speak HTTP/2');
    });
  });

  describe('over TLS that asks clients for a certificate', () => {
    let client: Issued;

    before(async () => {
      client = await authority.issue({ purpose: 'client' });
    });

    beforeEach(async () => {
      const tls = { ...server, ca: authority.cert, requestCert: true, rejectUnauthorized: true };
      world = await GrpcWorld.start({ tls });
    });

    it('serves a client that has one', async () => {
      await expectService(trusting(client));
    });

    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      it(`gives a ${version} ticket to come back by to a client that has one`, async () => {
        const socket = tlsConnection({ ...client, maxVersion: version });
        await once(socket, 'session');
      });
    }

    const strangers: readonly (readonly [string, () => Promise<Issued> | undefined])[] = [
      ['has none', () => undefined],
      ['has one of another authority', async () => (await Authority.create()).issue(asClient)],
      [
        'has one that has expired',
        () =>
          authority.issue({ ...asClient, notAfter: daysFromNow(-1), notBefore: daysFromNow(-2) }),
      ],
      [
        'has one whose time is to come',
        () => authority.issue({ ...asClient, notBefore: daysFromNow(1) }),
      ],
      ['has one for servers', () => authority.issue({ purpose: 'server' })],
    ];
    for (const [what, issue] of strangers) {
      it(`refuses a client that ${what}, and opens no session for it`, async () => {
        const own = await issue();
        const outcome = await world.client(trusting(own)).call('Lock', { name: 'a' });
        expect(outcome).to.include({ status: status.UNAVAILABLE });
        expect(world.locking.countOf('openSession')).to.equal(0);
        await expectService(trusting(client));
      });

      for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
        it(`gives no ${version} ticket to come back by to a client that ${what}`, async () => {
          const socket = tlsConnection({ ...(await issue()), maxVersion: version });
          const tickets: Buffer[] = [];
          socket.on('session', (ticket) => tickets.push(ticket));
          await end(socket);
          expect(tickets).to.deep.equal([]);
        });
      }
    }

    it('says at debug that a client was not trusted', async () => {
      const own = await (await Authority.create()).issue(asClient);
      await end(tlsConnection({ ...own }));
      await logged('A TLS client was not trusted, or left in its handshake');
    });

    it('asks for those of another authority from the next certificate on', async () => {
      const other = await Authority.create();
      const newcomer = await other.issue(asClient);
      world.server.setSecureContext({ ...server, ca: other.cert });
      await expectService(trusting(newcomer));
      const outcome = await world.client(trusting(client)).call('Lock', { name: 'a' });
      expect(outcome).to.include({ status: status.UNAVAILABLE });
    });

    it('takes no ticket of a client whose authority is not asked any more', async () => {
      const [session] = (await once(tlsConnection({ ...client }), 'session')) as [Buffer];
      const opened = world.locking.countOf('openSession');
      world.server.setSecureContext({ ...server, ca: (await Authority.create()).cert });
      const returning = tlsConnection({ ...client, session });
      returning.write(PREFACE);
      await end(returning);
      expect(world.locking.countOf('openSession')).to.equal(opened);
    });
  });
});

const asClient = { purpose: 'client' } as const;
