import { expect } from 'chai';
import * as fc from 'fast-check';
import { SimulatedProcess, SimulatedTime } from './simulated-time.js';

describe('SimulatedTime', () => {
  it('lets things happen by their instants, and those of one instant in the order of being scheduled', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 20 })), async (delays) => {
        const time = new SimulatedTime();
        const seen: string[] = [];
        for (const [index, delay] of delays.entries()) {
          time.schedule(delay, () => seen.push(`${time.now} ${index}`));
        }
        await time.pass(20);
        const expected = delays
          .map((delay, index) => ({ delay, index }))
          .sort((one, other) => one.delay - other.delay || one.index - other.index)
          .map(({ delay, index }) => `${delay} ${index}`);
        expect(seen).to.deep.equal(expected);
      }),
    );
  });

  it('lets nothing happen that was cancelled, or that is due later', async () => {
    const time = new SimulatedTime();
    const seen: string[] = [];
    time.schedule(1, () => seen.push('cancelled')).cancel();
    time.schedule(2.5, () => seen.push('later'));
    await time.pass(2);
    expect([seen, time.now]).to.deep.equal([[], 2]);
    await time.pass(1);
    expect(seen).to.deep.equal(['later']);
  });
});

describe('SimulatedProcess', () => {
  it('that is paused does what fell due, in its order, when it goes on', async () => {
    const time = new SimulatedTime();
    const process = new SimulatedProcess(time, 'p');
    const seen: string[] = [];
    time.schedule(1, () => seen.push(`one at ${time.now}`), process);
    time.schedule(2, () => seen.push(`two at ${time.now}`), process);
    process.pause();
    await time.pass(5);
    expect(seen).to.deep.equal([]);
    process.resume();
    await time.pass(0);
    expect(seen).to.deep.equal(['one at 5', 'two at 5']);
  });

  it('that goes on may see to its timers last', async () => {
    const time = new SimulatedTime();
    const process = new SimulatedProcess(time, 'p');
    const seen: string[] = [];
    time.schedule(1, () => seen.push('timer'), process, true);
    time.schedule(2, () => seen.push('message'), process);
    process.pause();
    await time.pass(5);
    process.resume(true);
    await time.pass(0);
    expect(seen).to.deep.equal(['message', 'timer']);
  });

  it('that is dead does nothing more, paused or not', async () => {
    const time = new SimulatedTime();
    const process = new SimulatedProcess(time, 'p');
    const seen: string[] = [];
    time.schedule(1, () => seen.push('waiting'), process);
    time.schedule(3, () => seen.push('to come'), process);
    process.pause();
    await time.pass(2);
    process.kill();
    process.resume();
    await time.pass(2);
    expect(seen).to.deep.equal([]);
  });
});
