import { expect } from 'chai';
import fc from 'fast-check';
import { isLongerThan } from '../../domain/name-length.js';

describe('isLongerThan', () => {
  for (const { what, name, bytes } of [
    { what: 'ASCII', name: 'printer', bytes: 7 },
    { what: 'letters of 2 bytes', name: 'éß', bytes: 4 },
    { what: 'the first of 2 bytes', name: '\u0080', bytes: 2 },
    { what: 'the last of 2 bytes', name: '\u07ff', bytes: 2 },
    { what: 'letters of 3 bytes', name: '鍵鍵', bytes: 6 },
    { what: 'the first of 3 bytes', name: '\u0800', bytes: 3 },
    { what: 'letters of 4 bytes', name: '🔒🔒', bytes: 8 },
    { what: 'a lone first surrogate', name: 'a\ud83d', bytes: 4 },
    { what: 'a lone second surrogate', name: '\udd12a', bytes: 4 },
    { what: 'NUL', name: '\0\0', bytes: 2 },
    { what: 'a mix of all', name: 'aé鍵🔒', bytes: 10 },
  ]) {
    it(`takes ${what} for ${bytes} bytes`, () => {
      expect([isLongerThan(name, bytes), isLongerThan(name, bytes - 1)]).to.deep.equal([
        false,
        true,
      ]);
    });
  }

  it('takes the empty name for no bytes', () => {
    expect(isLongerThan('', 0)).to.equal(false);
  });

  it('agrees with an encoder about any string and any bound', () => {
    const name = fc.string({ unit: fc.oneof(unit('binary'), unit('binary-ascii'), anyUnit()) });
    fc.assert(
      fc.property(name, fc.nat(40), (text, bytesMax) => {
        expect(isLongerThan(text, bytesMax)).to.equal(Buffer.byteLength(text) > bytesMax);
      }),
      { numRuns: 500 },
    );
  });
});

function unit(kind: 'binary' | 'binary-ascii'): fc.Arbitrary<string> {
  return fc.string({ unit: kind, minLength: 1, maxLength: 1 });
}

/** One UTF-16 unit, half of a pair included. */
function anyUnit(): fc.Arbitrary<string> {
  return fc.nat(0xffff).map((code) => String.fromCharCode(code));
}
