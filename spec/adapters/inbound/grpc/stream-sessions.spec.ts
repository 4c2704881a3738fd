import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { LOSS, NOTICE, REFUSAL } from '../../../../proto/session-frames.js';
import { FixedTerm } from '../../../support/fixed-term.js';
import type { ScriptedStream } from '../../../support/scripted-stream.js';
import { acquire, release, StreamWorld, welcomeOf } from '../../../support/stream-world.js';

let world: StreamWorld;

beforeEach(async () => {
  world = await StreamWorld.start();
});

/** The key of what a request was granted. */
function keyOf(stream: ScriptedStream, requestId: number): string {
  const granted = stream.all.granted.findLast((grant) => grant.requestId === requestId);
  expect(granted, `request ${requestId} is granted`).to.be.an('object');
  return granted?.key ?? '';
}

const codesOf = (stream: ScriptedStream) =>
  stream.all.refused.map(({ requestId, code }) => [requestId, code]);

async function holderCount(): Promise<number> {
  return world.service.leaseCount;
}

describe('StreamSessions', () => {
  describe('welcomes', () => {
    it('a client to a new session, with all that it has to know', async () => {
      const stream = await world.visit();
      const { token, ...welcome } = welcomeOf(stream);
      expect(token).to.match(/^[\w-]{22}$/);
      expect(welcome).to.deep.equal({
        resumed: false,
        recoveryWindowMs: 3_000,
        heartbeatMs: 1_000,
        frameRequestsMax: 4096,
        sessionRequestsMax: 100,
        frameBytesMax: 4_194_304,
      });
    });

    for (const [asked, given, heartbeatMs] of [
      [undefined, 10_000, 3_333],
      [0, 0, 5_000],
      [1, 1_000, 333],
      [5_000, 5_000, 1_666],
      [60_000, 10_000, 3_333],
    ] as const) {
      it(`with a window of ${given} ms one that asked for ${asked}`, async () => {
        const stream = world.connect();
        stream.send({ hello: { token: '', recoveryWindowMs: asked, owner: undefined } });
        await world.settle();
        expect(welcomeOf(stream)).to.include({ recoveryWindowMs: given, heartbeatMs });
      });
    }

    it('before it takes up what came with the Hello, and behind it', async () => {
      const stream = world.connect();
      const hello = { token: '', recoveryWindowMs: undefined, owner: undefined };
      stream.send({ hello, acquires: [acquire(1)] });
      stream.send({ acquires: [acquire(2, { waitMs: 0 })] });
      await world.settle();
      const [first] = stream.frames;
      expect(first?.welcome).to.be.an('object');
      expect(stream.all.granted.map(({ requestId }) => requestId)).to.deep.equal([1]);
      expect(codesOf(stream)).to.deep.equal([[2, REFUSAL.held]]);
    });

    it('nobody before the session is kept', async () => {
      world.isStoreSlow = true;
      const stream = await world.visit({}, { acquires: [acquire(1)] });
      expect(stream.frames.flatMap((frame) => frame.welcome ?? [])).to.deep.equal([]);
      world.isStoreSlow = false;
      await world.settle();
      expect(welcomeOf(stream).resumed).to.equal(false);
      expect(stream.all.granted).to.have.length(1);
    });

    it('nobody when the store fails under the session', async () => {
      world.isStoreSlow = true;
      const stream = await world.visit();
      world.store.fail();
      await world.settle();
      expect(stream.status?.code).to.equal(status.UNAVAILABLE);
    });
  });

  describe('turns away', () => {
    it('a stream that begins without a Hello', async () => {
      const stream = world.connect();
      stream.send({ acquires: [acquire(1)] });
      await world.settle();
      expect(stream.status?.code).to.equal(status.INVALID_ARGUMENT);
      expect(await holderCount()).to.equal(0);
    });

    it('a second Hello', async () => {
      const stream = await world.visit();
      stream.send({ hello: { token: '', recoveryWindowMs: 1, owner: undefined } });
      await world.settle();
      expect(stream.status?.code).to.equal(status.INVALID_ARGUMENT);
    });

    it('an owner of more words than are taken', async () => {
      const stream = world.connect();
      const owner = { host: 'h'.repeat(1_021) };
      stream.send({ hello: { token: '', recoveryWindowMs: 1, owner } });
      await world.settle();
      expect(stream.status?.code).to.equal(status.INVALID_ARGUMENT);
    });

    it('one session more than there may be, and takes it when another has ended', async () => {
      world = await StreamWorld.start({ rules: { sessionsMax: 1 } });
      const first = await world.visit();
      const second = await world.visit();
      expect(second.status?.code).to.equal(status.RESOURCE_EXHAUSTED);
      first.send({ goodbye: true });
      await world.settle();
      expect(welcomeOf(await world.visit()).resumed).to.equal(false);
    });

    it('everyone while the server stops', async () => {
      const { token } = welcomeOf(await world.visit());
      await world.service.drain();
      for (const stream of [await world.visit(), await world.visit({ token })]) {
        expect(stream.status?.code).to.equal(status.UNAVAILABLE);
      }
    });

    it('a request without a number', async () => {
      const stream = await world.visit({}, { acquires: [acquire(0)] });
      expect(stream.status?.code).to.equal(status.INVALID_ARGUMENT);
      expect(await holderCount()).to.equal(0);
    });
  });

  describe('serves', () => {
    it('an acquire, a renewal, a check and a release', async () => {
      const stream = await world.visit({}, { acquires: [acquire(1, { leaseMs: 500 })] });
      const key = keyOf(stream, 1);
      stream.send({ renewals: [{ ...release(2, key), leaseMs: 900 }], checks: [release(3, key)] });
      await world.advance(600);
      expect(stream.all.done).to.have.members([2, 3]);
      stream.send({ releases: [release(4, key)] });
      await world.settle();
      expect(stream.all.done).to.have.members([2, 3, 4]);
      expect(await holderCount()).to.equal(0);
    });

    it('waiters in the order of their frame, and over all sessions', async () => {
      const ann = await world.visit({}, { acquires: [acquire(1), acquire(2), acquire(3)] });
      const bob = await world.visit({}, { acquires: [acquire(1)] });
      ann.send({ releases: [release(4, keyOf(ann, 1))] });
      await world.settle();
      ann.send({ releases: [release(5, keyOf(ann, 2))] });
      await world.settle();
      expect(bob.all.granted).to.deep.equal([]);
      ann.send({ releases: [release(6, keyOf(ann, 3))] });
      await world.settle();
      expect(bob.all.granted).to.have.length(1);
    });

    for (const [what, frame, code] of [
      ['a lock that is held', { acquires: [acquire(9, { waitMs: 0 })] }, REFUSAL.held],
      ['an empty name', { acquires: [acquire(9, { name: '' })] }, REFUSAL.nameEmpty],
      [
        'a name too long',
        { acquires: [acquire(9, { name: 'n'.repeat(65) })] },
        REFUSAL.nameTooLong,
      ],
      ['a lease of no time', { acquires: [acquire(9, { leaseMs: 0 })] }, REFUSAL.leaseTimeInvalid],
      [
        'another size',
        { acquires: [acquire(9, { claims: [{ name: 'printer', size: 2, units: 1 }] })] },
        REFUSAL.sizeMismatch,
      ],
      [
        'a size of 0',
        { acquires: [acquire(9, { claims: [{ name: 'other', size: 0, units: 1 }] })] },
        REFUSAL.sizeInvalid,
      ],
      ['no claim', { acquires: [acquire(9, { claims: [] })] }, REFUSAL.claimsUnsupported],
      [
        'two claims',
        { acquires: [acquire(9, { claims: [...acquire(1).claims, ...acquire(1).claims] })] },
        REFUSAL.claimsUnsupported,
      ],
      [
        'two units',
        { acquires: [acquire(9, { claims: [{ name: 'other', size: 2, units: 2 }] })] },
        REFUSAL.claimsUnsupported,
      ],
      [
        'metadata too long',
        { acquires: [acquire(9, { name: 'other', metadata: { w: 'x'.repeat(1_024) } })] },
        REFUSAL.metadataTooLong,
      ],
      [
        'the release of an unknown lock',
        { releases: [release(9, 'k', 'nope')] },
        REFUSAL.lockUnknown,
      ],
      ['a release by a wrong key', { releases: [release(9, 'k')] }, REFUSAL.keyInvalid],
      [
        'a renewal by a wrong key',
        { renewals: [{ ...release(9, 'k'), leaseMs: 1 }] },
        REFUSAL.leaseUnknown,
      ],
      [
        'a renewal to no time',
        { renewals: [{ ...release(9, 'k'), leaseMs: 0 }] },
        REFUSAL.leaseTimeInvalid,
      ],
      ['a check of no lease', { checks: [release(9, 'k')] }, REFUSAL.leaseUnknown],
    ] as const) {
      it(`${what} with its refusal, in words`, async () => {
        const stream = await world.visit({}, { acquires: [acquire(1)] });
        stream.send(frame);
        await world.settle();
        expect(codesOf(stream)).to.deep.equal([[9, code]]);
        expect(stream.all.refused[0]?.message).to.match(/^[a-z].{10}/);
      });
    }

    it('a wait that passes with WAIT_TIMEOUT', async () => {
      const stream = await world.visit({}, { acquires: [acquire(1), acquire(2, { waitMs: 500 })] });
      await world.advance(500);
      expect(codesOf(stream)).to.deep.equal([[2, REFUSAL.waitTimeout]]);
    });

    it('what is asked in one turn with one frame', async () => {
      const stream = await world.visit();
      const before = stream.frames.length;
      for (let requestId = 1; requestId <= 20; requestId += 1) {
        stream.send({ acquires: [acquire(requestId, { name: `n${requestId}` })] });
      }
      await world.settle();
      expect(stream.frames.length - before).to.equal(1);
      expect(stream.frames.at(-1)).to.include({ received: 21 });
      expect(stream.all.granted).to.have.length(20);
    });

    it('a heartbeat with a frame that counts it', async () => {
      const stream = await world.visit();
      stream.send();
      await world.settle();
      expect(stream.frames.at(-1)?.received).to.equal(2);
    });

    it('no heartbeat once another server may lead, though nobody has told of it yet', async () => {
      const term = new FixedTerm();
      world.store.term = term;
      const stream = await world.visit();
      stream.send();
      await world.settle();
      const heardCount = stream.frames.length;
      term.runOut();
      stream.send();
      await world.settle();
      expect(stream.frames.slice(heardCount)).to.deep.equal([]);
      expect(stream.status?.code).to.equal(status.UNAVAILABLE);
    });

    it('nothing before it is kept', async () => {
      const stream = await world.visit();
      world.isStoreSlow = true;
      stream.send({ acquires: [acquire(1), acquire(2, { waitMs: 0 })] });
      await world.settle();
      expect([stream.all.granted, codesOf(stream)]).to.deep.equal([[], []]);
      world.isStoreSlow = false;
      await world.settle();
      expect(stream.all.granted).to.have.length(1);
      expect(codesOf(stream)).to.deep.equal([[2, REFUSAL.held]]);
    });
  });

  describe('on a withdrawal', () => {
    it('takes a waiter out of its queue', async () => {
      const stream = await world.visit({}, { acquires: [acquire(1), acquire(2), acquire(3)] });
      stream.send({ withdrawals: [2], releases: [release(4, keyOf(stream, 1))] });
      await world.settle();
      expect(codesOf(stream)).to.deep.equal([[2, REFUSAL.withdrawn]]);
    });

    it('undoes a grant that was not heard of, and says so last', async () => {
      const stream = await world.visit({}, { acquires: [acquire(1), acquire(2)] });
      stream.send({ withdrawals: [1] });
      await world.settle();
      expect(codesOf(stream)).to.deep.equal([[1, REFUSAL.withdrawn]]);
      expect(stream.all.granted.map(({ requestId }) => requestId)).to.deep.equal([1, 2]);
      expect(stream.all.lost).to.deep.equal([]);
    });

    it('says that a grant is undone no sooner than that is kept', async () => {
      const stream = await world.visit({}, { acquires: [acquire(1)] });
      world.isStoreSlow = true;
      stream.send({ withdrawals: [1] });
      await world.settle();
      expect(codesOf(stream)).to.deep.equal([]);
      world.isStoreSlow = false;
      await world.settle();
      expect(codesOf(stream)).to.deep.equal([[1, REFUSAL.withdrawn]]);
    });

    it('undoes a grant that is being kept', async () => {
      const stream = await world.visit();
      world.isStoreSlow = true;
      stream.send({ acquires: [acquire(1)] });
      stream.send({ withdrawals: [1] });
      await world.settle();
      world.isStoreSlow = false;
      await world.settle();
      expect(stream.all.granted).to.deep.equal([]);
      expect(stream.all.refused.map(({ requestId }) => requestId)).to.deep.equal([1]);
      expect(await holderCount()).to.equal(0);
    });

    it('leaves alone what was heard of, refused, or never asked', async () => {
      const stream = await world.visit({}, { acquires: [acquire(1), acquire(2, { waitMs: 0 })] });
      stream.send({ heard: [1], withdrawals: [1, 2, 3] });
      await world.settle();
      expect(codesOf(stream)).to.deep.equal([[2, REFUSAL.held]]);
      expect(await holderCount()).to.equal(1);
    });
  });

  describe('decides once', () => {
    it('what is asked twice by one stream', async () => {
      const stream = await world.visit({}, { acquires: [acquire(1)] });
      stream.send({ acquires: [acquire(1)] });
      await world.settle();
      const [first, second] = stream.all.granted;
      expect(second).to.deep.equal(first);
      expect(await holderCount()).to.equal(1);
    });

    it('what is asked again by another stream, refusals and releases too', async () => {
      const first = await world.visit(
        {},
        { acquires: [acquire(1), acquire(2, { waitMs: 0 }), acquire(3, { name: 'other' })] },
      );
      const { token } = welcomeOf(first);
      const key = keyOf(first, 1);
      first.send({ releases: [release(4, key)] });
      await world.settle();
      first.break();
      const again = {
        acquires: [acquire(2, { waitMs: 0 }), acquire(3, { name: 'other' })],
        releases: [release(4, key)],
      };
      const second = await world.visit({ token }, again);
      expect(welcomeOf(second).resumed).to.equal(true);
      expect(codesOf(second)).to.deep.equal([[2, REFUSAL.held]]);
      expect(second.all.done).to.deep.equal([4]);
      expect(keyOf(second, 3)).to.equal(keyOf(first, 3));
    });

    it('a wait, whose place in the queue stays and whose answer goes to the newer stream', async () => {
      const ann = await world.visit({}, { acquires: [acquire(1)] });
      const bob = await world.visit({}, { acquires: [acquire(7)] });
      const cid = await world.visit({}, { acquires: [acquire(1)] });
      bob.break();
      const back = await world.visit({ token: welcomeOf(bob).token }, { acquires: [acquire(7)] });
      ann.send({ releases: [release(2, keyOf(ann, 1))] });
      await world.settle();
      expect(back.all.granted.map(({ requestId }) => requestId)).to.deep.equal([7]);
      expect(cid.all.granted).to.deep.equal([]);
    });

    it('a grant whose lease has ended meanwhile with LEASE_ENDED', async () => {
      const first = await world.visit({}, { acquires: [acquire(1, { leaseMs: 500 })] });
      first.break();
      await world.advance(600);
      const second = await world.visit(
        { token: welcomeOf(first).token },
        { acquires: [acquire(1, { leaseMs: 500 })] },
      );
      expect(codesOf(second)).to.deep.equal([[1, REFUSAL.leaseEnded]]);
      expect(await holderCount()).to.equal(0);
    });

    it('and forgets what was heard', async () => {
      const stream = await world.visit({}, { acquires: [acquire(1), acquire(2)] });
      stream.send({ heard: [1, 2] });
      stream.send({ acquires: [acquire(1, { waitMs: 0 })] });
      await world.settle();
      // 1 was forgotten and is a new request; 2 has no answer that could have been heard.
      expect(codesOf(stream)).to.deep.equal([[1, REFUSAL.held]]);
      stream.send({ releases: [release(3, keyOf(stream, 1))] });
      await world.settle();
      expect(stream.all.granted.map(({ requestId }) => requestId)).to.deep.equal([1, 2]);
    });

    it('over a restart: a grant and a release that were kept and not answered', async () => {
      const first = await world.visit(
        {},
        { acquires: [acquire(1), acquire(2, { name: 'other' })] },
      );
      const { token } = welcomeOf(first);
      const [key, otherKey] = [keyOf(first, 1), keyOf(first, 2)];
      first.send({ releases: [release(3, otherKey, 'other')] });
      await world.settle();

      world = await world.restart();
      const second = await world.visit(
        { token },
        { acquires: [acquire(1)], releases: [release(3, otherKey, 'other')] },
      );
      expect(welcomeOf(second)).to.include({ resumed: true, recoveryWindowMs: 3_000 });
      expect(second.all.granted).to.deep.equal(
        first.all.granted.filter(({ requestId }) => requestId === 1),
      );
      expect(keyOf(second, 1)).to.equal(key);
      expect(second.all.done).to.deep.equal([3]);
    });

    it('over a restart: a grant that is not wanted any more is undone', async () => {
      const first = await world.visit({}, { acquires: [acquire(1)] });
      world = await world.restart();
      const { token } = welcomeOf(first);
      const second = await world.visit({ token }, { acquires: [acquire(1)], withdrawals: [1] });
      expect(second.all.refused.map(({ requestId }) => requestId)).to.deep.equal([1]);
      expect(await holderCount()).to.equal(0);
    });
  });

  describe('when a stream breaks', () => {
    it('keeps leases and waiters for the recovery window, and no longer', async () => {
      const ann = await world.visit({}, { acquires: [acquire(1), acquire(2, { name: 'other' })] });
      const bob = await world.visit({ recoveryWindowMs: 10_000 }, { acquires: [acquire(1)] });
      ann.break();
      await world.advance(2_999);
      expect(bob.all.granted).to.deep.equal([]);
      bob.send();
      await world.advance(1);
      expect(bob.all.granted).to.have.length(1);
      expect(await holderCount()).to.equal(1);
      const back = await world.visit({ token: welcomeOf(ann).token });
      expect(welcomeOf(back).resumed).to.equal(false);
    });

    it('ends the session at once without a window', async () => {
      const stream = await world.visit({ recoveryWindowMs: 0 }, { acquires: [acquire(1)] });
      stream.break();
      await world.settle();
      expect(await holderCount()).to.equal(0);
      expect(world.sessions.count).to.equal(0);
    });

    it('grants to who is away and comes back in time', async () => {
      const ann = await world.visit({ recoveryWindowMs: 10_000 }, { acquires: [acquire(1)] });
      const bob = await world.visit({}, { acquires: [acquire(1)] });
      bob.break();
      ann.send({ releases: [release(2, keyOf(ann, 1))] });
      await world.advance(1_000);
      const back = await world.visit({ token: welcomeOf(bob).token }, { acquires: [acquire(1)] });
      expect(back.all.granted).to.have.length(1);
    });

    it('keeps a session for good that was come back to', async () => {
      const first = await world.visit({}, { acquires: [acquire(1)] });
      first.break();
      await world.advance(1_000);
      const second = await world.visit({ token: welcomeOf(first).token });
      for (let beat = 0; beat < 10; beat += 1) {
        second.send();
        await world.advance(1_000);
      }
      expect(await holderCount()).to.equal(1);
    });

    it('counts a client that half-closes as away', async () => {
      const stream = await world.visit({}, { acquires: [acquire(1)] });
      stream.emit('end');
      await world.advance(3_000);
      expect(stream.status?.code).to.equal(status.OK);
      expect(await holderCount()).to.equal(0);
    });

    it('ends a session whose client went before it was welcomed', async () => {
      world.isStoreSlow = true;
      const stream = await world.visit();
      stream.break();
      world.isStoreSlow = false;
      await world.settle();
      await world.advance(3_000);
      expect(world.sessions.count).to.equal(0);
    });

    it('tells nobody of what it decides meanwhile', async () => {
      const stream = await world.visit();
      world.isStoreSlow = true;
      stream.send({ acquires: [acquire(1)] });
      stream.break();
      const frames = stream.frames.length;
      world.isStoreSlow = false;
      await world.settle();
      expect(stream.frames).to.have.length(frames);
      expect(await holderCount()).to.equal(1);
    });
  });

  describe('when a second stream comes for a session', () => {
    it('ends the first with ABORTED and no longer listens to it', async () => {
      const first = await world.visit({}, { acquires: [acquire(1)] });
      const second = await world.visit({ token: welcomeOf(first).token });
      expect(first.status?.code).to.equal(status.ABORTED);
      first.send({ releases: [release(2, keyOf(first, 1))] });
      await world.settle();
      expect(await holderCount()).to.equal(1);
      second.send();
      await world.advance(1_000);
      second.send();
      await world.advance(2_500);
      expect(await holderCount()).to.equal(1);
    });

    it('keeps the session though the first breaks while the second waits for the store', async () => {
      const first = await world.visit({}, { acquires: [acquire(1)] });
      world.isStoreSlow = true;
      first.send({ acquires: [acquire(2, { name: 'other' })] });
      const second = await world.visit({ token: welcomeOf(first).token });
      first.break();
      world.isStoreSlow = false;
      await world.settle();
      expect(welcomeOf(second).resumed).to.equal(true);
      second.send();
      await world.advance(2_900);
      second.send();
      await world.advance(2_900);
      expect(await holderCount()).to.equal(2);
    });

    it('lets the window run though the second is gone before it has the session', async () => {
      const first = await world.visit({}, { acquires: [acquire(1)] });
      world.isStoreSlow = true;
      first.send({ acquires: [acquire(2, { name: 'other' })] });
      const second = await world.visit({ token: welcomeOf(first).token });
      first.break();
      second.break();
      world.isStoreSlow = false;
      await world.settle();
      await world.advance(3_000);
      expect(await holderCount()).to.equal(0);
    });

    it('keeps the first, if the second is gone before it has the session', async () => {
      const first = await world.visit({}, { acquires: [acquire(1)] });
      world.isStoreSlow = true;
      first.send({ acquires: [acquire(2, { name: 'other' })] });
      const second = await world.visit({ token: welcomeOf(first).token });
      second.break();
      world.isStoreSlow = false;
      await world.settle();
      for (let beat = 0; beat < 5; beat += 1) {
        first.send();
        await world.advance(1_000);
      }
      expect(first.status).to.equal(undefined);
      expect(await holderCount()).to.equal(2);
    });
  });

  describe('tells a client', () => {
    it('that a lease expired, was revoked, or was released by somebody else', async () => {
      const stream = await world.visit(
        {},
        {
          acquires: [
            acquire(1, { leaseMs: 500 }),
            acquire(2, { name: 'b' }),
            acquire(3, { name: 'c' }),
          ],
        },
      );
      await world.advance(500);
      const revoking = world.service.administration.revoke({ name: 'b' });
      const releasing = world.service.release({ name: 'c', key: keyOf(stream, 3) });
      await world.settle();
      await Promise.all([revoking, releasing]);
      expect(stream.all.lost).to.deep.equal([
        { name: 'printer', key: keyOf(stream, 1), reason: LOSS.expired },
        { name: 'b', key: keyOf(stream, 2), reason: LOSS.revoked },
        { name: 'c', key: keyOf(stream, 3), reason: LOSS.released },
      ]);
    });

    it('nothing of what it released itself', async () => {
      const stream = await world.visit({}, { acquires: [acquire(1)] });
      stream.send({ releases: [release(2, keyOf(stream, 1))] });
      await world.settle();
      expect(stream.all.lost).to.deep.equal([]);
    });

    it('that two heartbeats are overdue, once, and cuts the stream after the third', async () => {
      const stream = await world.visit({}, { acquires: [acquire(1)] });
      await world.advance(2_001);
      await world.advance(500);
      expect(stream.all.notices).to.deep.equal([NOTICE.danger]);
      await world.advance(500);
      expect(stream.status?.code).to.equal(status.DEADLINE_EXCEEDED);
      await world.advance(2_999);
      expect(await holderCount()).to.equal(1);
      await world.advance(1);
      expect(await holderCount()).to.equal(0);
    });

    it('again, when it was heard of in between', async () => {
      const stream = await world.visit();
      await world.advance(2_001);
      stream.send();
      await world.advance(1);
      await world.advance(2_001);
      expect(stream.all.notices).to.deep.equal([NOTICE.danger, NOTICE.danger]);
    });

    it('that the server stops, and keeps what it holds in the store', async () => {
      const stream = await world.visit({}, { acquires: [acquire(1), acquire(2)] });
      const draining = world.service.drain();
      await world.settle();
      await draining;
      world.sessions.close();
      await world.settle();
      expect(codesOf(stream)).to.deep.equal([[2, REFUSAL.serverStopping]]);
      expect(stream.all.notices).to.deep.equal([NOTICE.draining]);
      expect(stream.status?.code).to.equal(status.UNAVAILABLE);
      const next = await world.restart();
      expect(next.service.leaseCount).to.equal(1);
    });
  });

  describe('on a goodbye', () => {
    it('frees all, at once, and ends the stream with OK', async () => {
      const stream = await world.visit({}, { acquires: [acquire(1), acquire(2)] });
      const bob = await world.visit({}, { acquires: [acquire(1)] });
      stream.send({ goodbye: true });
      await world.settle();
      expect(stream.status?.code).to.equal(status.OK);
      expect(stream.all.notices).to.deep.equal([]);
      expect(bob.all.granted).to.have.length(1);
    });

    it('turns away who comes back to the session in that very moment', async () => {
      const stream = await world.visit();
      const { token } = welcomeOf(stream);
      const other = world.connect();
      other.send({ hello: { token, recoveryWindowMs: 3_000, owner: undefined } });
      stream.send({ goodbye: true });
      await world.settle();
      expect(stream.status?.code).to.equal(status.OK);
      expect(other.status?.code).to.equal(status.ABORTED);
      expect(other.frames.some(({ welcome }) => welcome !== undefined)).to.equal(false);
    });

    it('frees all though the server is stopping', async () => {
      const stream = await world.visit({}, { acquires: [acquire(1)] });
      await world.service.drain();
      stream.send({ goodbye: true });
      await world.settle();
      expect(await holderCount()).to.equal(0);
    });
  });

  describe('bounds', () => {
    it('the requests of a frame', async () => {
      world = await StreamWorld.start({ sessionRequestsMax: 10_000 });
      const requests = Array.from({ length: 4_097 }, (_, index) => release(index + 1, 'k'));
      const stream = await world.visit();
      stream.send({ checks: requests.slice(1) });
      await world.settle();
      expect(stream.status).to.equal(undefined);
      stream.send({
        checks: requests.map((request) => ({ ...request, requestId: request.requestId + 5_000 })),
      });
      await world.settle();
      expect(stream.status?.code).to.equal(status.RESOURCE_EXHAUSTED);
    });

    it('the requests without an answer that was heard, those asked again not counted', async () => {
      const stream = await world.visit();
      const requests = Array.from({ length: 100 }, (_, index) => release(index + 1, 'k'));
      stream.send({ checks: requests });
      stream.send({ checks: requests });
      await world.settle();
      expect(stream.status).to.equal(undefined);
      stream.send({ heard: [1], checks: [release(101, 'k')] });
      await world.settle();
      expect(stream.status).to.equal(undefined);
      stream.send({ checks: [release(102, 'k')] });
      await world.settle();
      expect(stream.status?.code).to.equal(status.RESOURCE_EXHAUSTED);
    });

    it('the releases behind one whose answer was not heard', async () => {
      const stream = await world.visit();
      stream.send({ releases: [release(1, 'k')] });
      for (let requestId = 2; requestId <= 101; requestId += 1) {
        stream.send({ releases: [release(requestId, 'k')] });
        await world.settle();
        stream.send({ heard: [requestId] });
      }
      expect(stream.status).to.equal(undefined);
      stream.send({ releases: [release(102, 'k')] });
      await world.settle();
      expect(stream.status?.code).to.equal(status.RESOURCE_EXHAUSTED);
      const again = await world.visit({ token: welcomeOf(stream).token }, { heard: [1, 102] });
      again.send({ releases: [release(103, 'k')] });
      await world.settle();
      expect(again.status).to.equal(undefined);
    });

    it('what waits for a client that does not read: one frame, then what gathers', async () => {
      const stream = await world.visit();
      stream.isStalled = true;
      for (let requestId = 1; requestId <= 50; requestId += 1) {
        stream.send({ checks: [release(requestId, 'k')] });
        await world.settle();
      }
      const stalledAt = stream.frames.length;
      stream.read();
      await world.settle();
      expect(stream.frames.length).to.equal(stalledAt + 1);
      expect(stream.all.refused).to.have.length(50);
    });

    it('notices that are not read', async () => {
      world = await StreamWorld.start({ sessionRequestsMax: 100_000 });
      const stream = await world.visit();
      for (let from = 1; from <= 10_002; from += 4_000) {
        const acquires = Array.from({ length: Math.min(4_000, 10_003 - from) }, (_, index) =>
          acquire(from + index, { name: `n${from + index}`, leaseMs: 500 }),
        );
        stream.send({ acquires });
        await world.settle();
      }
      stream.isStalled = true;
      stream.send();
      await world.settle();
      for (let turn = 0; turn < 20; turn += 1) {
        await world.advance(25);
      }
      expect(stream.status).to.equal(undefined);
      expect(stream.destroyed).to.equal(false);
      await world.advance(300);
      expect(world.service.leaseCount).to.equal(0);
      stream.read();
      await world.settle();
      expect(stream.status?.code).to.equal(status.RESOURCE_EXHAUSTED);
    });

    it('the time until a Hello', async () => {
      const stream = world.connect();
      await world.advance(10_001);
      expect(stream.status?.code).to.equal(status.INVALID_ARGUMENT);
    });

    it('the time that an end takes: then the connection is cut', async () => {
      const stream = await world.visit({ peer: '10.0.0.9:999' });
      stream.isStalled = true;
      stream.send();
      await world.settle();
      stream.send({ hello: { token: '', recoveryWindowMs: 0, owner: undefined } });
      await world.advance(5_000);
      expect(world.cutConnections).to.deep.equal([]);
      await world.advance(1);
      expect(world.cutConnections).to.deep.equal(['10.0.0.9:999']);
    });
  });
});
