import { constants } from 'node:http2';
import { expect } from 'chai';
import { isOpenCall, OPEN_CALL_BYTES_MAX } from '../../../../adapters/inbound/grpc/open-calls.js';
import { GrpcWorld } from '../../../support/grpc-world.js';
import { framed } from '../../../support/raw-grpc-call.js';

const CHECK = '/grpc.health.v1.Health/Check';

/** A request whose bytes are so many in all: a service of that name's length, which nobody has. */
function checkOf(byteCount: number): Buffer {
  const nameLength = byteCount - 5 - 3;
  return framed(
    Buffer.concat([
      Buffer.from([0x0a, (nameLength & 0x7f) | 0x80, nameLength >> 7]),
      Buffer.alloc(nameLength, 'x'),
    ]),
  );
}

describe('Calls that are open to everybody', () => {
  for (const [path, isOpen] of [
    [CHECK, true],
    ['/grpc.health.v1.Health/Watch', true],
    ['/grpc.health.v1.Healthy/Check', false],
    ['/ldlm.LDLM/Lock', false],
    ['/grpc.reflection.v1.ServerReflection/ServerReflectionInfo', false],
  ] as const) {
    it(`are ${isOpen ? 'such as' : 'not such as'} ${path}`, () => {
      expect(isOpenCall(path)).to.equal(isOpen);
    });
  }

  describe('on a server', () => {
    let world: GrpcWorld;

    beforeEach(async () => {
      world = await GrpcWorld.start();
    });

    afterEach(async () => {
      await world.stop();
    });

    async function endOf(bytes: Buffer, path: string): Promise<number | undefined> {
      const stream = world.rawClient().open(path);
      stream.resume();
      stream.end(bytes);
      await new Promise((resolve) => stream.once('close', resolve));
      return stream.rstCode;
    }

    it('are answered up to their bound', async () => {
      expect(await endOf(checkOf(OPEN_CALL_BYTES_MAX), CHECK)).to.equal(constants.NGHTTP2_NO_ERROR);
    });

    it('are reset one byte further', async () => {
      const end = await endOf(checkOf(OPEN_CALL_BYTES_MAX + 1), CHECK);
      expect(end).to.equal(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    });

    it('cost their connection when they go on with it, and no call of locks does', async () => {
      const client = world.rawClient();
      client.open(CHECK);
      for (let count = 0; count < 30; count += 1) {
        client.open(CHECK).end(checkOf(OPEN_CALL_BYTES_MAX + 1));
      }
      await world.locking.until('endSession', 1);
      expect(await world.client().call('Lock', { name: 'x'.repeat(20_000) })).to.include({
        locked: true,
      });
    });
  });
});
