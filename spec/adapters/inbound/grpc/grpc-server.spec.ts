import { once } from 'node:events';
import { constants } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { GrpcListenError } from '../../../../adapters/inbound/grpc/grpc-listen-error.js';
import { GrpcServer } from '../../../../adapters/inbound/grpc/grpc-server.js';
import { StateStoreError } from '../../../../ports/outbound/state-store.js';
import { ControlledStateStore } from '../../../support/controlled-state-store.js';
import { GRPC_BOUNDS, GrpcWorld } from '../../../support/grpc-world.js';
import { framed } from '../../../support/raw-grpc-call.js';
import { callFields, FRAME, RawHttp2Connection } from '../../../support/raw-http2-connection.js';

/** A LockRequest or TryLockRequest with a name alone: field 1, length-delimited. */
function named(name: string): Buffer {
  const bytes = Buffer.from(name);
  return Buffer.concat([Buffer.from([0x0a, bytes.length]), bytes]);
}

function connectTo(address: string): Socket {
  const [host, port] = address.split(':');
  return connect(Number(port), host);
}

async function received(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
}

describe('GrpcServer', () => {
  let world: GrpcWorld;

  afterEach(async () => {
    await world.stop();
  });

  describe('a connection', () => {
    beforeEach(async () => {
      world = await GrpcWorld.start();
    });

    it('is a session: its end frees its locks for the next waiter', async () => {
      const holder = world.client();
      await holder.call('Lock', { name: 'a' });
      const waiting = world.client().call('Lock', { name: 'a' });
      await world.locking.until('acquire', 2);
      holder.close();
      expect(await waiting).to.include({ locked: true });
    });

    it('that is cut, as by a killed client, frees its locks', async () => {
      const killed = world.rawClient();
      await killed.call('/ldlm.LDLM/Lock', named('a'));
      killed.cut();
      await world.locking.until('endSession', 1);
      expect(await world.client().call('TryLock', { name: 'a' })).to.include({ locked: true });
    });

    it('that ends takes its waiters out of the queue, so that none is granted to the dead', async () => {
      const holder = world.client();
      const { key } = await holder.call('Lock', { name: 'a' });
      const gone = world.rawClient();
      gone.open('/ldlm.LDLM/Lock').end(framed(named('a')));
      await world.locking.until('acquire', 2);
      gone.cut();
      await world.locking.until('endSession', 1);
      await holder.call('Unlock', { name: 'a', key });
      expect(await holder.call('TryLock', { name: 'a' })).to.include({ locked: true });
    });

    it('that is cut around the moment of a grant leaves nothing held, in 200 tries', async () => {
      for (let round = 1; round <= 200; round += 1) {
        const gone = world.rawClient();
        const call = gone.open('/ldlm.LDLM/Lock');
        const reached = once(call, ['finish', 'response', 'data'][round % 3] ?? 'finish');
        call.end(framed(named(`n${round}`)));
        await reached;
        gone.cut();
        await world.locking.until('endSession', round);
      }
      expect(world.locking.countOf('acquire')).to.be.greaterThan(100);
      expect(world.service.leaseCount).to.equal(0);
    });

    it('carries 300 waiting calls and is not hindered by them', async () => {
      const client = world.client();
      const { key } = await client.call('Lock', { name: 'a' });
      const waiting = Array.from({ length: 300 }, () => client.call('Lock', { name: 'a' }));
      await world.locking.until('acquire', 301);
      await client.call('Unlock', { name: 'a', key });
      expect(await Promise.race(waiting)).to.include({ locked: true });
    });

    it('releases with a key that another connection was given', async () => {
      const { key } = await world.client().call('Lock', { name: 'a' });
      const outcome = await world.client().call('Unlock', { name: 'a', key });
      expect(outcome).to.include({ unlocked: true });
    });
  });

  describe('with --no_clear_on_disconnect', () => {
    beforeEach(async () => {
      world = await GrpcWorld.start({ rules: { keepLeasesOnDisconnect: true } });
    });

    it('keeps the locks of a connection that ended, listed and usable by their keys', async () => {
      const gone = world.client();
      const { key } = await gone.call('Lock', { name: 'a' });
      gone.close();
      await world.locking.until('endSession', 1);
      const pages = [];
      for await (const page of world.service.administration.holders()) {
        pages.push(...page);
      }
      expect(pages).to.have.length(1);
      expect(pages[0]).to.include({ name: 'a', key, sessionId: undefined });
      const client = world.client();
      expect(await client.call('TryLock', { name: 'a' })).not.to.have.property('locked');
      expect(await client.call('Unlock', { name: 'a', key })).to.include({ unlocked: true });
    });

    it('outlives clients that send an Unlock and vanish', async () => {
      for (let round = 1; round <= 20; round += 1) {
        const client = world.rawClient();
        await client.call('/ldlm.LDLM/Lock', named(`n${round}`));
        client.open('/ldlm.LDLM/Unlock').end(framed(named(`n${round}`)));
        client.cut();
        await world.locking.until('endSession', round);
      }
      expect(await world.client().call('Lock', { name: 'b' })).to.include({ locked: true });
    });
  });

  describe('a call', () => {
    beforeEach(async () => {
      world = await GrpcWorld.start();
    });

    it('that is cancelled while it waits leaves the queue', async () => {
      const client = world.client();
      const { key } = await client.call('Lock', { name: 'a' });
      const { outcome, cancel } = client.start('Lock', { name: 'a' });
      await world.locking.until('acquire', 2);
      cancel();
      expect(await outcome).to.include({ status: status.CANCELLED });
      await world.locking.until('withdraw', 1);
      await client.call('Unlock', { name: 'a', key });
      expect(await client.call('TryLock', { name: 'a' })).to.include({ locked: true });
    });

    it('whose deadline passes while it waits leaves the queue', async () => {
      const client = world.client();
      await client.call('Lock', { name: 'a' });
      const outcome = client.call('Lock', { name: 'a' }, { deadline: Date.now() + 50 });
      expect(await outcome).to.include({ status: status.DEADLINE_EXCEEDED });
      await world.locking.until('withdraw', 1);
    });

    it('withdraws nothing after it was answered', async () => {
      const client = world.client();
      await client.call('Lock', { name: 'a' });
      await client.call('TryLock', { name: 'b' });
      expect(await client.call('TryLock', { name: 'a' })).not.to.have.property('locked');
      expect(world.locking.countOf('withdraw')).to.equal(0);
    });
  });

  describe('a grant that the store has not kept yet', () => {
    let store: ControlledStateStore;

    beforeEach(async () => {
      store = new ControlledStateStore();
      world = await GrpcWorld.start({ store });
    });

    it('is undone when its call is cancelled', async () => {
      const { outcome, cancel } = world.client().start('Lock', { name: 'a' });
      await world.locking.until('acquire', 1);
      cancel();
      expect(await outcome).to.include({ status: status.CANCELLED });
      await world.locking.until('withdraw', 1);
      store.resolveAll();
      expect(world.service.leaseCount).to.equal(0);
    });

    it('is undone when its connection ends', async () => {
      const gone = world.rawClient();
      gone.open('/ldlm.LDLM/Lock').end(framed(named('a')));
      await world.locking.until('acquire', 1);
      gone.cut();
      await world.locking.until('endSession', 1);
      store.resolveAll();
      expect(world.service.leaseCount).to.equal(0);
    });

    it('is answered UNAVAILABLE when the store fails', async () => {
      const outcome = world.client().call('Lock', { name: 'a' });
      await world.locking.until('acquire', 1);
      store.fail(new StateStoreError('write-failed', 'the disk is full'));
      expect(await outcome).to.include({ status: status.UNAVAILABLE });
    });
  });

  describe('the port', () => {
    beforeEach(async () => {
      world = await GrpcWorld.start();
    });

    it('tells an HTTP/1 client what it speaks', async () => {
      const socket = connectTo(world.address);
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
      const answer = await received(socket);
      expect(answer)
        .to.match(/^HTTP\/1\.1 505 /)
        .and.to.contain('speaks gRPC');
    });

    for (const [what, bytes] of [
      ['garbage', Buffer.from([0, 1, 2, 3, 255, 254])],
      ['a TLS greeting', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])],
      [
        'a preface that turns into garbage',
        Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nmore garbage than a frame's head"),
      ],
      [
        'frames that break the protocol',
        Buffer.concat([
          Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
          Buffer.from([0xff, 0xff, 0xff, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff]),
        ]),
      ],
    ] as const) {
      it(`cuts a connection that sends ${what}, and goes on`, async () => {
        const socket = connectTo(world.address);
        socket.on('error', () => undefined);
        socket.write(bytes);
        await received(socket);
        expect(await world.client().call('Lock', { name: 'a' })).to.include({ locked: true });
      });
    }

    it('that is taken is refused with the address and what to do', async () => {
      const server = new GrpcServer({
        host: '127.0.0.1',
        port: Number(world.address.split(':')[1]),
        keepaliveIntervalMs: 60_000,
        keepaliveTimeoutMs: 10_000,
        ...GRPC_BOUNDS,
        locking: world.service,
        logger: world.logger,
        admission: undefined,
        tls: undefined,
      });
      const failure = await server.listen().then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(failure).to.be.instanceOf(GrpcListenError);
      expect((failure as Error).message)
        .to.contain(world.address)
        .and.to.contain('another program listens there');
    });
  });

  describe('the bound on messages', () => {
    beforeEach(async () => {
      world = await GrpcWorld.start({ bounds: { messageBytesMax: 2_048 } });
    });

    it('takes a message that reaches it', async () => {
      // The field's tag and length take three bytes.
      const name = 'x'.repeat(2_045);
      expect(await world.client().call('TryLock', { name })).to.include({ locked: true, name });
    });

    it('refuses one byte more, and goes on with the connection', async () => {
      const client = world.client();
      expect(await client.call('TryLock', { name: 'x'.repeat(2_046) })).to.include({
        status: status.RESOURCE_EXHAUSTED,
      });
      expect(await client.call('TryLock', { name: 'a' })).to.include({ locked: true });
    });
  });

  describe('the bound on streams', () => {
    const lock = Buffer.from('0000000003' + '0a0161', 'hex');

    it('refuses one more call on a connection, and disturbs no other', async () => {
      world = await GrpcWorld.start({ bounds: { streamsPerConnectionMax: 2 } });
      const holder = world.client();
      const { key } = await holder.call('Lock', { name: 'a' });
      const client = await RawHttp2Connection.open(world.address);
      for (const streamId of [1, 3, 5]) {
        client.call(streamId, callFields('/ldlm.LDLM/Lock'));
        client.send({ type: FRAME.data, flags: 1, streamId, payload: lock });
      }
      const [refused] = await client.received(FRAME.resetStream, 1);
      expect(refused).to.include({ streamId: 5 });
      expect(refused?.payload.readUInt32BE()).to.equal(constants.NGHTTP2_REFUSED_STREAM);
      await world.locking.until('acquire', 3);
      await holder.call('Unlock', { name: 'a', key });
      const [answer] = await client.received(FRAME.data, 1);
      expect(answer).to.include({ streamId: 1 });
      client.close();
    });
  });

  describe('a bound of the lock service', () => {
    it('on sessions has one more refused, which may still release and renew', async () => {
      world = await GrpcWorld.start({ rules: { sessionsMax: 1 } });
      const first = world.client();
      const { key } = await first.call('Lock', { name: 'a' });
      const second = world.client();
      const refusal = { status: status.RESOURCE_EXHAUSTED };
      expect(await second.call('Lock', { name: 'b' })).to.include(refusal);
      expect(await first.call('TryLock', { name: 'b' })).to.include({ locked: true });
      expect(await second.call('Unlock', { name: 'a', key })).to.include({ unlocked: true });
    });

    for (const rules of [{ waitersPerLockMax: 1 }, { waitersMax: 1 }]) {
      it(`${Object.keys(rules)[0]} has one more refused, and no other disturbed`, async () => {
        world = await GrpcWorld.start({ rules });
        const client = world.client();
        const { key } = await client.call('Lock', { name: 'a' });
        const waiting = client.call('Lock', { name: 'a' });
        const refusal = { status: status.RESOURCE_EXHAUSTED };
        expect(await client.call('Lock', { name: 'a' })).to.include(refusal);
        await client.call('Unlock', { name: 'a', key });
        expect(await waiting).to.include({ locked: true });
      });
    }
  });

  describe('draining', () => {
    beforeEach(async () => {
      world = await GrpcWorld.start();
    });

    it('answers waiters UNAVAILABLE and leaves what is held held', async () => {
      const client = world.client();
      await client.call('Lock', { name: 'a' });
      const waiting = client.call('Lock', { name: 'a' });
      await world.locking.until('acquire', 2);
      await world.service.drain();
      expect(await waiting).to.include({ status: status.UNAVAILABLE });
      await world.server.close(1_000);
      await world.locking.until('endSession', 1);
      expect(world.service.leaseCount).to.equal(1);
    });
  });
});
