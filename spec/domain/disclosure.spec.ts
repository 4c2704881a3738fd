import { expect } from 'chai';
import { maskedKey, shortName } from '../../domain/disclosure.js';

describe('maskedKey', () => {
  for (const [key, shown] of [
    ['2ce80fb6-81ed-4f95-9d04-0c26d35f2a11', '2ce80fb6…'],
    ['12345678', '…'],
    ['1', '…'],
    ['', '…'],
  ] as const) {
    it(`shows '${key}' as '${shown}'`, () => {
      expect(maskedKey(key)).to.equal(shown);
    });
  }
});

describe('shortName', () => {
  it('shows a name of 128 characters whole', () => {
    expect(shortName('n'.repeat(128))).to.equal('n'.repeat(128));
  });

  it('shows the first 128 characters of a longer one', () => {
    expect(shortName(`${'n'.repeat(128)}x`)).to.equal(`${'n'.repeat(128)}…`);
  });
});
