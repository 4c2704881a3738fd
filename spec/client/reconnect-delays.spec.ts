import { expect } from 'chai';
import * as fc from 'fast-check';
import { ReconnectDelays } from '../../client/reconnect-delays.js';

const delaysOf = (delays: ReconnectDelays, addressCount: number, attemptCount: number) =>
  Array.from({ length: attemptCount }, () => delays.next(addressCount));

describe('ReconnectDelays', () => {
  it('grow twofold with each round of the addresses, up to three seconds', () => {
    const longest = new ReconnectDelays(() => 1);
    expect(delaysOf(longest, 1, 9)).to.deep.equal([
      50, 100, 200, 400, 800, 1_600, 3_000, 3_000, 3_000,
    ]);
  });

  it('are none until every address was tried', () => {
    const longest = new ReconnectDelays(() => 1);
    expect(delaysOf(longest, 3, 7)).to.deep.equal([0, 0, 50, 0, 0, 100, 0]);
  });

  it('begin anew after a success, with the next address', () => {
    const longest = new ReconnectDelays(() => 1);
    delaysOf(longest, 1, 5);
    longest.succeeded();
    expect(longest.next(1)).to.equal(50);
    expect(longest.attemptCount).to.equal(6);
  });

  it('are half of the longest at least, and differ between clients', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.integer({ min: 1, max: 2_000 }),
        (chance, attemptCount) => {
          const delays = new ReconnectDelays(() => chance);
          const delay = delaysOf(delays, 1, attemptCount).at(-1) ?? 0;
          const longest = Math.min(3_000, 50 * 2 ** (attemptCount - 1));
          expect(delay).to.be.within(longest / 2, longest);
        },
      ),
    );
    expect(new ReconnectDelays(() => 0.2).next(1)).not.to.equal(
      new ReconnectDelays(() => 0.7).next(1),
    );
  });
});
