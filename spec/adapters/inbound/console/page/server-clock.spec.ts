import { expect } from 'chai';
import {
  ServerClock,
  shownDuration,
  shownUntil,
} from '../../../../../adapters/inbound/console/page/server-clock.js';

describe('ServerClock', () => {
  it('goes on from what the server said, by how time passes here', () => {
    let own = 500;
    const clock = new ServerClock(() => own);
    clock.set(1_000_000);
    own += 250;
    expect(clock.now()).to.equal(1_000_250);
    clock.set(1_000_200);
    expect(clock.now()).to.equal(1_000_200);
  });

  for (const [ms, shown] of [
    [-5, '0s'],
    [999, '0s'],
    [59_999, '59s'],
    [60_000, '1m0s'],
    [3_599_999, '59m59s'],
    [3_600_000, '1h0m'],
    [90_000_000, '1d1h'],
  ] as const) {
    it(`shows ${ms} ms as ${shown}`, () => {
      expect(shownDuration(ms)).to.equal(shown);
    });
  }

  it('shows how long until an instant, and what has no end', () => {
    expect([shownUntil(5_000, 2_000), shownUntil(null, 2_000)]).to.deep.equal(['3s', 'no end']);
  });
});
