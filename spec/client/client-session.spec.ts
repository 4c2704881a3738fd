import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import type { HeldLock } from '../../client/held-lock.js';
import { StreamUnsupportedError } from '../../client/stream-unsupported-error.js';
import { LOSS, NOTICE, REFUSAL } from '../../proto/session-frames.js';
import { EngineWorld, grant, outcomeOf, refuse } from '../support/engine-world.js';
import { fakeTiming } from '../support/fake-timing.js';

let world: EngineWorld;

describe('ClientSession', () => {
  beforeEach(() => {
    world = new EngineWorld();
  });

  describe('a first request', () => {
    it('opens a stream, says who it is, and is said when it is welcome', async () => {
      const attempt = world.acquire({ leaseMs: 30_000, metadata: { purpose: 'p' } });
      await world.clock.settle();
      expect(world.links.last.frames.map(({ hello }) => hello)).to.deep.equal([
        { token: '', recoveryWindowMs: 3_000, owner: { name: 'w' } },
      ]);
      const link = await world.welcomed();
      expect(link.asked.acquires).to.deep.equal([
        {
          requestId: 1,
          claims: [{ name: 'printer', size: 1, units: 1 }],
          waitMs: undefined,
          leaseMs: 30_000,
          metadata: { purpose: 'p' },
        },
      ]);
      link.say(grant(1));
      const lock = await attempt.outcome;
      expect(lock).to.include({ name: 'printer', key: 'key-1', fencingToken: 41 });
      expect(world.isHeld(lock as HeldLock)).to.equal(true);
      expect(world.events).to.deep.equal(['connected']);
    });

    it('rides in one frame with all that is asked in one turn', async () => {
      for (let count = 0; count < 10; count += 1) {
        world.acquire({ name: `n${count}` });
      }
      const link = await world.welcomed();
      expect(link.frames.map(({ acquires }) => acquires.length)).to.deep.equal([0, 10]);
    });

    it('waits at the client while the server keeps as many in mind as it may', async () => {
      world.acquire({ name: 'a' });
      world.acquire({ name: 'b' });
      const link = await world.welcomed({ sessionRequestsMax: 1 });
      expect(link.asked.acquires).to.have.length(1);
      link.say(grant(1));
      await world.clock.settle();
      expect(link.asked.acquires.map(({ requestId }) => requestId)).to.deep.equal([1, 2]);
    });

    it('leaves room for the release that others wait for', async () => {
      const attempt = world.acquire();
      const link = await world.welcomed({ sessionRequestsMax: 4 });
      link.say(grant(1));
      const lock = (await attempt.outcome) as HeldLock;
      for (let count = 0; count < 10; count += 1) {
        world.acquire();
      }
      await world.clock.settle();
      world.engine.release(lock).catch(() => undefined);
      await world.clock.settle();
      expect(link.asked.releases).to.have.length(1);
    });

    it('is cut into frames of the size that the server takes', async () => {
      for (let count = 0; count < 5; count += 1) {
        world.acquire({ name: `n${count}` });
      }
      const link = await world.welcomed({ frameRequestsMax: 2 });
      await world.clock.settle();
      await world.clock.settle();
      expect(link.frames.map(({ acquires }) => acquires.length)).to.deep.equal([0, 2, 2, 1]);
    });
  });

  describe('an answer', () => {
    it('is told to have been heard with the next frame', async () => {
      await world.held();
      world.acquire({ name: 'b' });
      await world.clock.settle();
      expect(world.links.last.frames.at(-1)).to.deep.include({ heard: [1] });
    });

    it('that was heard in a frame which did not come through is told again', async () => {
      await world.held();
      const link = world.links.last;
      world.acquire({ name: 'b' });
      await world.clock.settle();
      expect(link.asked.heard).to.deep.equal([1]);
      const second = await world.resumed();
      expect(second.asked.heard).to.deep.equal([1]);
    });
  });

  describe('a request that is not wanted any more', () => {
    it('is asked and withdrawn in one frame after a break', async () => {
      const attempt = world.acquire();
      await world.welcomed();
      attempt.abandon('enough');
      await outcomeOf(attempt.outcome);
      const link = await world.resumed();
      const frame = link.frames.find(({ withdrawals }) => withdrawals.length > 0);
      expect(frame?.acquires.map(({ requestId }) => requestId)).to.deep.equal([1]);
      expect(frame?.withdrawals).to.deep.equal([1]);
    });

    it('is withdrawn with many others in as many frames as it takes', async () => {
      const attempts = Array.from({ length: 5 }, () => world.acquire());
      const link = await world.welcomed({ frameRequestsMax: 2 });
      await world.clock.settle();
      await world.clock.settle();
      for (const attempt of attempts) {
        attempt.abandon('enough');
        await outcomeOf(attempt.outcome);
      }
      for (let turn = 0; turn < 4; turn += 1) {
        await world.clock.settle();
      }
      expect(link.asked.withdrawals).to.deep.equal([1, 2, 3, 4, 5]);
      for (const { acquires, withdrawals } of link.frames) {
        expect(acquires.length + withdrawals.length).to.be.at.most(2);
      }
    });
  });

  describe('a lock', () => {
    for (const [reason, expected] of [
      [LOSS.expired, 'expired'],
      [LOSS.revoked, 'revoked'],
      [LOSS.released, 'released-by-another'],
      [LOSS.sessionEnded, 'session-ended'],
      [99, 'unknown'],
    ] as const) {
      it(`is lost at once when the server says ${expected}`, async () => {
        const lock = await world.held();
        const { signal } = lock;
        world.links.last.say({ lost: [{ name: 'printer', key: 'key-1', reason }] });
        expect(signal.reason).to.include({ reason: expected });
        expect(await outcomeOf(world.engine.release(lock))).to.equal('lost');
      });
    }
  });

  describe('when the stream breaks', () => {
    it('comes back with the token, and asks again under the same numbers what has no answer', async () => {
      const lock = await world.held();
      const waiting = world.acquire({ name: 'b' });
      const releasing = world.engine.release(lock);
      await world.clock.settle();
      const link = await world.resumed();
      expect(link.frames[0]?.hello?.token).to.equal('token-1');
      expect(link.asked.releases.map(({ requestId }) => requestId)).to.deep.equal([2]);
      expect(link.asked.acquires.map(({ requestId }) => requestId)).to.deep.equal([3]);
      link.say({ ...grant(3), done: [2] });
      await releasing;
      expect(((await waiting.outcome) as HeldLock).key).to.equal('key-3');
    });

    it('asks after all that it holds, and loses what is gone', async () => {
      const lock = await world.held();
      const link = await world.resumed();
      expect(world.isHeld(lock)).to.equal(true);
      expect(link.asked.checks).to.deep.equal([{ requestId: 2, name: 'printer', key: 'key-1' }]);
      link.say(refuse(2, REFUSAL.leaseUnknown));
      await world.clock.settle();
      expect(lock.loss?.reason).to.equal('unknown');
    });

    it('loses all when the session is not there any more, and asks anew', async () => {
      const lock = await world.held();
      const waiting = world.acquire({ name: 'b' });
      await world.clock.settle();
      world.links.last.end();
      await world.clock.advance(50);
      const link = await world.welcomed({ resumed: false, token: 'token-2' });
      expect(lock.loss?.reason).to.equal('session-ended');
      expect(world.events).to.deep.equal([
        'connected',
        'disconnected',
        'sessionLost 1',
        'connected',
      ]);
      expect(link.asked.acquires.map(({ requestId }) => requestId)).to.deep.equal([3]);
      link.say(grant(3));
      expect(await waiting.outcome).to.include({ key: 'key-3' });
    });

    it('gives everything up when the window is over, reckoned from the last sign of life', async () => {
      const lock = await world.held();
      const { signal } = lock;
      // The frame of the acquire was sent at 1,000,000 and is the last that the server took.
      await world.clock.advance(400);
      world.links.last.end();
      await world.clock.advance(2_599);
      expect([world.isHeld(lock), signal.aborted]).to.deep.equal([true, false]);
      await world.clock.advance(1);
      expect([world.isHeld(lock), signal.aborted]).to.deep.equal([false, true]);
      expect(lock.loss?.reason).to.equal('unreachable');
      await world.clock.advance(10_000);
      expect(world.links.last.frames[0]?.hello?.token).to.equal('');
    });

    it('reckons the window from when a frame was sent, however late it hears that it was taken', async () => {
      const attempt = world.acquire();
      const link = await world.welcomed();
      await world.clock.advance(900);
      link.say(grant(1));
      const lock = (await attempt.outcome) as HeldLock;
      link.end();
      await world.clock.advance(2_099);
      expect(world.isHeld(lock)).to.equal(true);
      await world.clock.advance(1);
      expect(world.isHeld(lock)).to.equal(false);
    });

    it('takes no frame for a sign of life that the server has not said to have taken', async () => {
      const lock = await world.held();
      const link = world.links.last;
      for (let beat = 0; beat < 2; beat += 1) {
        await world.clock.advance(1_000);
        // It speaks, and has heard nothing since the acquire.
        link.say({ received: 2 });
      }
      await world.clock.advance(999);
      expect(world.isHeld(lock)).to.equal(true);
      await world.clock.advance(1);
      expect(world.isHeld(lock)).to.equal(false);
    });

    it('gives everything up in time though nothing broke, when nothing is heard', async () => {
      const lock = await world.held();
      const { signal } = lock;
      const link = world.links.last;
      await world.clock.advance(2_999);
      expect(signal.aborted).to.equal(false);
      await world.clock.advance(1);
      expect(signal.aborted).to.equal(true);
      expect(link.isCancelled).to.equal(true);
    });

    it('takes no Hello that has come for a sign that the session lives', async () => {
      const lock = await world.held();
      await world.clock.advance(900);
      world.links.last.end();
      await world.clock.advance(50);
      // Sent at 950; the session was over at 3,000, and the server says so when that is kept.
      world.links.last.say({ received: 1 });
      const { now } = world.clock;
      world.clock.now = () => now.call(world.clock) + 2_060;
      expect(world.isHeld(lock)).to.equal(false);
      world.clock.now = now;
      await world.clock.advance(2_050);
      expect(lock.loss?.reason).to.equal('unreachable');
    });

    it('gives nobody a lock that it hears of when the session may be over', async () => {
      let stoodStillMs = 0;
      world = new EngineWorld({
        timing: {
          now: () => world.clock.now() + stoodStillMs,
          setTimer: (ms, act) => fakeTiming(world.clock).setTimer(ms, act),
        },
      });
      const attempt = world.acquire();
      const link = await world.welcomed();
      // As a program that is stopped and goes on: what came meanwhile is read before any timer rings.
      stoodStillMs = 3_000;
      link.say(grant(1));
      await world.clock.settle();
      expect(link.isCancelled).to.equal(true);
      await world.clock.advance(50);
      const next = world.links.last;
      await world.welcomed({ token: 'token-2' });
      next.say(grant(next.asked.acquires[0]?.requestId ?? 0));
      expect(world.isHeld((await attempt.outcome) as HeldLock)).to.equal(true);
    });

    it('has the next server end what it gave up, beside the new session', async () => {
      await world.held();
      world.links.last.end();
      await world.clock.advance(3_000);
      const waiting = world.acquire();
      await world.clock.advance(3_000);
      const next = world.links.last;
      await world.welcomed({ token: 'token-2' });
      const beside = world.links.last;
      expect(beside.address).to.equal(next.address);
      expect(beside.frames).to.have.length(1);
      expect(beside.frames[0]).to.deep.include({
        goodbye: true,
        hello: { token: 'token-1', recoveryWindowMs: 0, owner: { name: 'w' } },
      });
      beside.end({ code: status.OK, details: '' });
      await world.clock.settle();
      expect(beside.isCancelled).to.equal(true);
      next.say(grant(next.asked.acquires[0]?.requestId ?? 0));
      expect(world.isHeld((await waiting.outcome) as HeldLock)).to.equal(true);
      // Said once: the session after next is none of its business.
      const { length } = world.links.all;
      next.end();
      await world.clock.advance(50);
      await world.welcomed({ resumed: true, token: 'token-2' });
      expect(world.links.all).to.have.length(length + 1);
    });

    it('gives everything up at once without a window', async () => {
      world = new EngineWorld({ recoveryWindowMs: 0 });
      const attempt = world.acquire();
      const link = await world.welcomed({ recoveryWindowMs: 0 });
      link.say(grant(1));
      const lock = (await attempt.outcome) as HeldLock;
      for (let beat = 0; beat < 60; beat += 1) {
        await world.clock.advance(1_000);
        link.say();
      }
      expect(world.isHeld(lock)).to.equal(true);
      link.end();
      expect(world.isHeld(lock)).to.equal(false);
      expect(lock.loss?.reason).to.equal('unreachable');
    });

    it('gives everything up by the clock without a window, though no end was heard of', async () => {
      world = new EngineWorld({ recoveryWindowMs: 0 });
      const attempt = world.acquire();
      const link = await world.welcomed({ recoveryWindowMs: 0 });
      link.say(grant(1));
      const lock = (await attempt.outcome) as HeldLock;
      const { signal } = lock;
      const { now } = world.clock;
      world.clock.now = () => now.call(world.clock) + 60_000;
      expect(world.isHeld(lock)).to.equal(false);
      world.clock.now = now;
      await world.clock.advance(3_000);
      expect(signal.aborted).to.equal(true);
    });
  });

  describe('a server that stops', () => {
    it('is asked for no locks any more, and the next one for what it refused', async () => {
      const refused = world.acquire();
      const link = await world.welcomed();
      link.say({ ...refuse(1, REFUSAL.serverStopping), notices: [NOTICE.draining] });
      const later = world.acquire({ name: 'b' });
      await world.clock.settle();
      expect(link.asked.acquires).to.have.length(1);
      const next = await world.resumed();
      expect(next.asked.acquires.map(({ requestId }) => requestId)).to.have.members([2, 3]);
      next.say(grant(2));
      next.say(grant(3));
      expect(await refused.outcome).to.be.an('object');
      expect(await later.outcome).to.be.an('object');
      expect(world.events).to.include('draining');
    });

    it('takes its session along when it says so', async () => {
      const lock = await world.held();
      world.links.last.say({ notices: [NOTICE.sessionEnded] });
      expect(lock.loss?.reason).to.equal('session-ended');
      world.links.last.end({ code: status.ABORTED });
      await world.clock.advance(50);
      expect(world.links.last.frames[0]?.hello?.token).to.equal('');
      expect(world.events.filter((event) => event.startsWith('sessionLost'))).to.have.length(1);
    });
  });

  describe('a session that the server ends', () => {
    it('takes no waiter along: those ask the next one', async () => {
      const waiting = world.acquire();
      const first = await world.welcomed();
      first.say({ notices: [NOTICE.sessionEnded] });
      await world.clock.settle();
      first.end({ code: status.ABORTED });
      await world.clock.advance(50);
      const link = await world.welcomed({ token: 'token-2' });
      expect(link.asked.acquires).to.have.length(1);
      link.say(grant(link.asked.acquires[0]?.requestId ?? 0));
      expect(await waiting.outcome).to.be.an('object');
    });

    it('is not told what was heard in it by the next one', async () => {
      await world.held();
      world.acquire({ name: 'b' });
      await world.clock.settle();
      expect(world.links.last.asked.heard).to.deep.equal([1]);
      world.links.last.end({ code: status.ABORTED });
      await world.clock.advance(50);
      const link = await world.welcomed({ token: 'token-2' });
      expect(link.asked.heard).to.deep.equal([]);
    });
  });

  describe('an end that another try would not mend', () => {
    for (const [code, expected] of [
      [status.UNAUTHENTICATED, 'unauthenticated'],
      [status.INVALID_ARGUMENT, 'protocol'],
      [status.INTERNAL, 'protocol'],
    ] as const) {
      it(`is told to whoever waits: ${expected}`, async () => {
        const { outcome } = world.acquire();
        await world.clock.settle();
        world.links.last.end({ code });
        expect(await outcomeOf(outcome)).to.equal(expected);
        await world.clock.advance(10_000);
        expect(world.links.all).to.have.length(1);
        world.acquire();
        await world.clock.settle();
        expect(world.links.all).to.have.length(2);
      });
    }

    it('is one that comes again and again with nothing done between', async () => {
      const outcome = outcomeOf(world.acquire().outcome);
      for (let count = 0; count < 3; count += 1) {
        await world.welcomed({ resumed: count > 0 });
        world.links.last.end({ code: status.RESOURCE_EXHAUSTED, details: 'too much' });
        await world.clock.advance(1_000);
      }
      expect(await outcome).to.equal('protocol');
      const count = world.links.all.length;
      await world.clock.advance(10_000);
      expect(world.links.all).to.have.length(count);
    });

    it('is none if the connection broke inside the library', async () => {
      const outcome = outcomeOf(world.acquire().outcome);
      await world.welcomed();
      world.links.last.end({ code: status.INTERNAL, details: 'Received RST_STREAM with code 2' });
      await world.clock.advance(50);
      const link = await world.welcomed({ resumed: true });
      link.say(grant(1));
      expect(await outcome).to.include({ key: 'key-1' });
    });

    it('loses what was held, when the next server has no stream', async () => {
      const lock = await world.held();
      world.links.last.end();
      const releasing = outcomeOf(world.engine.release(lock));
      await world.clock.advance(50);
      world.links.last.end({ code: status.UNIMPLEMENTED });
      expect(await releasing).to.equal('lost');
    });

    it('is a server without the stream', async () => {
      const { outcome } = world.acquire();
      await world.clock.settle();
      world.links.last.end({ code: status.UNIMPLEMENTED });
      expect(await outcomeOf(outcome)).to.be.instanceOf(StreamUnsupportedError);
    });
  });

  describe('without a server', () => {
    it('fails what was tried for too long, each by its own time', async () => {
      const first = outcomeOf(world.acquire().outcome);
      await world.clock.settle();
      const failFor = async (ms: number) => {
        for (let passed = 0; passed < ms; passed += 1_000) {
          world.links.last.end();
          await world.clock.advance(1_000);
        }
      };
      await failFor(10_000);
      let isOver = false;
      const second = outcomeOf(world.acquire().outcome).finally(() => {
        isOver = true;
      });
      await failFor(20_000);
      expect(await first).to.equal('unavailable');
      expect(isOver).to.equal(false);
      await failFor(30_000);
      expect(await second).to.equal('unavailable');
    });

    it('tells each try that was in vain, and no end of one that was not', async () => {
      world.acquire();
      await world.clock.settle();
      world.links.last.end();
      await world.clock.advance(50);
      world.links.last.end();
      await world.clock.advance(1_000);
      await world.welcomed();
      world.links.last.end();
      expect(world.events).to.deep.equal(['unreached', 'unreached', 'connected', 'disconnected']);
    });

    it('still makes a release whose program was told that it could not', async () => {
      world = new EngineWorld({ unavailableTimeoutMs: 1_000 });
      const lock = await world.held();
      world.links.last.end();
      const releasing = outcomeOf(world.engine.release(lock));
      await world.clock.advance(1_000);
      expect(await releasing).to.equal('unavailable');
      const link = await world.welcomed({ resumed: true });
      expect(link.asked.releases).to.have.length(1);
    });
  });

  describe('heartbeats', () => {
    it('are said when nothing else is', async () => {
      await world.held();
      const before = world.links.last.frames.length;
      await world.clock.advance(1_000);
      world.links.last.say();
      await world.clock.advance(1_000);
      expect(world.links.last.frames.length - before).to.equal(2);
    });

    it('that are not answered end the stream after three', async () => {
      world = new EngineWorld({ recoveryWindowMs: 0 });
      world.acquire();
      const link = await world.welcomed({ recoveryWindowMs: 0 });
      await world.clock.advance(2_999);
      expect(link.isCancelled).to.equal(false);
      await world.clock.advance(1);
      expect(link.isCancelled).to.equal(true);
    });
  });

  describe('closing', () => {
    it('says goodbye, and resolves when the server has ended the stream', async () => {
      const lock = await world.held();
      const closing = world.engine.close();
      expect(world.links.last.frames.at(-1)?.goodbye).to.equal(true);
      world.links.last.end({ code: status.OK });
      await closing;
      expect(world.isHeld(lock)).to.equal(false);
      expect(world.clock.alarmCount).to.equal(0);
    });

    it('says goodbye by another stream, if the last one broke', async () => {
      const lock = await world.held();
      world.links.last.end();
      const releasing = outcomeOf(world.engine.release(lock));
      const closing = world.engine.close();
      expect(world.links.all).to.have.length(2);
      expect(world.links.last.frames).to.have.length(1);
      expect(world.links.last.frames[0]).to.deep.include({ goodbye: true });
      expect(world.links.last.frames[0]?.hello?.token).to.equal('token-1');
      world.links.last.welcome({ resumed: true });
      world.links.last.end({ code: status.OK });
      await closing;
      expect(await releasing).to.equal(undefined);
      expect(world.clock.alarmCount).to.equal(0);
    });

    it('says goodbye once, if no server is reached by then', async () => {
      await world.held();
      world.links.last.end();
      await world.clock.advance(50);
      const [, connecting] = world.links.all;
      const closing = world.engine.close();
      expect(connecting?.isCancelled).to.equal(true);
      world.links.last.end();
      await closing;
      await world.clock.advance(10_000);
      expect(world.links.all).to.have.length(3);
      expect(world.clock.alarmCount).to.equal(0);
    });

    it('has nobody to say goodbye to without a session', async () => {
      world.acquire().outcome.catch(() => undefined);
      await world.clock.settle();
      await world.engine.close();
      expect(world.links.all.map(({ isCancelled }) => isCancelled)).to.deep.equal([true]);
    });

    it('waits no longer than it may', async () => {
      await world.held();
      const closing = world.engine.close();
      await world.clock.advance(2_000);
      await closing;
      expect(world.links.last.isCancelled).to.equal(true);
      expect(world.clock.alarmCount).to.equal(0);
    });

    it('tells a release under way that it was made', async () => {
      const lock = await world.held();
      const releasing = outcomeOf(world.engine.release(lock));
      const closing = world.engine.close();
      world.links.last.end({ code: status.OK });
      await closing;
      expect(await releasing).to.equal(undefined);
    });

    it('tells a release under way if the server did not say so', async () => {
      const lock = await world.held();
      const releasing = outcomeOf(world.engine.release(lock));
      const closing = world.engine.close();
      await world.clock.advance(2_000);
      await closing;
      expect(await releasing).to.equal('closed');
    });

    it('is done at once if nothing was ever asked', async () => {
      await world.engine.close();
      expect(world.links.all).to.deep.equal([]);
    });
  });
});
