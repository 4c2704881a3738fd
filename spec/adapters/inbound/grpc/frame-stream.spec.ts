import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { FrameStream } from '../../../../adapters/inbound/grpc/frame-stream.js';
import { encodeServerFrame } from '../../../../proto/session-frames.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { ScriptedStream } from '../../../support/scripted-stream.js';

describe('FrameStream', () => {
  const clock = new FakeClock();
  let client: ScriptedStream;
  let stream: FrameStream;

  beforeEach(() => {
    client = new ScriptedStream('10.0.0.1:5000');
    stream = new FrameStream(client.call, () => clock.now());
  });

  it('says in one frame what is said in one turn', async () => {
    stream.granted({ requestId: 1, key: 'k', fencingToken: 7, waitedMs: 0 });
    stream.done(2);
    stream.refused({ requestId: 3, code: 4, message: 'm' });
    stream.lost({ name: 'n', key: 'k', reason: 1 });
    stream.notice(1);
    stream.received();
    await clock.settle();
    expect(client.frames).to.deep.equal([
      {
        welcome: undefined,
        received: 1,
        granted: [{ requestId: 1, key: 'k', fencingToken: 7, waitedMs: 0 }],
        done: [2],
        refused: [{ requestId: 3, code: 4, message: 'm' }],
        lost: [{ name: 'n', key: 'k', reason: 1 }],
        notices: [1],
      },
    ]);
  });

  it('says nothing when there is nothing to say', async () => {
    await clock.settle();
    expect(client.frames).to.deep.equal([]);
  });

  it('writes one frame at a time, and the next with all that gathered', async () => {
    client.isStalled = true;
    stream.done(1);
    await clock.settle();
    stream.done(2);
    await clock.settle();
    stream.done(3);
    await clock.settle();
    expect(client.frames.map(({ done }) => done)).to.deep.equal([[1]]);
    client.read();
    await clock.settle();
    expect(client.frames.map(({ done }) => done)).to.deep.equal([[1], [2, 3]]);
  });

  it('splits what is too much for a frame, in order, and loses none of it', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `${index}`.padEnd(65_000, '鍵'));
    for (const name of names) {
      stream.lost({ name, key: 'k', reason: 1 });
      stream.granted({ requestId: 1, key: 'k', fencingToken: 7, waitedMs: 0 });
    }
    stream.done(9);
    await clock.settle();
    await clock.settle();
    await clock.settle();
    await clock.settle();
    expect(client.frames.length).to.be.greaterThan(4);
    expect(client.all.lost.map(({ name }) => name)).to.deep.equal(names);
    expect(client.all.granted).to.have.length(40);
    expect(client.all.done).to.deep.equal([9]);
    for (const frame of client.frames) {
      expect(encodeServerFrame(frame).length).to.be.below(2 * 1024 * 1024);
    }
  });

  it('ends with what was said before, then the status', async () => {
    client.isStalled = true;
    stream.done(1);
    await clock.settle();
    stream.done(2);
    stream.end({ code: status.ABORTED, details: 'taken over' });
    await clock.settle();
    expect(client.status).to.equal(undefined);
    client.read();
    await clock.settle();
    expect(client.all.done).to.deep.equal([1, 2]);
    expect(client.status).to.deep.equal({ code: status.ABORTED, details: 'taken over' });
  });

  it('ends once, for the first reason', async () => {
    stream.end('orderly');
    stream.end({ code: status.ABORTED, details: 'taken over' });
    await clock.settle();
    expect(client.status?.code).to.equal(status.OK);
  });

  it('writes nothing to a client that is gone', async () => {
    client.break();
    stream.done(1);
    stream.end('orderly');
    await clock.settle();
    expect([client.frames, client.status]).to.deep.equal([[], undefined]);
  });

  it('knows when it was heard of last, by whom, and when it was ended', async () => {
    const startedAt = clock.now();
    expect([stream.connection, stream.heardAt, stream.endedAt]).to.deep.equal([
      '10.0.0.1:5000',
      startedAt,
      undefined,
    ]);
    await clock.advance(5);
    stream.received();
    await clock.advance(5);
    stream.end('orderly');
    expect([stream.heardAt, stream.endedAt]).to.deep.equal([startedAt + 5, startedAt + 10]);
  });
});
