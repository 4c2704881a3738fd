import { expect } from 'chai';
import { HeldLock } from '../../client/held-lock.js';
import { Holdings, type HoldingSession } from '../../client/holdings.js';
import { UnavailableError } from '../../client/ldlm-error.js';
import type { LockRequest } from '../../client/request.js';
import { FakeClock } from '../support/fake-clock.js';
import { fakeTiming } from '../support/fake-timing.js';
import { outcomeOf } from '../support/engine-world.js';

const START = 1_000_000;
const DONE = { kind: 'done' } as const;
const REFUSED = { kind: 'refused', code: 13, message: 'no' } as const;

let clock: FakeClock;
let session: SpokenSession;
let holdings: Holdings;

/** What is asked goes out at once, and is answered by the spec. */
class SpokenSession implements HoldingSession {
  isClosed = false;
  aliveUntil = Number.POSITIVE_INFINITY;
  readonly asked: LockRequest[] = [];

  ask(request: LockRequest): void {
    request.sentAt = clock.now();
    this.asked.push(request);
  }

  get kinds(): readonly string[] {
    return this.asked.map(({ kind }) => kind);
  }

  get leaseTimes(): readonly number[] {
    return this.asked.flatMap(({ kind, leaseMs }) => (kind === 'renew' ? [leaseMs] : []));
  }

  async answer(index: number, answer: typeof DONE | typeof REFUSED): Promise<void> {
    this.asked[index]?.settle(answer);
    await clock.settle();
  }

  async fail(index: number): Promise<void> {
    this.asked[index]?.fail(new UnavailableError('nobody is there'));
    await clock.settle();
  }
}

/** A lock whose lease, if it has one, begins now. */
function hold({ leaseMs, isRenewed = true, key = 'k' }: Partial<Terms> = {}): HeldLock {
  const deadlineAt = leaseMs === undefined ? Number.POSITIVE_INFINITY : clock.now() + leaseMs;
  const lock = new HeldLock('printer', key, 1, { leaseMs, deadlineAt, isRenewed });
  holdings.add(lock);
  holdings.watchLease(lock, clock.now());
  return lock;
}

interface Terms {
  readonly leaseMs: number;
  readonly isRenewed: boolean;
  readonly key: string;
}

function isHeld(lock: HeldLock): boolean {
  return holdings.heldForMs(lock) > 0;
}

describe('Holdings', () => {
  beforeEach(() => {
    clock = new FakeClock(START);
    session = new SpokenSession();
    holdings = new Holdings(session, fakeTiming(clock));
  });

  describe('a lease', () => {
    it('renews itself at a third of its time, and lasts from before that', async () => {
      const lock = hold({ leaseMs: 900 });
      await clock.advance(299);
      expect(session.kinds).to.deep.equal([]);
      await clock.advance(1);
      expect(session.leaseTimes).to.deep.equal([900]);
      await clock.advance(100);
      await session.answer(0, DONE);
      await clock.advance(799);
      expect(isHeld(lock)).to.equal(true);
      await clock.advance(1);
      expect(isHeld(lock)).to.equal(false);
    });

    it('renews itself again and again', async () => {
      const lock = hold({ leaseMs: 900 });
      for (let count = 0; count < 5; count += 1) {
        await clock.advance(300);
        await session.answer(count, DONE);
      }
      expect([session.asked.length, holdings.heldForMs(lock)]).to.deep.equal([5, 900]);
    });

    it('does not renew itself when it is told not to, and is lost at its end', async () => {
      const lock = hold({ leaseMs: 900, isRenewed: false });
      await clock.advance(899);
      expect([session.kinds, isHeld(lock)]).to.deep.equal([[], true]);
      await clock.advance(1);
      expect([session.kinds, lock.loss?.reason]).to.deep.equal([[], 'expired']);
    });

    it('is lost at its end when nobody answers its renewal', async () => {
      const lock = hold({ leaseMs: 900 });
      await clock.advance(899);
      expect([session.kinds, isHeld(lock)]).to.deep.equal([['renew'], true]);
      await clock.advance(1);
      expect([session.kinds, lock.loss?.reason]).to.deep.equal([['renew'], 'expired']);
    });

    it('is lost when the server does not renew it', async () => {
      const lock = hold({ leaseMs: 900 });
      await clock.advance(300);
      await session.answer(0, REFUSED);
      expect(lock.loss?.reason).to.equal('unknown');
    });

    it('is over by the clock, whatever timers have rung', async () => {
      const lock = hold({ leaseMs: 900, isRenewed: false });
      // As for a process that was stopped: time has passed, and no timer rang yet.
      const { now } = clock;
      clock.now = () => now.call(clock) + 900;
      expect(isHeld(lock)).to.equal(false);
      expect(await outcomeOf(holdings.release(lock))).to.equal('lost');
    });

    it('that its holder shortens is over by then, though nobody answers', async () => {
      const lock = hold({ leaseMs: 30_000, isRenewed: false });
      const renewing = outcomeOf(holdings.renew(lock, 1_000));
      await clock.advance(999);
      expect(isHeld(lock)).to.equal(true);
      await clock.advance(1);
      expect(lock.loss?.reason).to.equal('expired');
      await session.answer(0, DONE);
      expect(await renewing).to.equal('lost');
    });

    it('that its holder shortens is not stretched by the answer to a renewal before', async () => {
      const lock = hold({ leaseMs: 2_100 });
      await clock.advance(700);
      const renewing = outcomeOf(holdings.renew(lock, 500));
      expect(session.leaseTimes).to.deep.equal([2_100, 500]);
      await session.answer(0, DONE);
      await clock.advance(500);
      expect(isHeld(lock)).to.equal(false);
      await session.answer(1, DONE);
      expect(await renewing).to.equal('lost');
    });

    it('renews itself to the time that its holder gave it last, answered or not', async () => {
      const lock = hold({ leaseMs: 900 });
      await clock.advance(299);
      holdings.renew(lock, 2_000).catch(() => undefined);
      await clock.advance(1);
      expect(session.leaseTimes).to.deep.equal([2_000, 2_000]);
    });

    it('renews itself again when its holder’s renewal could not be asked for', async () => {
      const lock = hold({ leaseMs: 900 });
      await clock.advance(300);
      const renewing = outcomeOf(holdings.renew(lock, 900));
      await session.fail(1);
      expect(await renewing).to.equal('unavailable');
      await clock.settle();
      await clock.advance(0);
      expect(session.leaseTimes).to.deep.equal([900, 900, 900]);
    });

    it('that could not be renewed is asked for again after a third of its time, not at once', async () => {
      hold({ leaseMs: 900 });
      await clock.advance(300);
      await session.fail(0);
      await clock.advance(299);
      expect(session.leaseTimes).to.deep.equal([900]);
      await clock.advance(1);
      expect(session.leaseTimes).to.deep.equal([900, 900]);
    });

    it('ends in time though it could not be renewed shortly before', async () => {
      const lock = hold({ leaseMs: 900 });
      await clock.advance(300);
      await clock.advance(550);
      await session.fail(0);
      await clock.advance(50);
      expect(lock.loss?.reason).to.equal('expired');
    });

    it('takes the time that its holder gives it', async () => {
      const lock = hold({ leaseMs: 900, isRenewed: false });
      const renewing = holdings.renew(lock, 5_000);
      await session.answer(0, DONE);
      await renewing;
      await clock.advance(2_000);
      expect(holdings.heldForMs(lock)).to.equal(3_000);
    });

    it('without an end cannot be given one', async () => {
      expect(await outcomeOf(holdings.renew(hold(), 900))).to.equal('invalid-argument');
    });
  });

  describe('a lock', () => {
    it('is held for no longer than its session lives for sure', () => {
      session.aliveUntil = START + 700;
      expect(holdings.heldForMs(hold({ leaseMs: 900 }))).to.equal(700);
      session.aliveUntil = START;
      expect(holdings.heldForMs(hold())).to.equal(0);
    });

    it('is not held if another one took its place', () => {
      const lock = hold();
      hold();
      expect(isHeld(lock)).to.equal(false);
    });

    it('is released once the server says so', async () => {
      const lock = hold();
      const releasing = holdings.release(lock);
      expect([isHeld(lock), session.kinds]).to.deep.equal([false, ['release']]);
      await session.answer(0, DONE);
      await releasing;
      expect(lock.signal.aborted).to.equal(false);
    });

    it('that is released is neither renewed nor lost when its lease is due', async () => {
      const lock = hold({ leaseMs: 900 });
      holdings.release(lock).catch(() => undefined);
      await clock.advance(900);
      expect([session.kinds, lock.loss]).to.deep.equal([['release'], undefined]);
    });

    for (const [what, ask] of [
      ['renewal', () => clock.advance(300)],
      ['check', async () => holdings.checkAll()],
    ] as const) {
      it(`that is released is not lost by a ${what} that comes too late`, async () => {
        const lock = hold({ leaseMs: 900 });
        const { signal } = lock;
        await ask();
        const releasing = holdings.release(lock);
        await session.answer(1, DONE);
        await session.answer(0, REFUSED);
        await releasing;
        expect([signal.aborted, lock.loss]).to.deep.equal([false, undefined]);
      });
    }

    it('that is released cannot be renewed meanwhile', async () => {
      const lock = hold({ leaseMs: 900 });
      const renewing = outcomeOf(holdings.renew(lock, 900));
      const releasing = holdings.release(lock);
      await session.answer(1, DONE);
      await session.answer(0, REFUSED);
      await releasing;
      expect(await renewing).to.equal('lost');
      expect(lock.signal.aborted).to.equal(false);
    });

    it('that the server does not know any more was lost', async () => {
      const releasing = outcomeOf(holdings.release(hold()));
      await session.answer(0, REFUSED);
      expect(await releasing).to.equal('lost');
    });

    it('that may be over when it is released is lost, and given back all the same', async () => {
      const lock = hold();
      session.aliveUntil = START;
      expect(await outcomeOf(holdings.release(lock))).to.equal('lost');
      expect(await outcomeOf(holdings.release(lock))).to.equal('lost');
      expect(session.asked.map(({ kind, isPatient }) => [kind, isPatient])).to.deep.equal([
        ['release', true],
      ]);
    });

    it('whose renewal is done when it was lost by then is given back', async () => {
      const lock = hold({ leaseMs: 900, isRenewed: false });
      const renewing = outcomeOf(holdings.renew(lock, 5_000));
      await clock.advance(900);
      expect(lock.loss?.reason).to.equal('expired');
      await session.answer(0, DONE);
      expect(await renewing).to.equal('lost');
      expect(session.kinds).to.deep.equal(['renew', 'release']);
    });

    it('that nobody was given is given back, however long that takes', () => {
      holdings.giveBack(hold());
      expect(session.asked.map(({ kind, isPatient }) => [kind, isPatient])).to.deep.equal([
        ['release', true],
      ]);
    });

    it('is lost at once when it is said to be', async () => {
      const lock = hold();
      holdings.lose('another', 'revoked');
      expect(isHeld(lock)).to.equal(true);
      holdings.lose('k', 'revoked');
      expect([isHeld(lock), lock.loss?.reason]).to.deep.equal([false, 'revoked']);
      expect(await outcomeOf(holdings.release(lock))).to.equal('lost');
    });

    it('can be neither released nor renewed when the client is closed', async () => {
      const lock = hold({ leaseMs: 900 });
      session.isClosed = true;
      const outcomes = [holdings.release(lock), holdings.renew(lock, 900)].map(outcomeOf);
      expect(await Promise.all(outcomes)).to.deep.equal(['closed', 'closed']);
      expect(session.kinds).to.deep.equal([]);
    });
  });

  it('ask after all that is held, and lose what is gone', async () => {
    const [kept, gone] = [hold({ key: 'kept' }), hold({ key: 'gone' })];
    holdings.checkAll();
    await session.answer(0, DONE);
    await session.answer(1, REFUSED);
    expect([isHeld(kept), gone.loss?.reason]).to.deep.equal([true, 'unknown']);
  });

  it('lose all at once, and tell how many that were', () => {
    const locks = [hold({ key: 'a' }), hold({ key: 'b' })];
    expect(holdings.loseAll('unreachable')).to.equal(2);
    expect(locks.map(({ loss }) => loss?.reason)).to.deep.equal(['unreachable', 'unreachable']);
    expect(holdings.loseAll('unreachable')).to.equal(0);
  });

  it('keep no timer when they are closed', () => {
    hold({ leaseMs: 900 });
    holdings.close();
    expect(clock.alarmCount).to.equal(0);
  });
});
