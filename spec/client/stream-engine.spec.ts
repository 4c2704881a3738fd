import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import type { ClientEvents } from '../../client/client-events.js';
import type { HeldLock } from '../../client/held-lock.js';
import { type LdlmError, LockLostError } from '../../client/ldlm-error.js';
import type { AcquireAttempt, AcquireOrder } from '../../client/lock-engine.js';
import type { ClientSessionOptions } from '../../client/client-session.js';
import { StreamEngine } from '../../client/stream-engine.js';
import { StreamUnsupportedError } from '../../client/stream-unsupported-error.js';
import { LOSS, NOTICE, REFUSAL } from '../../proto/session-frames.js';
import { FakeClock } from '../support/fake-clock.js';
import { fakeTiming } from '../support/fake-timing.js';
import { type ScriptedLink, ScriptedLinks } from '../support/scripted-links.js';

let clock: FakeClock;
let links: ScriptedLinks;
let engine: StreamEngine;
/** Events in short: `connected`, `sessionLost 2`. */
let events: string[];

function start(options: Partial<ClientSessionOptions> = {}): void {
  clock = new FakeClock(1_000_000);
  links = new ScriptedLinks();
  events = [];
  engine = new StreamEngine({
    addresses: ['a:1', 'b:2'],
    openLink: links.open,
    timing: fakeTiming(clock),
    random: () => 0,
    owner: { name: 'w' },
    recoveryWindowMs: 3_000,
    connectTimeoutMs: 5_000,
    unavailableTimeoutMs: 30_000,
    closeTimeoutMs: 2_000,
    tell: <Name extends keyof ClientEvents>(name: Name, ...[details]: ClientEvents[Name]) => {
      events.push(
        name === 'sessionLost'
          ? `${name} ${(details as ClientEvents['sessionLost'][0]).lostCount}`
          : name,
      );
    },
    ...options,
  });
}

function acquire(fields: Partial<AcquireOrder> = {}): AcquireAttempt {
  return engine.acquire({
    name: 'printer',
    size: 1,
    waitUntil: Number.POSITIVE_INFINITY,
    leaseMs: undefined,
    isRenewed: true,
    metadata: undefined,
    ...fields,
  });
}

function isHeld(lock: HeldLock): boolean {
  return engine.heldForMs(lock) > 0;
}

/** What an attempt comes to: the lock, or the error's code. */
async function outcomeOf(outcome: Promise<unknown>): Promise<unknown> {
  try {
    return await outcome;
  } catch (error) {
    return error instanceof Error && 'code' in error ? (error as LdlmError).code : error;
  }
}

const grant = (requestId: number, waitedMs = 0) => ({
  granted: [{ requestId, key: `key-${requestId}`, fencingToken: 40 + requestId, waitedMs }],
});

const refuse = (requestId: number, code: number) => ({
  refused: [{ requestId, code, message: 'no' }],
});

/** A connection that is welcomed, to a new session unless told otherwise. */
async function welcomed(
  welcome: Parameters<ScriptedLink['welcome']>[0] = {},
): Promise<ScriptedLink> {
  await clock.settle();
  links.last.welcome(welcome);
  await clock.settle();
  return links.last;
}

/** A lock that is held, by request 1 of a first connection. */
async function held(order: Partial<AcquireOrder> = {}): Promise<HeldLock> {
  const attempt = acquire(order);
  const link = await welcomed();
  link.say(grant(link.asked.acquires.at(-1)?.requestId ?? 0));
  const lock = await attempt.outcome;
  expect(lock).to.be.an('object');
  return lock as HeldLock;
}

/** The stream breaks, and the session is come back to. */
async function resumed(): Promise<ScriptedLink> {
  links.last.end();
  await clock.advance(50);
  return welcomed({ resumed: true });
}

describe('StreamEngine', () => {
  beforeEach(() => start());

  describe('a first request', () => {
    it('opens a stream, says who it is, and is said when it is welcome', async () => {
      const attempt = acquire({ leaseMs: 30_000, metadata: { purpose: 'p' } });
      await clock.settle();
      expect(links.last.frames.map(({ hello }) => hello)).to.deep.equal([
        { token: '', recoveryWindowMs: 3_000, owner: { name: 'w' } },
      ]);
      const link = await welcomed();
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
      expect(isHeld(lock as HeldLock)).to.equal(true);
      expect(events).to.deep.equal(['connected']);
    });

    it('rides in one frame with all that is asked in one turn', async () => {
      for (let count = 0; count < 10; count += 1) {
        acquire({ name: `n${count}` });
      }
      const link = await welcomed();
      expect(link.frames.map(({ acquires }) => acquires.length)).to.deep.equal([0, 10]);
    });

    it('waits at the client while the server keeps as many in mind as it may', async () => {
      acquire({ name: 'a' });
      acquire({ name: 'b' });
      const link = await welcomed({ sessionRequestsMax: 1 });
      expect(link.asked.acquires).to.have.length(1);
      link.say(grant(1));
      await clock.settle();
      expect(link.asked.acquires.map(({ requestId }) => requestId)).to.deep.equal([1, 2]);
    });

    it('leaves room for the release that others wait for', async () => {
      const attempt = acquire();
      const link = await welcomed({ sessionRequestsMax: 4 });
      link.say(grant(1));
      const lock = (await attempt.outcome) as HeldLock;
      for (let count = 0; count < 10; count += 1) {
        acquire();
      }
      await clock.settle();
      engine.release(lock).catch(() => undefined);
      await clock.settle();
      expect(link.asked.releases).to.have.length(1);
    });

    it('is cut into frames of the size that the server takes', async () => {
      for (let count = 0; count < 5; count += 1) {
        acquire({ name: `n${count}` });
      }
      const link = await welcomed({ frameRequestsMax: 2 });
      await clock.settle();
      await clock.settle();
      expect(link.frames.map(({ acquires }) => acquires.length)).to.deep.equal([0, 2, 2, 1]);
    });
  });

  describe('an answer', () => {
    for (const [what, waitUntil, code, expected] of [
      ['HELD to one that does not wait is no lock', undefined, REFUSAL.held, undefined],
      ['HELD to one that waits is a wait timeout', 1_000_100, REFUSAL.held, 'wait-timeout'],
      ['WAIT_TIMEOUT is one', 1_000_100, REFUSAL.waitTimeout, 'wait-timeout'],
      ['SIZE_MISMATCH is one', undefined, REFUSAL.sizeMismatch, 'size-mismatch'],
      ['TOO_MANY_WAITERS is one', undefined, REFUSAL.tooManyWaiters, 'too-many-waiters'],
      ['LEASE_ENDED is a loss', undefined, REFUSAL.leaseEnded, 'lost'],
      ['that is not known is the program’s to mend', undefined, 999, 'invalid-argument'],
    ] as const) {
      it(what, async () => {
        const { outcome } = acquire({ waitUntil });
        const link = await welcomed();
        link.say(refuse(1, code));
        expect(await outcomeOf(outcome)).to.equal(expected);
      });
    }

    it('is told to have been heard with the next frame', async () => {
      await held();
      acquire({ name: 'b' });
      await clock.settle();
      expect(links.last.frames.at(-1)).to.deep.include({ heard: [1] });
    });

    it('that was heard in a frame which did not come through is told again', async () => {
      await held();
      const link = links.last;
      acquire({ name: 'b' });
      await clock.settle();
      expect(link.asked.heard).to.deep.equal([1]);
      const second = await resumed();
      expect(second.asked.heard).to.deep.equal([1]);
    });
  });

  describe('a lease', () => {
    it('is reckoned from before its request was sent, and lost at its end', async () => {
      const attempt = acquire({ leaseMs: 900, isRenewed: false });
      const link = await welcomed();
      await clock.advance(500);
      link.say(grant(1));
      const lock = (await attempt.outcome) as HeldLock;
      const { signal } = lock;
      await clock.advance(399);
      expect([isHeld(lock), signal.aborted]).to.deep.equal([true, false]);
      await clock.advance(1);
      expect([isHeld(lock), signal.aborted]).to.deep.equal([false, true]);
      expect(signal.reason).to.be.instanceOf(LockLostError);
      expect(signal.reason).to.include({ code: 'lost', reason: 'expired' });
    });

    it('of one who waited is reckoned from that much later', async () => {
      const attempt = acquire({ leaseMs: 900, isRenewed: false });
      const link = await welcomed();
      await clock.advance(2_000);
      link.say(grant(1, 1_900));
      const lock = (await attempt.outcome) as HeldLock;
      await clock.advance(799);
      expect(isHeld(lock)).to.equal(true);
      await clock.advance(1);
      expect(isHeld(lock)).to.equal(false);
    });

    it('that may be over when it is heard of is given out after a renewal, or not at all', async () => {
      for (const [answer, expected] of [
        [{ done: [2] }, 'printer'],
        [refuse(2, REFUSAL.leaseUnknown), 'lost'],
      ] as const) {
        start();
        const attempt = acquire({ leaseMs: 900 });
        const link = await welcomed();
        await clock.advance(2_000);
        link.say(grant(1));
        await clock.settle();
        expect(link.asked.renewals).to.deep.equal([
          { requestId: 2, name: 'printer', key: 'key-1', leaseMs: 900 },
        ]);
        link.say(answer);
        const outcome = await outcomeOf(attempt.outcome);
        expect(typeof outcome === 'string' ? outcome : (outcome as HeldLock).name).to.equal(
          expected,
        );
      }
    });

    it('that is over again when its renewal is heard of is given to nobody, and given back', async () => {
      start({ recoveryWindowMs: 10_000 });
      const attempt = acquire({ leaseMs: 900 });
      const link = await welcomed({ recoveryWindowMs: 10_000 });
      await clock.advance(1_000);
      link.say(grant(1));
      await clock.advance(1_000);
      link.say({ done: [2] });
      expect(await outcomeOf(attempt.outcome)).to.equal('lost');
      await clock.settle();
      expect(link.asked.releases).to.deep.equal([{ requestId: 3, name: 'printer', key: 'key-1' }]);
    });

    it('renews itself at a third of its time, and lasts from before that', async () => {
      const lock = await held({ leaseMs: 900 });
      await clock.advance(299);
      expect(links.last.asked.renewals).to.deep.equal([]);
      await clock.advance(1);
      await clock.settle();
      expect(links.last.asked.renewals.map(({ leaseMs }) => leaseMs)).to.deep.equal([900]);
      await clock.advance(100);
      links.last.say({ done: [links.last.asked.renewals[0]?.requestId ?? 0] });
      await clock.advance(799);
      expect(isHeld(lock)).to.equal(true);
      await clock.advance(1);
      expect(isHeld(lock)).to.equal(false);
    });

    it('does not renew itself when it is told not to', async () => {
      await held({ leaseMs: 900, isRenewed: false });
      await clock.advance(899);
      expect(links.last.asked.renewals).to.deep.equal([]);
    });

    it('is lost when the server does not renew it', async () => {
      const lock = await held({ leaseMs: 900 });
      await clock.advance(300);
      await clock.settle();
      links.last.say(refuse(links.last.asked.renewals[0]?.requestId ?? 0, REFUSAL.leaseUnknown));
      await clock.settle();
      expect(lock.loss?.reason).to.equal('unknown');
    });

    it('is over by the clock, whatever timers have rung', async () => {
      const lock = await held({ leaseMs: 900, isRenewed: false });
      // As for a process that was stopped: time has passed, and no timer rang yet.
      const { now } = clock;
      clock.now = () => now.call(clock) + 900;
      expect(isHeld(lock)).to.equal(false);
      expect(await outcomeOf(engine.release(lock))).to.equal('lost');
    });

    it('that its holder shortens is over by then, though nobody answers', async () => {
      const lock = await held({ leaseMs: 30_000, isRenewed: false });
      const renewing = outcomeOf(engine.renew(lock, 1_000));
      await clock.settle();
      expect(links.last.asked.renewals).to.have.length(1);
      await clock.advance(999);
      expect(isHeld(lock)).to.equal(true);
      await clock.advance(1);
      expect(isHeld(lock)).to.equal(false);
      expect(lock.loss?.reason).to.equal('expired');
      links.last.say({ done: [2] });
      expect(await renewing).to.equal('lost');
    });

    it('that its holder shortens is not stretched by the answer to a renewal before', async () => {
      const lock = await held({ leaseMs: 2_100 });
      await clock.advance(700);
      const renewing = outcomeOf(engine.renew(lock, 500));
      await clock.settle();
      expect(links.last.asked.renewals.map(({ leaseMs }) => leaseMs)).to.deep.equal([2_100, 500]);
      links.last.say({ done: [2] });
      await clock.advance(500);
      expect(isHeld(lock)).to.equal(false);
      links.last.say({ done: [3] });
      expect(await renewing).to.equal('lost');
    });

    it('renews itself to the time that its holder gave it last, answered or not', async () => {
      const lock = await held({ leaseMs: 900 });
      await clock.advance(299);
      engine.renew(lock, 2_000).catch(() => undefined);
      await clock.advance(1);
      await clock.settle();
      expect(links.last.asked.renewals.map(({ leaseMs }) => leaseMs)).to.deep.equal([2_000, 2_000]);
    });

    it('takes the time that its holder gives it', async () => {
      const lock = await held({ leaseMs: 900, isRenewed: false });
      const renewing = engine.renew(lock, 5_000);
      await clock.settle();
      links.last.say({ done: [2] });
      await renewing;
      await clock.advance(2_000);
      links.last.say();
      expect(isHeld(lock)).to.equal(true);
    });
  });

  describe('a lock', () => {
    it('is released once the server says so', async () => {
      const lock = await held();
      const releasing = engine.release(lock);
      expect(isHeld(lock)).to.equal(false);
      await clock.settle();
      expect(links.last.asked.releases).to.deep.equal([
        { requestId: 2, name: 'printer', key: 'key-1' },
      ]);
      links.last.say({ done: [2] });
      await releasing;
      expect(lock.signal.aborted).to.equal(false);
    });

    it('that is released is not lost by a renewal or a check that comes too late', async () => {
      for (const ask of [
        () => clock.advance(300),
        async () => {
          await resumed();
        },
      ]) {
        start();
        const lock = await held({ leaseMs: 900 });
        const { signal } = lock;
        await ask();
        const releasing = engine.release(lock);
        await clock.settle();
        const { asked } = links.last;
        const ids = [...asked.renewals, ...asked.checks].map(({ requestId }) => requestId);
        expect(ids).to.have.length(1);
        links.last.say({
          done: asked.releases.map(({ requestId }) => requestId),
          ...refuse(ids[0] ?? 0, REFUSAL.leaseUnknown),
        });
        await releasing;
        await clock.settle();
        expect([signal.aborted, lock.loss]).to.deep.equal([false, undefined]);
      }
    });

    it('that is released cannot be renewed meanwhile', async () => {
      const lock = await held({ leaseMs: 900 });
      const renewing = outcomeOf(engine.renew(lock, 900));
      const releasing = engine.release(lock);
      await clock.settle();
      links.last.say({ done: [3], ...refuse(2, REFUSAL.leaseUnknown) });
      await releasing;
      expect(await renewing).to.equal('lost');
      expect(lock.signal.aborted).to.equal(false);
    });

    it('that the server does not know any more was lost', async () => {
      const lock = await held();
      const releasing = engine.release(lock);
      await clock.settle();
      links.last.say(refuse(2, REFUSAL.keyInvalid));
      expect(await outcomeOf(releasing)).to.equal('lost');
    });

    for (const [reason, expected] of [
      [LOSS.expired, 'expired'],
      [LOSS.revoked, 'revoked'],
      [LOSS.released, 'released-by-another'],
      [LOSS.sessionEnded, 'session-ended'],
      [99, 'unknown'],
    ] as const) {
      it(`is lost at once when the server says ${expected}`, async () => {
        const lock = await held();
        const { signal } = lock;
        links.last.say({ lost: [{ name: 'printer', key: 'key-1', reason }] });
        expect(signal.reason).to.include({ reason: expected });
        expect(await outcomeOf(engine.release(lock))).to.equal('lost');
      });
    }
  });

  describe('when the stream breaks', () => {
    it('comes back with the token, and asks again under the same numbers what has no answer', async () => {
      const lock = await held();
      const waiting = acquire({ name: 'b' });
      const releasing = engine.release(lock);
      await clock.settle();
      const link = await resumed();
      expect(link.frames[0]?.hello?.token).to.equal('token-1');
      expect(link.asked.releases.map(({ requestId }) => requestId)).to.deep.equal([2]);
      expect(link.asked.acquires.map(({ requestId }) => requestId)).to.deep.equal([3]);
      link.say({ ...grant(3), done: [2] });
      await releasing;
      expect(((await waiting.outcome) as HeldLock).key).to.equal('key-3');
    });

    it('asks after all that it holds, and loses what is gone', async () => {
      const lock = await held();
      const link = await resumed();
      expect(isHeld(lock)).to.equal(true);
      expect(link.asked.checks).to.deep.equal([{ requestId: 2, name: 'printer', key: 'key-1' }]);
      link.say(refuse(2, REFUSAL.leaseUnknown));
      await clock.settle();
      expect(lock.loss?.reason).to.equal('unknown');
    });

    it('loses all when the session is not there any more, and asks anew', async () => {
      const lock = await held();
      const waiting = acquire({ name: 'b' });
      await clock.settle();
      links.last.end();
      await clock.advance(50);
      const link = await welcomed({ resumed: false, token: 'token-2' });
      expect(lock.loss?.reason).to.equal('session-ended');
      expect(events).to.deep.equal(['connected', 'disconnected', 'sessionLost 1', 'connected']);
      expect(link.asked.acquires.map(({ requestId }) => requestId)).to.deep.equal([3]);
      link.say(grant(3));
      expect(await waiting.outcome).to.include({ key: 'key-3' });
    });

    it('gives everything up when the window is over, reckoned from the last sign of life', async () => {
      const lock = await held();
      const { signal } = lock;
      // The frame of the acquire was sent at 1,000,000 and is the last that the server took.
      await clock.advance(400);
      links.last.end();
      await clock.advance(2_599);
      expect([isHeld(lock), signal.aborted]).to.deep.equal([true, false]);
      await clock.advance(1);
      expect([isHeld(lock), signal.aborted]).to.deep.equal([false, true]);
      expect(lock.loss?.reason).to.equal('unreachable');
      await clock.advance(10_000);
      expect(links.last.frames[0]?.hello?.token).to.equal('');
    });

    it('reckons the window from when a frame was sent, however late it hears that it was taken', async () => {
      const attempt = acquire();
      const link = await welcomed();
      await clock.advance(900);
      link.say(grant(1));
      const lock = (await attempt.outcome) as HeldLock;
      link.end();
      await clock.advance(2_099);
      expect(isHeld(lock)).to.equal(true);
      await clock.advance(1);
      expect(isHeld(lock)).to.equal(false);
    });

    it('takes no frame for a sign of life that the server has not said to have taken', async () => {
      const lock = await held();
      const link = links.last;
      for (let beat = 0; beat < 2; beat += 1) {
        await clock.advance(1_000);
        // It speaks, and has heard nothing since the acquire.
        link.say({ received: 2 });
      }
      await clock.advance(999);
      expect(isHeld(lock)).to.equal(true);
      await clock.advance(1);
      expect(isHeld(lock)).to.equal(false);
    });

    it('gives everything up in time though nothing broke, when nothing is heard', async () => {
      const lock = await held();
      const { signal } = lock;
      const link = links.last;
      await clock.advance(2_999);
      expect(signal.aborted).to.equal(false);
      await clock.advance(1);
      expect(signal.aborted).to.equal(true);
      expect(link.isCancelled).to.equal(true);
    });

    it('gives nobody a lock that it hears of when the session may be over', async () => {
      let stoodStillMs = 0;
      start({
        timing: {
          now: () => clock.now() + stoodStillMs,
          setTimer: (ms, act) => fakeTiming(clock).setTimer(ms, act),
        },
      });
      const attempt = acquire();
      const link = await welcomed();
      // As a program that is stopped and goes on: what came meanwhile is read before any timer rings.
      stoodStillMs = 3_000;
      link.say(grant(1));
      await clock.settle();
      expect(link.isCancelled).to.equal(true);
      await clock.advance(50);
      await welcomed({ token: 'token-2' });
      links.last.say(grant(links.last.asked.acquires[0]?.requestId ?? 0));
      expect(isHeld((await attempt.outcome) as HeldLock)).to.equal(true);
    });

    it('gives everything up at once without a window', async () => {
      start({ recoveryWindowMs: 0 });
      const attempt = acquire();
      const link = await welcomed({ recoveryWindowMs: 0 });
      link.say(grant(1));
      const lock = (await attempt.outcome) as HeldLock;
      for (let beat = 0; beat < 60; beat += 1) {
        await clock.advance(1_000);
        link.say();
      }
      expect(isHeld(lock)).to.equal(true);
      link.end();
      expect(isHeld(lock)).to.equal(false);
      expect(lock.loss?.reason).to.equal('unreachable');
    });

    it('gives everything up by the clock without a window, though no end was heard of', async () => {
      start({ recoveryWindowMs: 0 });
      const attempt = acquire();
      const link = await welcomed({ recoveryWindowMs: 0 });
      link.say(grant(1));
      const lock = (await attempt.outcome) as HeldLock;
      const { signal } = lock;
      const { now } = clock;
      clock.now = () => now.call(clock) + 60_000;
      expect(isHeld(lock)).to.equal(false);
      clock.now = now;
      await clock.advance(3_000);
      expect(signal.aborted).to.equal(true);
    });

    it('tries the addresses in turn at once, then after growing delays', async () => {
      acquire();
      await clock.settle();
      const tried = () => links.all.map(({ address }) => address);
      for (const [delayMs, expected] of [
        [0, ['a:1', 'b:2']],
        [25, ['a:1', 'b:2', 'a:1']],
        [0, ['a:1', 'b:2', 'a:1', 'b:2']],
        [50, ['a:1', 'b:2', 'a:1', 'b:2', 'a:1']],
      ] as const) {
        links.last.end();
        await clock.advance(delayMs);
        expect(tried()).to.deep.equal(expected);
      }
    });

    it('gives up a server that does not answer in time', async () => {
      acquire();
      await clock.settle();
      await clock.advance(5_000);
      expect(links.all.map(({ address, isCancelled }) => [address, isCancelled])).to.deep.equal([
        ['a:1', true],
        ['b:2', false],
      ]);
    });

    it('takes no notice of what an older stream still says', async () => {
      const attempt = acquire();
      const first = await welcomed();
      await resumed();
      first.say(grant(1));
      await clock.settle();
      attempt.abandon('enough');
      expect(await outcomeOf(attempt.outcome)).to.equal('enough');
    });
  });

  describe('a request that is not wanted any more', () => {
    it('is withdrawn, and its grant is left to the server to undo', async () => {
      const attempt = acquire();
      const link = await welcomed();
      attempt.abandon(new Error('enough'));
      expect(await outcomeOf(attempt.outcome)).to.have.property('message', 'enough');
      await clock.settle();
      expect(link.asked.withdrawals).to.deep.equal([1]);
      link.say(grant(1));
      link.say(refuse(1, REFUSAL.withdrawn));
      acquire({ name: 'b' });
      await clock.settle();
      expect(link.frames.at(-1)?.heard).to.deep.equal([1]);
    });

    it('is never said if it was not yet', async () => {
      const attempt = acquire();
      attempt.abandon('enough');
      await outcomeOf(attempt.outcome);
      const link = await welcomed();
      expect(link.asked).to.deep.include({ acquires: [], withdrawals: [] });
    });

    it('is asked and withdrawn in one frame after a break', async () => {
      const attempt = acquire();
      await welcomed();
      attempt.abandon('enough');
      await outcomeOf(attempt.outcome);
      const link = await resumed();
      const frame = link.frames.find(({ withdrawals }) => withdrawals.length > 0);
      expect(frame?.acquires.map(({ requestId }) => requestId)).to.deep.equal([1]);
      expect(frame?.withdrawals).to.deep.equal([1]);
    });

    it('is given back if its lease was to be asked after first', async () => {
      const attempt = acquire({ leaseMs: 900 });
      const link = await welcomed();
      await clock.advance(2_000);
      link.say(grant(1));
      await clock.settle();
      attempt.abandon('enough');
      expect(await outcomeOf(attempt.outcome)).to.equal('enough');
      link.say({ done: [2] });
      await clock.settle();
      expect(link.asked.releases.map(({ key }) => key)).to.deep.equal(['key-1']);
      await clock.advance(900);
      expect(link.asked.renewals).to.have.length(1);
    });

    it('is withdrawn with many others in as many frames as it takes', async () => {
      const attempts = Array.from({ length: 5 }, () => acquire());
      const link = await welcomed({ frameRequestsMax: 2 });
      await clock.settle();
      await clock.settle();
      for (const attempt of attempts) {
        attempt.abandon('enough');
        await outcomeOf(attempt.outcome);
      }
      for (let turn = 0; turn < 4; turn += 1) {
        await clock.settle();
      }
      expect(link.asked.withdrawals).to.deep.equal([1, 2, 3, 4, 5]);
      for (const { acquires, withdrawals } of link.frames) {
        expect(acquires.length + withdrawals.length).to.be.at.most(2);
      }
    });

    it('ends by itself when its wait is over by the client’s own clock', async () => {
      const { outcome } = acquire({ waitUntil: 1_000_500 });
      const link = await welcomed();
      expect(link.asked.acquires[0]?.waitMs).to.equal(500);
      await clock.advance(500);
      expect(await outcomeOf(outcome)).to.equal('wait-timeout');
      await clock.settle();
      expect(link.asked.withdrawals).to.deep.equal([1]);
    });

    it('asks the next session for what is left of its wait', async () => {
      const { outcome } = acquire({ waitUntil: 1_000_500 });
      await welcomed();
      links.last.end();
      await clock.advance(200);
      const link = await welcomed({ resumed: false });
      expect(link.asked.acquires.map(({ requestId, waitMs }) => [requestId, waitMs])).to.deep.equal(
        [[2, 300]],
      );
      await clock.advance(300);
      expect(await outcomeOf(outcome)).to.equal('wait-timeout');
    });
  });

  describe('a server that stops', () => {
    it('is asked for no locks any more, and the next one for what it refused', async () => {
      const refused = acquire();
      const link = await welcomed();
      link.say({ ...refuse(1, REFUSAL.serverStopping), notices: [NOTICE.draining] });
      const later = acquire({ name: 'b' });
      await clock.settle();
      expect(link.asked.acquires).to.have.length(1);
      const next = await resumed();
      expect(next.asked.acquires.map(({ requestId }) => requestId)).to.have.members([2, 3]);
      next.say(grant(2));
      next.say(grant(3));
      expect(await refused.outcome).to.be.an('object');
      expect(await later.outcome).to.be.an('object');
      expect(events).to.include('draining');
    });

    it('takes its session along when it says so', async () => {
      const lock = await held();
      links.last.say({ notices: [NOTICE.sessionEnded] });
      expect(lock.loss?.reason).to.equal('session-ended');
      links.last.end({ code: status.ABORTED });
      await clock.advance(50);
      expect(links.last.frames[0]?.hello?.token).to.equal('');
      expect(events.filter((event) => event.startsWith('sessionLost'))).to.have.length(1);
    });
  });

  describe('a session that the server ends', () => {
    it('takes no waiter along: those ask the next one', async () => {
      const waiting = acquire();
      const first = await welcomed();
      first.say({ notices: [NOTICE.sessionEnded] });
      await clock.settle();
      first.end({ code: status.ABORTED });
      await clock.advance(50);
      const link = await welcomed({ token: 'token-2' });
      expect(link.asked.acquires).to.have.length(1);
      link.say(grant(link.asked.acquires[0]?.requestId ?? 0));
      expect(await waiting.outcome).to.be.an('object');
    });

    it('is not told what was heard in it by the next one', async () => {
      await held();
      acquire({ name: 'b' });
      await clock.settle();
      expect(links.last.asked.heard).to.deep.equal([1]);
      links.last.end({ code: status.ABORTED });
      await clock.advance(50);
      const link = await welcomed({ token: 'token-2' });
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
        const { outcome } = acquire();
        await clock.settle();
        links.last.end({ code });
        expect(await outcomeOf(outcome)).to.equal(expected);
        await clock.advance(10_000);
        expect(links.all).to.have.length(1);
        acquire();
        await clock.settle();
        expect(links.all).to.have.length(2);
      });
    }

    it('is one that comes again and again with nothing done between', async () => {
      const outcome = outcomeOf(acquire().outcome);
      for (let count = 0; count < 3; count += 1) {
        await welcomed({ resumed: count > 0 });
        links.last.end({ code: status.RESOURCE_EXHAUSTED, details: 'too much' });
        await clock.advance(1_000);
      }
      expect(await outcome).to.equal('protocol');
      const count = links.all.length;
      await clock.advance(10_000);
      expect(links.all).to.have.length(count);
    });

    it('is none if the connection broke inside the library', async () => {
      const outcome = outcomeOf(acquire().outcome);
      await welcomed();
      links.last.end({ code: status.INTERNAL, details: 'Received RST_STREAM with code 2' });
      await clock.advance(50);
      const link = await welcomed({ resumed: true });
      link.say(grant(1));
      expect(await outcome).to.include({ key: 'key-1' });
    });

    it('loses what was held, when the next server has no stream', async () => {
      const lock = await held();
      links.last.end();
      const releasing = outcomeOf(engine.release(lock));
      await clock.advance(50);
      links.last.end({ code: status.UNIMPLEMENTED });
      expect(await releasing).to.equal('lost');
    });

    it('is a server without the stream', async () => {
      const { outcome } = acquire();
      await clock.settle();
      links.last.end({ code: status.UNIMPLEMENTED });
      expect(await outcomeOf(outcome)).to.be.instanceOf(StreamUnsupportedError);
    });
  });

  describe('without a server', () => {
    it('fails what was tried for too long, each by its own time', async () => {
      const first = outcomeOf(acquire().outcome);
      await clock.settle();
      const failFor = async (ms: number) => {
        for (let passed = 0; passed < ms; passed += 1_000) {
          links.last.end();
          await clock.advance(1_000);
        }
      };
      await failFor(10_000);
      let isOver = false;
      const second = outcomeOf(acquire().outcome).finally(() => {
        isOver = true;
      });
      await failFor(20_000);
      expect(await first).to.equal('unavailable');
      expect(isOver).to.equal(false);
      await failFor(30_000);
      expect(await second).to.equal('unavailable');
    });

    it('fails each within its own time and no later', async () => {
      const outcomes: string[] = [];
      const ask = (name: string) =>
        outcomeOf(acquire({ name }).outcome).then((code) => outcomes.push(`${name} ${code}`));
      const first = ask('first');
      await clock.advance(1_000);
      const second = ask('second');
      await clock.advance(29_000);
      await first;
      expect(outcomes).to.deep.equal(['first unavailable']);
      await clock.advance(1_000);
      await second;
      expect(outcomes).to.deep.equal(['first unavailable', 'second unavailable']);
    });

    it('holds nothing by a lease that could not be asked after', async () => {
      start({ unavailableTimeoutMs: 1_000 });
      const attempt = acquire({ leaseMs: 900, isRenewed: false });
      const link = await welcomed();
      await clock.advance(1_000);
      link.say(grant(1));
      await clock.settle();
      link.end();
      const outcome = outcomeOf(attempt.outcome);
      await clock.advance(1_000);
      expect(await outcome).to.equal('unavailable');
      const next = await welcomed({ resumed: true });
      expect(next.asked.checks).to.deep.equal([]);
      expect(next.asked.releases.map(({ key }) => key)).to.deep.equal(['key-1']);
    });

    it('still makes a release whose program was told that it could not', async () => {
      start({ unavailableTimeoutMs: 1_000 });
      const lock = await held();
      links.last.end();
      const releasing = outcomeOf(engine.release(lock));
      await clock.advance(1_000);
      expect(await releasing).to.equal('unavailable');
      const link = await welcomed({ resumed: true });
      expect(link.asked.releases).to.have.length(1);
    });
  });

  describe('heartbeats', () => {
    it('are said when nothing else is', async () => {
      await held();
      const before = links.last.frames.length;
      await clock.advance(1_000);
      links.last.say();
      await clock.advance(1_000);
      expect(links.last.frames.length - before).to.equal(2);
    });

    it('that are not answered end the stream after three', async () => {
      start({ recoveryWindowMs: 0 });
      acquire();
      const link = await welcomed({ recoveryWindowMs: 0 });
      await clock.advance(2_999);
      expect(link.isCancelled).to.equal(false);
      await clock.advance(1);
      expect(link.isCancelled).to.equal(true);
    });
  });

  describe('closing', () => {
    it('says goodbye, and resolves when the server has ended the stream', async () => {
      const lock = await held();
      const closing = engine.close();
      expect(links.last.frames.at(-1)?.goodbye).to.equal(true);
      links.last.end({ code: status.OK });
      await closing;
      expect(isHeld(lock)).to.equal(false);
      expect(clock.alarmCount).to.equal(0);
    });

    it('says goodbye by another stream, if the last one broke', async () => {
      const lock = await held();
      links.last.end();
      const releasing = outcomeOf(engine.release(lock));
      const closing = engine.close();
      expect(links.all).to.have.length(2);
      expect(links.last.frames).to.have.length(1);
      expect(links.last.frames[0]).to.deep.include({ goodbye: true });
      expect(links.last.frames[0]?.hello?.token).to.equal('token-1');
      links.last.welcome({ resumed: true });
      links.last.end({ code: status.OK });
      await closing;
      expect(await releasing).to.equal(undefined);
      expect(clock.alarmCount).to.equal(0);
    });

    it('says goodbye once, if no server is reached by then', async () => {
      await held();
      links.last.end();
      await clock.advance(50);
      const [, connecting] = links.all;
      const closing = engine.close();
      expect(connecting?.isCancelled).to.equal(true);
      links.last.end();
      await closing;
      await clock.advance(10_000);
      expect(links.all).to.have.length(3);
      expect(clock.alarmCount).to.equal(0);
    });

    it('has nobody to say goodbye to without a session', async () => {
      acquire().outcome.catch(() => undefined);
      await clock.settle();
      await engine.close();
      expect(links.all.map(({ isCancelled }) => isCancelled)).to.deep.equal([true]);
    });

    it('waits no longer than it may', async () => {
      await held();
      const closing = engine.close();
      await clock.advance(2_000);
      await closing;
      expect(links.last.isCancelled).to.equal(true);
      expect(clock.alarmCount).to.equal(0);
    });

    it('tells a release under way that it was made', async () => {
      const lock = await held();
      const releasing = outcomeOf(engine.release(lock));
      const closing = engine.close();
      links.last.end({ code: status.OK });
      await closing;
      expect(await releasing).to.equal(undefined);
    });

    it('tells a release under way if the server did not say so', async () => {
      const lock = await held();
      const releasing = outcomeOf(engine.release(lock));
      const closing = engine.close();
      await clock.advance(2_000);
      await closing;
      expect(await releasing).to.equal('closed');
    });

    it('takes no lock that is granted on the way out', async () => {
      acquire({ leaseMs: 60_000 }).outcome.catch(() => undefined);
      const link = await welcomed();
      const closing = engine.close();
      link.say(grant(1));
      link.end({ code: status.OK });
      await closing;
      await clock.settle();
      expect(clock.alarmCount).to.equal(0);
    });

    for (const [when, provoke] of [
      ['at a lost connection', () => links.last.end()],
      ['at a lost lock', () => links.last.end({ code: status.ABORTED })],
      [
        'at a lost session',
        async () => {
          links.last.end();
          await clock.advance(50);
          links.last.welcome({ token: 'token-2' });
        },
      ],
      ['at a server that stops', () => links.last.say({ notices: [NOTICE.draining] })],
    ] as const) {
      it(`by the program’s own listener, ${when}, is for good`, async () => {
        let closing: Promise<void> | undefined;
        const close = () => {
          closing ??= engine.close();
        };
        start({
          tell: (...[name]: [name: keyof ClientEvents, ...details: unknown[]]) => {
            if (name !== 'connected') {
              close();
            }
          },
        });
        const lock = await held({ leaseMs: 60_000 });
        lock.signal.addEventListener('abort', close);
        await provoke();
        await clock.settle();
        const count = links.all.length;
        await clock.advance(2_000);
        await closing;
        await clock.advance(100_000);
        expect(links.all).to.have.length(count);
        expect(clock.alarmCount).to.equal(0);
      });
    }

    it('fails what waits, and what is asked after', async () => {
      const { outcome } = acquire();
      await welcomed();
      const closing = engine.close();
      links.last.end({ code: status.OK });
      await closing;
      expect(await outcomeOf(outcome)).to.equal('closed');
      expect(await outcomeOf(acquire().outcome)).to.equal('closed');
    });

    it('is done at once if nothing was ever asked', async () => {
      await engine.close();
      expect(links.all).to.deep.equal([]);
    });
  });
});
