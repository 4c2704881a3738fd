import { expect } from 'chai';
import fc from 'fast-check';
import { formatDuration, parseDuration } from '../../bootstrap/duration.js';

describe('parseDuration', () => {
  const durations: readonly (readonly [text: string, ms: number])[] = [
    ['10m', 600_000],
    ['1h30m10.5s', 5_410_500],
    ['0.025h', 90_000],
    ['90000ms', 90_000],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['1.s', 1_000],
    ['5m5ms', 300_005],
    ['1s1s', 2_000],
    ['250us', 0.25],
    ['250\u00b5s', 0.25],
    ['250\u03bcs', 0.25],
    ['500000ns', 0.5],
    ['+1s', 1_000],
    ['-5s', -5_000],
    ['-1m30s', -90_000],
    ['0', 0],
    ['0s', 0],
  ];
  for (const [text, ms] of durations) {
    it(`reads ${text} as ${ms} ms`, () => {
      expect(parseDuration(text)).to.equal(ms);
    });
  }

  const others = [
    '',
    '10',
    'abc',
    '1d',
    '1 m',
    ' 1m',
    '1m ',
    '1M',
    '1h30',
    's',
    '.s',
    '.',
    '1..5s',
  ];
  for (const text of [...others, '1e3s', '-', '--1s', '1s-1s', '00', 'Infinity', '1m\n', '１s']) {
    it(`takes ${JSON.stringify(text)} for no duration`, () => {
      expect(parseDuration(text)).to.equal(undefined);
    });
  }

  it('gives a number or undefined for any text, however long', () => {
    const letters = fc.constantFrom(...'0123456789.hmsun\u00b5+- ');
    fc.assert(
      fc.property(fc.string({ unit: letters, size: 'large' }), (text) => {
        expect(parseDuration(text)).to.satisfy(
          (ms: unknown) => ms === undefined || ms === Number(ms),
        );
      }),
    );
    expect(parseDuration('1'.repeat(1_000_000))).to.equal(undefined);
  });
});

describe('formatDuration', () => {
  const texts: readonly (readonly [ms: number, text: string])[] = [
    [0, '0s'],
    [1, '1ms'],
    [600_000, '10m'],
    [90_001, '1m30s1ms'],
    [5_400_000, '1h30m'],
    [2_147_483_647_000, '596523h14m7s'],
  ];
  for (const [ms, text] of texts) {
    it(`writes ${ms} ms as ${text}`, () => {
      expect(formatDuration(ms)).to.equal(text);
    });
  }

  it('writes what parseDuration reads back', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (ms) => {
        expect(parseDuration(formatDuration(ms))).to.equal(ms);
      }),
    );
  });
});
