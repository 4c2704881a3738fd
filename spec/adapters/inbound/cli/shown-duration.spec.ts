import { expect } from 'chai';
import { shownDuration } from '../../../../adapters/inbound/cli/shown-duration.js';
import { FOREVER } from '../../../../domain/instant.js';

describe('shownDuration', () => {
  const durations: readonly (readonly [number, string])[] = [
    [-1, '0.0s'],
    [0, '0.0s'],
    [99.9, '0.0s'],
    [59_999, '59.9s'],
    [60_000, '1m0s'],
    [3_599_999, '59m59s'],
    [3_600_000, '1h0m'],
    [86_399_999, '23h59m'],
    [100 * 86_400_000 + 5 * 3_600_000, '100d5h'],
    [FOREVER, '-'],
  ];
  for (const [ms, text] of durations) {
    it(`shows ${ms} ms as ${text}`, () => {
      expect(shownDuration(ms)).to.equal(text);
    });
  }
});
