/** The session stream over sockets and the gRPC library: what the specs without them leave open. */
import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { encodeClientFrame } from '../../../../proto/session-frames.js';
import { FrameClient, type FrameClientOptions } from '../../../support/frame-client.js';
import { GrpcWorld } from '../../../support/grpc-world.js';
import { acquire, release } from '../../../support/stream-world.js';

describe('the Session method', () => {
  let world: GrpcWorld;
  const clients: FrameClient[] = [];

  beforeEach(async () => {
    world = await GrpcWorld.start();
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) {
      client.close();
    }
    await world.stop();
  });

  function connect(options: FrameClientOptions = {}): FrameClient {
    const client = new FrameClient(world.address, options);
    clients.push(client);
    return client;
  }

  it('grants, releases and says goodbye', async () => {
    const client = connect();
    client.hello();
    client.send({ acquires: [acquire(1)] });
    const { key, fencingToken } = await client.granted(1);
    expect(fencingToken).to.be.greaterThan(0);
    client.send({ heard: [1], releases: [release(2, key)] });
    await client.until((frames) => frames.find(({ done }) => done.includes(2)));
    client.send({ goodbye: true });
    expect(await client.status).to.include({ code: status.OK });
    expect(world.service.leaseCount).to.equal(0);
  });

  it('shares its queues with unary calls', async () => {
    const unary = world.client();
    const { key } = await unary.call('Lock', { name: 'printer' });
    const client = connect();
    client.hello();
    client.send({ acquires: [acquire(1)] });
    await client.welcome();
    await world.locking.until('acquire', 2);
    expect(await unary.call('TryLock', { name: 'printer' })).to.include({ name: 'printer' });
    await unary.call('Unlock', { name: 'printer', key });
    expect((await client.granted(1)).key).to.be.a('string');
  });

  it('keeps the session of a client whose stream is cut, and gives it back', async () => {
    const first = connect();
    first.hello();
    first.send({ acquires: [acquire(1)] });
    const grant = await first.granted(1);
    const { token } = await first.welcome();
    first.cancel();
    await world.locking.until('detachSession', 1);
    const second = connect();
    second.hello(token);
    second.send({ acquires: [acquire(1)] });
    expect(await second.granted(1)).to.deep.equal(grant);
    expect(await second.welcome()).to.include({ resumed: true });
  });

  it('begins the recovery window when the connection is cut', async () => {
    const client = connect();
    client.hello();
    client.send({ acquires: [acquire(1)] });
    await client.granted(1);
    client.close();
    client.cancel();
    await world.locking.until('detachSession', 1);
    await world.clock.advance(5_000);
    expect(world.service.leaseCount).to.equal(0);
  });

  for (const [what, bytes] of [
    ['no protobuf', Buffer.from('ffffffff', 'hex')],
    ['a name that is not UTF-8', Buffer.from('3206' + '1204' + '0a02' + 'fffe', 'hex')],
  ] as const) {
    it(`ends the stream of a frame that is ${what}, and takes nothing of it`, async () => {
      const client = connect({
        encode: (frame) => (frame.hello === undefined ? bytes : encodeClientFrame(frame)),
      });
      client.hello();
      await client.welcome();
      client.send({ acquires: [acquire(1)] });
      expect(await client.status).to.include({ code: status.INTERNAL });
      expect(world.service.leaseCount).to.equal(0);
      await world.locking.until('detachSession', 1);
    });
  }

  it('asks for the password before anything else', async () => {
    await world.stop();
    world = await GrpcWorld.start({
      admission: { admit: (shown) => (shown === 'sesame' ? 'admitted' : 'wrong') },
    });
    const stranger = connect();
    stranger.hello();
    expect(await stranger.status).to.include({ code: status.UNAUTHENTICATED });
    expect(world.locking.countOf('openStreamSession')).to.equal(0);
    const friend = connect({ metadata: { authorization: 'sesame' } });
    friend.hello();
    expect(await friend.welcome()).to.include({ resumed: false });
  });

  it('tells every client that the server stops, and ends its stream', async () => {
    const client = connect();
    client.hello();
    client.send({ acquires: [acquire(1), acquire(2)] });
    await client.granted(1);
    await world.service.drain();
    const closed = world.server.close(1_000);
    expect(await client.status).to.include({ code: status.UNAVAILABLE });
    await closed;
    expect(client.frames.flatMap(({ notices }) => notices)).to.deep.equal([2]);
    expect(world.service.leaseCount).to.equal(1);
  });

  it('cuts off a client that sends and does not read, at a bound, and keeps its session', async () => {
    await world.stop();
    world = await GrpcWorld.start({ bounds: { sessionRequestsMax: 10_000 } });
    const client = connect();
    client.hello();
    await client.welcome();
    client.stall();
    for (let from = 1; from <= 11_000; from += 1_000) {
      client.send({
        acquires: Array.from({ length: 1_000 }, (_, index) =>
          acquire(from + index, { name: `n${from + index}`.padEnd(100, '.') }),
        ),
      });
    }
    await world.locking.until('detachSession', 1);
    expect(world.service.leaseCount).to.equal(10_000);
    const honest = connect();
    honest.hello();
    honest.send({ acquires: [acquire(1)] });
    await honest.granted(1);
  });
});
