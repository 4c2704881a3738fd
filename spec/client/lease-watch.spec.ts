import { expect } from 'chai';
import * as fc from 'fast-check';
import { HeldLock } from '../../client/held-lock.js';
import { LeaseWatch } from '../../client/lease-watch.js';
import { FakeClock } from '../support/fake-clock.js';
import { fakeTiming } from '../support/fake-timing.js';

const lockNamed = (name: string) =>
  new HeldLock(name, `key-${name}`, 1, { leaseMs: 1, deadlineAt: 1, isRenewed: false });

describe('LeaseWatch', () => {
  let clock: FakeClock;
  let watch: LeaseWatch;
  /** What rang, and when. */
  let rung: [name: string, at: number][];

  beforeEach(() => {
    clock = new FakeClock(1_000);
    rung = [];
    watch = new LeaseWatch(fakeTiming(clock), ({ name }) => rung.push([name, clock.now()]));
  });

  it('rings for each lock at its time', async () => {
    watch.set(lockNamed('a'), 1_000, 100);
    await clock.advance(50);
    watch.set(lockNamed('b'), 1_050, 100);
    watch.set(lockNamed('c'), 1_050, 20);
    await clock.advance(100);
    expect(rung).to.deep.equal([
      ['c', 1_070],
      ['a', 1_100],
      ['b', 1_150],
    ]);
  });

  it('needs one timer for any number of leases of one length', () => {
    for (let count = 0; count < 1_000; count += 1) {
      watch.set(lockNamed(`n${count}`), 1_000 + count, 5_000);
    }
    expect(clock.alarmCount).to.equal(1);
  });

  it('rings for one that was heard of late at its own time', async () => {
    watch.set(lockNamed('a'), 1_000, 100);
    watch.set(lockNamed('late'), 960, 100);
    await clock.advance(100);
    expect(rung).to.deep.equal([
      ['late', 1_060],
      ['a', 1_100],
    ]);
  });

  it('rings no sooner though its timers do, as those of Node may', async () => {
    const timing = fakeTiming(clock);
    watch = new LeaseWatch(
      { now: timing.now, setTimer: (ms, act) => timing.setTimer(ms > 1 ? ms - 1 : ms, act) },
      ({ name }) => rung.push([name, clock.now()]),
    );
    watch.set(lockNamed('a'), 1_000, 100);
    watch.set(lockNamed('late'), 960, 100);
    await clock.advance(100);
    expect(rung).to.deep.equal([
      ['late', 1_060],
      ['a', 1_100],
    ]);
  });

  it('rings at once for one whose time has passed', async () => {
    watch.set(lockNamed('a'), 500, 100);
    await clock.advance(0);
    expect(rung).to.deep.equal([['a', 1_000]]);
  });

  it('does not ring for what is forgotten, nor twice for what is set again', async () => {
    const lock = lockNamed('a');
    watch.set(lock, 1_000, 100);
    watch.set(lock, 1_000, 300);
    const gone = lockNamed('gone');
    watch.set(gone, 900, 300);
    watch.forget(gone);
    await clock.advance(1_000);
    expect(rung).to.deep.equal([['a', 1_300]]);
  });

  it('keeps no timers for leases of ever new lengths that are over', async () => {
    for (let length = 1; length <= 1_000; length += 1) {
      const lock = lockNamed('a');
      watch.set(lock, 1_000, 3_600_000 + length);
      watch.forget(lock);
    }
    expect(clock.alarmCount).to.be.at.most(64);
  });

  it('rings for no one once it is closed', async () => {
    watch.set(lockNamed('a'), 1_000, 100);
    watch.set(lockNamed('late'), 900, 150);
    watch.close();
    expect(clock.alarmCount).to.equal(0);
  });

  it('rings once for each that is not forgotten, at its time, in whatever order they are set', async () => {
    const step = fc.record({
      lock: fc.integer({ min: 0, max: 5 }),
      delayMs: fc.constantFrom(10, 20, 500),
      agoMs: fc.constantFrom(0, 0, 3, 40),
      isForgotten: fc.boolean(),
      passMs: fc.integer({ min: 0, max: 15 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        clock = new FakeClock(1_000);
        rung = [];
        watch = new LeaseWatch(fakeTiming(clock), ({ name }) => {
          rung.push([name, clock.now()]);
        });
        const locks = Array.from({ length: 6 }, (_, index) => lockNamed(`${index}`));
        const dueAt = new Map<string, number>();
        const expected: [string, number][] = [];
        const pass = async (ms: number) => {
          await clock.advance(ms);
          for (const [name, at] of dueAt) {
            if (at <= clock.now()) {
              expected.push([name, at]);
              dueAt.delete(name);
            }
          }
        };
        for (const { lock: index, delayMs, agoMs, isForgotten, passMs } of steps) {
          const lock = locks[index] as HeldLock;
          if (isForgotten) {
            watch.forget(lock);
            dueAt.delete(lock.name);
          } else {
            watch.set(lock, clock.now() - agoMs, delayMs);
            dueAt.set(lock.name, Math.max(clock.now(), clock.now() - agoMs + delayMs));
          }
          await pass(passMs);
        }
        await pass(1_000);
        const byTime = (entries: [string, number][]) =>
          entries.map(([name, at]) => `${at} ${name}`).sort();
        expect(byTime(rung)).to.deep.equal(byTime(expected));
      }),
      { numRuns: 200 },
    );
  });
});
