import { once } from 'node:events';
import { connect as connectPlain } from 'node:net';
import { connect } from 'node:tls';
import { Server, status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { StreamWatch } from '../../../../adapters/inbound/grpc/stream-watch.js';
import { attacks } from '../../../hostile/attacks.js';
import { Authority } from '../../../support/certificates.js';
import { GrpcWorld } from '../../../support/grpc-world.js';
import {
  callFields,
  END_HEADERS,
  FRAME,
  field,
  frameBytes,
  POST_BY_HTTP,
  PREFACE,
  RawHttp2Connection,
  REMEMBERED_FIELD,
} from '../../../support/raw-http2-connection.js';

const LOCK = callFields('/ldlm.LDLM/Lock');
const CANCEL = Buffer.from([0, 0, 0, 8]);

describe('StreamWatch', () => {
  let world: GrpcWorld;
  let guilty: RawHttp2Connection;

  beforeEach(async () => {
    world = await GrpcWorld.start();
    guilty = await RawHttp2Connection.open(world.address);
  });

  afterEach(async () => {
    guilty.close();
    await world.stop();
  });

  /** Another connection was there before and is served as ever; the guilty one's session has ended. */
  async function expectOnlyGuiltyCut(act: () => void): Promise<void> {
    const honest = world.client();
    await honest.call('Lock', { name: 'a' });
    act();
    await guilty.closed;
    await world.locking.until('endSession', 1);
    expect(await honest.call('TryLock', { name: 'b' })).to.include({ locked: true });
    expect(world.locking.countOf('endSession')).to.equal(1);
  }

  it('cuts a connection at once whose headers unpack to many times their bound', async () => {
    await expectOnlyGuiltyCut(() => {
      guilty.call(1, LOCK, field('bomb', 'x'.repeat(3_900), true));
      guilty.call(3, LOCK, ...Array<Buffer>(100).fill(REMEMBERED_FIELD));
    });
  });

  it('cuts a connection that resets its calls as soon as it begins them', async () => {
    await expectOnlyGuiltyCut(() => {
      for (let streamId = 1; streamId < 501; streamId += 2) {
        guilty.call(streamId, LOCK);
        guilty.send({ type: FRAME.resetStream, streamId, payload: CANCEL });
      }
    });
  });

  for (const [what, payload] of [
    ['of a method that there is not', callFields('/ldlm.LDLM/Unheard')],
    [
      'that is no gRPC',
      Buffer.concat([POST_BY_HTTP, field(':path', '/'), field(':authority', 'a')]),
    ],
  ] as const) {
    it(`bears a call ${what}, taken back in the breath that began it`, async () => {
      const [host, port] = world.address.split(':');
      const socket = connectPlain(Number(port), host);
      const streamId = 1;
      socket.write(
        Buffer.concat([
          PREFACE,
          frameBytes({ type: FRAME.settings }),
          frameBytes({ type: FRAME.headers, flags: END_HEADERS, streamId, payload }),
          frameBytes({ type: FRAME.resetStream, streamId, payload: CANCEL }),
        ]),
      );
      await once(socket, 'data');
      socket.destroy();
      expect(await world.client().call('Lock', { name: 'a' })).to.include({ locked: true });
    });
  }

  it('lets a client take back 300 calls that have waited', async () => {
    const client = world.client();
    const { key } = await client.call('Lock', { name: 'a' });
    const waiting = Array.from({ length: 300 }, () => client.start('Lock', { name: 'a' }));
    await world.locking.until('acquire', 301);
    for (const { cancel } of waiting) {
      cancel();
    }
    const outcomes = await Promise.all(waiting.map(({ outcome }) => outcome));
    expect(outcomes.every((outcome) => outcome.status === status.CANCELLED)).to.equal(true);
    await world.locking.until('withdraw', 300);
    expect(await client.call('Unlock', { name: 'a', key })).to.include({ unlocked: true });
    expect(world.locking.countOf('endSession')).to.equal(0);
  });

  it('cuts a TLS client that reads nothing and answers no ping', async () => {
    const [{ opening, everyTurn } = {}] = attacks('')['unread-answers']?.assaults ?? [];
    const issued = await (await Authority.create()).issue();
    const encrypted = await GrpcWorld.start({ tls: { ...issued }, keepaliveMs: 500 });
    const [host, port] = encrypted.address.split(':');
    const options = { host, port: Number(port), rejectUnauthorized: false, ALPNProtocols: ['h2'] };
    const deaf = connect(options).pause();
    deaf.on('error', () => undefined);
    await once(deaf, 'secureConnect');
    const turns = Array.from({ length: 150 }, (_, turn) => everyTurn?.(turn) ?? Buffer.alloc(0));
    deaf.write(Buffer.concat([opening?.() ?? Buffer.alloc(0), ...turns]));
    await encrypted.locking.until('endSession', 1);
    deaf.destroy();
    await encrypted.stop();
  });

  it('does not take a library in which it would see nothing', () => {
    const blame = () => false;
    expect(() => new StreamWatch(new Server(), { headerBytesMax: 1, blame })).to.throw(TypeError);
  });
});
