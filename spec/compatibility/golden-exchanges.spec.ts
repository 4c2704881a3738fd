/** The wire, byte by byte, written and read by a second implementation of protobuf. */
import { expect } from 'chai';
import protobuf from 'google-protobuf';
import { GrpcWorld } from '../support/grpc-world.js';
import type { RawAnswer } from '../support/raw-grpc-call.js';

const { BinaryReader, BinaryWriter } = protobuf;

/** Field numbers as released clients have them. */
function lockRequest(fields: {
  readonly name?: string;
  readonly waitSeconds?: number;
  readonly size?: number;
  readonly lockSeconds?: number;
}): Uint8Array {
  const writer = new BinaryWriter();
  if (fields.name !== undefined) writer.writeString(1, fields.name);
  if (fields.waitSeconds !== undefined) writer.writeInt32(3, fields.waitSeconds);
  if (fields.size !== undefined) writer.writeInt32(4, fields.size);
  if (fields.lockSeconds !== undefined) writer.writeInt32(100, fields.lockSeconds);
  return writer.getResultBuffer();
}

function keyRequest(fields: {
  readonly name: string;
  readonly key: string;
  readonly lockSeconds?: number;
}): Uint8Array {
  const writer = new BinaryWriter();
  writer.writeString(1, fields.name);
  writer.writeString(2, fields.key);
  if (fields.lockSeconds !== undefined) writer.writeInt32(100, fields.lockSeconds);
  return writer.getResultBuffer();
}

/** Every field of a message by its number; an error in field `errorField` as [code, message]. */
function fieldsOf(answer: RawAnswer, errorField: number): Record<number, unknown> {
  expect(answer.status, answer.details).to.equal(0);
  const fields: Record<number, unknown> = {};
  const reader = new BinaryReader(answer.message ?? new Uint8Array());
  while (reader.nextField()) {
    const field = reader.getFieldNumber();
    if (field === errorField) {
      const error: [number, string] = [0, ''];
      reader.readMessage(error, () => {
        while (reader.nextField()) {
          if (reader.getFieldNumber() === 1) error[0] = reader.readEnum();
          else error[1] = reader.readString();
        }
      });
      fields[field] = error;
    } else if (reader.isDelimited()) {
      fields[field] = reader.readString();
    } else {
      fields[field] = reader.readUint64();
    }
  }
  return fields;
}

const LOCK_ERROR = 4;
const UNLOCK_ERROR = 3;

describe('The wire, written and read by google-protobuf', () => {
  let world: GrpcWorld;

  beforeEach(async () => {
    world = await GrpcWorld.start();
  });

  afterEach(async () => {
    await world.stop();
  });

  it('grants with locked 1, name 2, key 3 and fencing token 1001', async () => {
    const fields = fieldsOf(await world.raw('Lock', lockRequest({ name: 'a' })), LOCK_ERROR);
    expect(Object.keys(fields)).to.deep.equal(['1', '2', '3', '1001']);
    expect(fields).to.include({ 1: 1, 2: 'a' });
    expect(fields[3]).to.match(/^[0-9a-f-]{36}$/);
    expect(fields[1001]).to.be.a('number').greaterThan(0);
  });

  it('reads the optional fields 3, 4 and 100, negative ones too', async () => {
    for (const [fields, message] of [
      [{ name: 'a', waitSeconds: -1 }, 'wait timeout must be greater than 0'],
      [{ name: 'a', size: -1 }, 'lock size must be greater than 0'],
      [{ name: 'a', lockSeconds: -1 }, 'lock timeout must be greater than 0'],
    ] as const) {
      const answer = fieldsOf(await world.raw('Lock', lockRequest(fields)), LOCK_ERROR);
      expect(answer[LOCK_ERROR]).to.have.property('1', message);
    }
  });

  it('tells a sent size of 0 from an absent one', async () => {
    const sent = await world.raw('TryLock', lockRequest({ name: 'a', size: 0 }));
    expect(fieldsOf(sent, LOCK_ERROR)[LOCK_ERROR]).to.deep.equal([
      7,
      'lock size must be greater than 0',
    ]);
    const absent = await world.raw('TryLock', lockRequest({ name: 'a' }));
    expect(fieldsOf(absent, LOCK_ERROR)).to.include({ 1: 1 });
  });

  it('refuses a held lock to TryLock with the name and a key, and no error', async () => {
    await world.raw('Lock', lockRequest({ name: 'a' }));
    const fields = fieldsOf(await world.raw('TryLock', lockRequest({ name: 'a' })), LOCK_ERROR);
    expect(Object.keys(fields)).to.deep.equal(['2', '3']);
  });

  it('unlocks with unlocked 1 and name 2, and refuses with error 3', async () => {
    const granted = fieldsOf(await world.raw('Lock', lockRequest({ name: 'a' })), LOCK_ERROR);
    const key = String(granted[3]);
    const first = await world.raw('Unlock', keyRequest({ name: 'a', key }));
    expect(fieldsOf(first, UNLOCK_ERROR)).to.deep.equal({ 1: 1, 2: 'a' });
    const second = await world.raw('Unlock', keyRequest({ name: 'a', key }));
    expect(fieldsOf(second, UNLOCK_ERROR)).to.deep.equal({
      2: 'a',
      3: [2, 'invalid lock key'],
    });
  });

  for (const method of ['RefreshLock', 'Renew'] as const) {
    it(`moves a lease's end by ${method} with the timeout in field 100`, async () => {
      const request = lockRequest({ name: 'a', lockSeconds: 5 });
      const granted = fieldsOf(await world.raw('Lock', request), LOCK_ERROR);
      const key = String(granted[3]);
      const renewed = await world.raw(method, keyRequest({ name: 'a', key, lockSeconds: 60 }));
      expect(fieldsOf(renewed, LOCK_ERROR)).to.include({ 1: 1, 2: 'a', 3: key });
      await world.clock.advance(59_000);
      const held = fieldsOf(await world.raw('TryLock', lockRequest({ name: 'a' })), LOCK_ERROR);
      expect(held).not.to.have.property('1');
    });
  }

  it('skips fields that it does not know, of every wire type', async () => {
    const writer = new BinaryWriter();
    writer.writeString(1, 'a');
    writer.writeInt32(1023, 7);
    writer.writeString(1024, 'text');
    writer.writeFixed32(1025, 1);
    writer.writeFixed64(1026, 1);
    const fields = fieldsOf(await world.raw('TryLock', writer.getResultBuffer()), LOCK_ERROR);
    expect(fields).to.include({ 1: 1, 2: 'a' });
  });

  for (const [what, bytes] of [
    ['no message', [0xff, 0xff, 0xff]],
    ['a name that is no UTF-8', [0x0a, 0x02, 0xff, 0xfe]],
    ['a name with half a surrogate pair', [0x0a, 0x03, 0xed, 0xa0, 0x80]],
    ['a name longer than the message', [0x0a, 0x7f, 0x61]],
  ] as const) {
    it(`answers INTERNAL to ${what}, and goes on`, async () => {
      const answer = await world.raw('TryLock', Uint8Array.from(bytes));
      expect(answer.status).to.equal(13);
      const next = await world.raw('TryLock', lockRequest({ name: 'a' }));
      expect(fieldsOf(next, LOCK_ERROR)).to.include({ 1: 1 });
    });
  }

  it('takes a name with a replacement character that was sent as one', async () => {
    const answer = await world.raw('TryLock', lockRequest({ name: 'a\uFFFD' }));
    expect(fieldsOf(answer, LOCK_ERROR)).to.include({ 1: 1, 2: 'a\uFFFD' });
  });

  it('reads a name sent as a number as no name', async () => {
    const answer = await world.raw('TryLock', Uint8Array.from([0x08, 0x01]));
    expect(fieldsOf(answer, LOCK_ERROR)[LOCK_ERROR]).to.deep.equal([
      0,
      'lock name cannot be empty',
    ]);
  });
});
