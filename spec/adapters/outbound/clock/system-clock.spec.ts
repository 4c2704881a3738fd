import { once, EventEmitter } from 'node:events';
import { mock } from 'node:test';
import { expect } from 'chai';
import { SystemClock } from '../../../../adapters/outbound/clock/system-clock.js';
import { FOREVER } from '../../../../domain/instant.js';

const DAY_MS = 86_400_000;

/** Node's timers and monotonic clock, held still: a timer goes off when the spec says so. */
class StillMachine {
  monotonicMs = 0.25;
  readonly delays: number[] = [];
  isHolding = false;
  #goOff: (() => void) | undefined;

  constructor() {
    mock.method(performance, 'now', () => this.monotonicMs);
    mock.method(globalThis, 'setTimeout', (goOff: () => void, delayMs: number) => {
      this.delays.push(delayMs);
      this.#goOff = goOff;
      this.isHolding = true;
      const timeout = {
        unref: () => {
          this.isHolding = false;
          return timeout;
        },
      };
      return timeout;
    });
  }

  get isWaiting(): boolean {
    return this.#goOff !== undefined;
  }

  goOffAt(monotonicMs: number): void {
    const goOff = this.#goOff;
    this.#goOff = undefined;
    this.monotonicMs = monotonicMs;
    goOff?.();
  }
}

describe('SystemClock', () => {
  const clock = new SystemClock();

  it('counts from the Unix epoch', () => {
    const before = performance.now();
    const now = clock.now() - performance.timeOrigin;

    expect(now).to.be.within(before, performance.now());
  });

  it('rings an alarm for the past in a turn of its own', async () => {
    const bell = new EventEmitter();
    let hasReturned = false;
    clock.setAlarm(clock.now() - 1, () => bell.emit('ring', hasReturned));
    hasReturned = true;

    expect(await once(bell, 'ring')).to.deep.equal([true]);
  });

  it('rings an alarm once its instant is reached', async () => {
    const bell = new EventEmitter();
    const at = clock.now() + 2;
    clock.setAlarm(at, () => bell.emit('ring', clock.now()));
    // The alarm itself keeps nothing alive.
    const alive = setInterval(() => undefined, DAY_MS);
    const [rungAt] = await once(bell, 'ring');
    clearInterval(alive);

    expect(rungAt).to.be.at.least(at);
  });

  it('does not ring a cancelled alarm, whether it lay ahead or in the past', async () => {
    const bell = new EventEmitter();
    const rung: string[] = [];
    clock.setAlarm(clock.now() - 1, () => rung.push('past')).cancel();
    clock.setAlarm(clock.now() + 1, () => rung.push('ahead')).cancel();
    const alive = setInterval(() => undefined, DAY_MS);
    clock.setAlarm(clock.now() + 3, () => bell.emit('later'));
    await once(bell, 'later');
    clearInterval(alive);

    expect(rung).to.deep.equal([]);
  });

  describe('on a machine that stands still', () => {
    let machine: StillMachine;
    let ringCount: number;

    beforeEach(() => {
      machine = new StillMachine();
      ringCount = 0;
    });

    afterEach(() => {
      mock.restoreAll();
    });

    function setAlarmIn(ms: number) {
      return clock.setAlarm(performance.timeOrigin + machine.monotonicMs + ms, () => {
        ringCount += 1;
      });
    }

    it('reads the monotonic clock, not the wall clock', () => {
      const before = clock.now();
      mock.method(Date, 'now', () => 0);
      machine.monotonicMs += 7;

      expect(clock.now() - before).to.be.closeTo(7, 0.001);
    });

    it('rounds a delay up, so as not to ring early', () => {
      setAlarmIn(10.25);

      expect(machine.delays).to.deep.equal([11]);
    });

    it('waits on when a timer goes off early', () => {
      setAlarmIn(10);
      machine.goOffAt(9.5);
      expect([ringCount, machine.delays]).to.deep.equal([0, [10, 1]]);

      machine.goOffAt(10.5);
      expect(ringCount).to.equal(1);
    });

    it('waits in stretches for what lies further ahead than a timer can reach', () => {
      setAlarmIn(60 * DAY_MS);
      const reach = 2 ** 31 - 1;
      machine.goOffAt(reach);
      machine.goOffAt(2 * reach);
      expect(machine.delays.slice(0, 2)).to.deep.equal([reach, reach]);
      expect(ringCount).to.equal(0);

      machine.goOffAt(60 * DAY_MS + 1);
      expect([ringCount, machine.delays.length]).to.deep.equal([1, 3]);
    });

    it('never rings for FOREVER, and sets no timer', () => {
      clock.setAlarm(FOREVER, () => undefined).cancel();

      expect(machine.isWaiting).to.equal(false);
    });

    it('does not keep the process alive with an alarm that lies ahead', () => {
      setAlarmIn(10);

      expect([machine.isWaiting, machine.isHolding]).to.deep.equal([true, false]);
    });
  });
});
