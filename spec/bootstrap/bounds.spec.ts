/** Each bound as an operator sets it, and one past it: refused, and nobody else disturbed. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { type RunningServer, startServer } from '../../bootstrap/compose.js';
import type { Settings } from '../../bootstrap/settings.js';
import { GrpcWorldClient, type GrpcWorldClientOptions } from '../support/grpc-world.js';
import { callFields, FRAME, RawHttp2Connection } from '../support/raw-http2-connection.js';
import { RecordingLogger } from '../support/recording-logger.js';

const HERE = { host: '127.0.0.1', port: 0 };
const EXHAUSTED = { status: status.RESOURCE_EXHAUSTED };

describe('A bound that is set', () => {
  let server: RunningServer;
  let clients: GrpcWorldClient[];

  async function start(settings: Partial<Settings>): Promise<void> {
    clients = [];
    server = await startServer({
      settings: { listenAddress: HERE, restListenAddress: HERE, ...settings },
      parts: { logger: new RecordingLogger() },
    });
  }

  afterEach(async () => {
    for (const client of clients) {
      client.close();
    }
    await server.stop();
  });

  function client(options?: GrpcWorldClientOptions): GrpcWorldClient {
    const one = new GrpcWorldClient(server.grpcAddress, options);
    clients.push(one);
    return one;
  }

  /** Whether someone who was there before is served as ever. */
  async function expectService(one: GrpcWorldClient): Promise<void> {
    expect(await one.call('Lock', { name: 'undisturbed' })).to.include({ locked: true });
  }

  async function post(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`http://${server.restAddress}${path}`, { method: 'POST', ...init });
  }

  /** Resolves when the other side has ended a connection that says nothing. */
  async function untilCut(address = '', firstBytes = ''): Promise<void> {
    const [host, port] = address.split(':');
    const socket = connect(Number(port), host);
    socket.on('error', () => undefined);
    socket.write(firstBytes);
    socket.resume();
    await once(socket, 'close');
  }

  it('on connections cuts one more, on each port', async () => {
    await start({ connectionsMax: 1 });
    const first = client();
    await first.call('TryLock', { name: 'a' });
    await untilCut(server.grpcAddress);
    await expectService(first);

    const [host, port] = server.restAddress?.split(':') ?? [];
    const held = connect(Number(port), host);
    await once(held, 'connect');
    await untilCut(server.restAddress);
    held.destroy();
  });

  it('on sessions refuses one more, of gRPC and of REST', async () => {
    await start({ sessionsMax: 1 });
    const first = client();
    await first.call('TryLock', { name: 'a' });
    expect(await client().call('Lock', { name: 'b' })).to.include(EXHAUSTED);
    expect((await post('/session')).status).to.equal(429);
    await expectService(first);
  });

  for (const settings of [{ waitersPerLockMax: 1 }, { waitersMax: 1 }]) {
    it(`on waiters (${Object.keys(settings)[0]}) refuses one more`, async () => {
      await start(settings);
      const first = client();
      const { key } = await first.call('Lock', { name: 'a' });
      const waiting = first.call('Lock', { name: 'a' });
      expect(await first.call('Lock', { name: 'a' })).to.include(EXHAUSTED);
      await first.call('Unlock', { name: 'a', key });
      expect(await waiting).to.include({ locked: true });
    });
  }

  it('on streams refuses one more call', async () => {
    await start({ streamsPerConnectionMax: 1 });
    const raw = await RawHttp2Connection.open(server.grpcAddress);
    raw.call(1, callFields('/ldlm.LDLM/Lock'));
    raw.call(3, callFields('/ldlm.LDLM/Lock'));
    const [refused] = await raw.received(FRAME.resetStream, 1);
    expect(refused).to.include({ streamId: 3 });
    await expectService(client());
    raw.close();
  });

  it('on messages refuses a longer one', async () => {
    await start({ messageBytesMax: 1_024 });
    const first = client();
    expect(await first.call('Lock', { name: 'x'.repeat(1_022) })).to.include(EXHAUSTED);
    await expectService(first);
  });

  it('on names refuses a longer one', async () => {
    await start({ nameBytesMax: 20 });
    const first = client();
    expect(await first.call('Lock', { name: 'x'.repeat(21) })).to.include(EXHAUSTED);
    await expectService(first);
  });

  it('on bodies refuses a longer one', async () => {
    await start({ bodyBytesMax: 1_024 });
    const { headers } = await post('/session');
    const cookie = headers.get('set-cookie')?.split(';')[0] ?? '';
    const body = ' '.repeat(1_025);
    const answer = await post('/v1/lock', { headers: { cookie }, body });
    expect(answer.status).to.equal(413);
    expect((await post('/v1/lock', { headers: { cookie }, body: body.slice(1) })).status).to.equal(
      200,
    );
  });

  it('on headers refuses more, of gRPC and of REST', async () => {
    await start({ headerBytesMax: 1_024 });
    const filler = 'x'.repeat(1_024);
    const refused = client({ metadata: { filler } });
    expect(await refused.call('Lock', { name: 'a' })).to.include(EXHAUSTED);
    expect((await post('/session', { headers: { filler } })).status).to.equal(431);
    await expectService(client());
  });

  it('on handshakes cuts who takes longer', async () => {
    await start({ handshakeTimeoutMs: 50 });
    await untilCut(server.grpcAddress);
    await expectService(client());
  });

  it('on REST requests cuts who takes longer', async () => {
    await start({ requestTimeoutMs: 50 });
    await untilCut(server.restAddress, 'POST /session HTTP/1.1\r\n');
    await expectService(client());
  });
});
