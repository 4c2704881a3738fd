import { expect } from 'chai';
import { FOREVER } from '../../domain/instant.js';
import { FakeClock } from './fake-clock.js';

describe('FakeClock', () => {
  let clock: FakeClock;
  let rung: [name: string, at: number][];

  beforeEach(() => {
    clock = new FakeClock(1_000);
    rung = [];
  });

  function setAlarm(name: string, at: number) {
    return clock.setAlarm(at, () => rung.push([name, clock.now()]));
  }

  it('stands at the instant it was given until it is advanced', async () => {
    await clock.settle();
    expect(clock.now()).to.equal(1_000);

    await clock.advance(250.5);
    expect(clock.now()).to.equal(1_250.5);
  });

  it('rings alarms in the order of their instants, each at its own', async () => {
    setAlarm('late', 1_020);
    setAlarm('early', 1_010);
    await clock.advance(50);

    expect(rung).to.deep.equal([
      ['early', 1_010],
      ['late', 1_020],
    ]);
    expect(clock.now()).to.equal(1_050);
  });

  it('rings alarms for one instant in the order in which they were set', async () => {
    for (const name of ['a', 'b', 'c']) {
      setAlarm(name, 1_010);
    }
    await clock.advance(10);

    expect(rung.map(([name]) => name)).to.deep.equal(['a', 'b', 'c']);
  });

  it('does not ring an alarm before its instant, nor twice', async () => {
    setAlarm('once', 1_010);
    await clock.advance(9.999);
    expect(rung).to.deep.equal([]);

    await clock.advance(1);
    await clock.advance(100);
    expect(rung).to.deep.equal([['once', 1_010]]);
  });

  it('rings an alarm for the past in the next advance, without going back', async () => {
    setAlarm('past', 5);
    await clock.settle();
    expect(rung).to.deep.equal([]);

    await clock.advance(0);
    expect(rung).to.deep.equal([['past', 1_000]]);
  });

  it('rings within one advance the alarms that an alarm sets', async () => {
    clock.setAlarm(1_010, () => setAlarm('second', 1_020));
    await clock.advance(20);

    expect(rung).to.deep.equal([['second', 1_020]]);
  });

  it('lets everything that is ready run between two alarms', async () => {
    clock.setAlarm(1_010, () => {
      Promise.resolve()
        .then(() => new Promise((resolve) => setImmediate(resolve)))
        .then(() => setAlarm('between', 1_015), expect.fail);
    });
    setAlarm('after', 1_020);
    await clock.advance(20);

    expect(rung).to.deep.equal([
      ['between', 1_015],
      ['after', 1_020],
    ]);
  });

  it('does not ring a cancelled alarm', async () => {
    const alarm = setAlarm('cancelled', 1_010);
    alarm.cancel();
    await clock.advance(20);
    alarm.cancel();

    expect(rung).to.deep.equal([]);
  });

  it('keeps nothing of an alarm for FOREVER', () => {
    setAlarm('never', FOREVER);

    expect(clock.alarmCount).to.equal(0);
  });

  it('counts the alarms that are set', async () => {
    setAlarm('first', 1_010);
    setAlarm('second', 1_020).cancel();
    setAlarm('third', 1_030);
    expect(clock.alarmCount).to.equal(2);

    await clock.advance(10);
    expect(clock.alarmCount).to.equal(1);
  });

  it('rejects with what an alarm throws, and can be advanced again', async () => {
    clock.setAlarm(1_010, () => {
      throw new Error('broken alarm');
    });
    const thrown = await clock.advance(20).catch((error: unknown) => error);

    expect(thrown).to.have.property('message', 'broken alarm');
    expect(clock.now()).to.equal(1_010);
    await clock.advance(10);
    expect(clock.now()).to.equal(1_020);
  });

  it('refuses to advance while it advances', async () => {
    const first = clock.advance(10);
    const thrown = await clock.advance(10).catch((error: unknown) => error);
    await first;

    expect(thrown).to.have.property('message').that.includes('await that advance');
    expect(clock.now()).to.equal(1_010);
  });

  for (const ms of [-1, Number.NaN, FOREVER]) {
    it(`refuses to advance by ${ms} ms`, async () => {
      const thrown = await clock.advance(ms).catch((error: unknown) => error);

      expect(thrown).to.be.instanceOf(RangeError);
      expect(clock.now()).to.equal(1_000);
    });
  }

  it('ends an advance in which an alarm is set for now again and again', async () => {
    const again = () => void clock.setAlarm(clock.now(), again);
    again();
    const thrown = await clock.advance(1).catch((error: unknown) => error);

    expect(thrown).to.have.property('message').that.includes('alarms rang in one advance');
  });
});
