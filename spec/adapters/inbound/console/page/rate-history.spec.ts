import { expect } from 'chai';
import {
  LOOKS_MAX,
  RateHistory,
  RATES,
  shownRate,
} from '../../../../../adapters/inbound/console/page/rate-history.js';
import { someStats } from '../../../../support/some-holder.js';

describe('RateHistory', () => {
  let history: RateHistory;

  beforeEach(() => {
    history = new RateHistory();
  });

  const granted = () => history.rates[0];

  it('has no rate after one look', () => {
    history.add(someStats({ now: 1_000, grantCount: 5 }));
    expect(granted()).to.deep.equal([]);
  });

  it('reckons by the server’s time what has happened in a second', () => {
    history.add(someStats({ now: 1_000, grantCount: 5 }));
    history.add(someStats({ now: 3_000, grantCount: 25 }));
    expect(granted()).to.deep.equal([10]);
  });

  it('reckons every rate from its own count', () => {
    history.add(someStats({ now: 1_000 }));
    const endCounts = { released: 3, expired: 4, revoked: 5, 'session-ended': 6 };
    history.add(someStats({ now: 2_000, grantCount: 1, renewalCount: 2, endCounts }));
    expect(history.rates).to.deep.equal(RATES.map((_, index) => [index + 1]));
  });

  for (const [what, stats] of [
    ['another server, or one that was started anew', { startedAt: 5, now: 2_000, grantCount: 1 }],
    ['a look that is no later', { now: 1_000, grantCount: 9 }],
  ] as const) {
    it(`takes nothing from ${what} for a rate`, () => {
      history.add(someStats({ now: 1_000, grantCount: 5 }));
      history.add(someStats(stats));
      expect(granted()).to.deep.equal([]);
    });
  }

  it('keeps the last two minutes', () => {
    for (let look = 0; look <= LOOKS_MAX + 10; look += 1) {
      history.add(someStats({ now: 1_000 * (look + 1), grantCount: (look * (look + 1)) / 2 }));
    }
    expect(granted()).to.have.length(LOOKS_MAX);
    expect(granted()?.[0]).to.equal(11);
  });

  for (const [rate, shown] of [
    [0, '0.0'],
    [99.94, '99.9'],
    [12_345.6, '12,346'],
  ] as const) {
    it(`shows ${rate} as ${shown}`, () => {
      expect(shownRate(rate)).to.equal(shown);
    });
  }
});
