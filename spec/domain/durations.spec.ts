import { expect } from 'chai';
import fc from 'fast-check';
import { Durations } from '../../domain/durations.js';

describe('Durations', () => {
  it('are none at first', () => {
    const durations = new Durations();
    expect([durations.count, durations.sumMs]).to.deep.equal([0, 0]);
    expect(durations.counts).to.deep.equal(durations.boundsMs.map(() => 0).concat(0));
  });

  it('have bounds that grow', () => {
    const { boundsMs } = new Durations();
    expect(boundsMs).to.deep.equal([...new Set(boundsMs)].sort((one, other) => one - other));
  });

  for (const [ms, boundMs] of [
    [0, 1],
    [1, 1],
    [1.000_1, 5],
    [60_000, 60_000],
    [60_001, 300_000],
    [86_400_000, 86_400_000],
  ]) {
    it(`count ${ms} ms at the bound of ${boundMs} ms`, () => {
      const durations = new Durations();
      durations.add(ms ?? 0);
      expect(durations.counts.indexOf(1)).to.equal(durations.boundsMs.indexOf(boundMs ?? 0));
      expect([durations.count, durations.sumMs]).to.deep.equal([1, ms]);
    });
  }

  it('count what is past all bounds, too', () => {
    const durations = new Durations();
    durations.add(86_400_001);
    expect(durations.counts.at(-1)).to.equal(1);
    expect(durations.count).to.equal(1);
  });

  it('count what ended before it began, as clocks have it, as nothing', () => {
    const durations = new Durations();
    durations.add(-0.4);
    expect(durations.counts[0]).to.equal(1);
    expect(durations.sumMs).to.equal(0);
  });

  it('count each once, at the first bound that is not below it', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e8, noNaN: true })), (all) => {
        const durations = new Durations();
        for (const ms of all) {
          durations.add(ms);
        }
        const expected = durations.boundsMs.map((bound, index) => {
          const below = durations.boundsMs[index - 1] ?? -1;
          return all.filter((ms) => ms > below && ms <= bound).length;
        });
        expect(durations.counts.slice(0, -1)).to.deep.equal(expected);
        expect(durations.count).to.equal(all.length);
      }),
    );
  });
});
