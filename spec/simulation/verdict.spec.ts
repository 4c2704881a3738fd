import { expect } from 'chai';
import { addTo, emptyTotals, idlenessOf, verdictOn } from './verdict.js';

const busy = { violations: [], grantCount: 5 };

describe('verdictOn', () => {
  it('has nothing against a busy run without a violation', () => {
    expect(verdictOn(busy)).to.deep.equal([]);
  });

  it('tells every violation', () => {
    expect(verdictOn({ ...busy, violations: ['a', 'b'] })).to.deep.equal(['a', 'b']);
  });

  it('takes one with fewer grants for an idle run', () => {
    expect(verdictOn({ ...busy, grantCount: 4 })).to.deep.equal(['an idle run: 4 grants']);
  });
});

describe('idlenessOf', () => {
  const run = { grantCount: 30, contendedCount: 10, restartCount: 1, eventCount: 1_000 };

  it('has nothing against runs with enough of everything on average', () => {
    const totals = emptyTotals();
    addTo(totals, { ...run, grantCount: 0 });
    addTo(totals, { ...run, grantCount: 60 });
    expect(idlenessOf(totals, 2)).to.deep.equal([]);
  });

  for (const count of Object.keys(run)) {
    it(`tells too little of ${count}`, () => {
      const totals = { ...run, quietCount: 0, [count]: run[count as keyof typeof run] - 1 };
      expect(idlenessOf(totals, 1).join()).to.match(new RegExp(`^idle runs: ${count} `));
    });
  }

  it('tells of runs without a wait, which one in a hundred may be', () => {
    for (const [quietCount, faults] of [
      [2, []],
      [3, ['idle runs: nobody had to wait in 3 of 200']],
    ] as const) {
      const totals = emptyTotals();
      for (let count = 0; count < 200; count += 1) {
        addTo(totals, { ...run, contendedCount: count < quietCount ? 0 : 11 });
      }
      expect(idlenessOf(totals, 200)).to.deep.equal(faults);
    }
  });
});
