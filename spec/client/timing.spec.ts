import { expect } from 'chai';
import { systemTiming } from '../../client/timing.js';

const rung = (ms: number) =>
  new Promise<void>((resolve) => {
    systemTiming.setTimer(ms, resolve);
  });

describe('systemTiming', () => {
  it('only goes on', () => {
    const before = systemTiming.now();
    expect(systemTiming.now()).to.be.at.least(before);
  });

  it('rings, and not for what was cancelled', async () => {
    const told: string[] = [];
    systemTiming.setTimer(0, () => told.push('cancelled')).cancel();
    systemTiming.setTimer(-5, () => told.push('overdue'));
    await rung(2);
    expect(told).to.deep.equal(['overdue']);
  });

  it('does not ring at once for what is beyond the reach of Node’s timers', async () => {
    const told: string[] = [];
    const timer = systemTiming.setTimer(2 ** 31, () => told.push('far'));
    await rung(5);
    timer.cancel();
    expect(told).to.deep.equal([]);
  });
});
