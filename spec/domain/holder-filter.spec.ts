import { expect } from 'chai';
import fc from 'fast-check';
import { type HolderFilter, holderTest } from '../../domain/holder-filter.js';
import { anyHolder, someHolder } from '../support/some-holder.js';

const holder = someHolder({
  name: 'invoice/42/line',
  sessionId: 's1',
  session: 'stream 127.0.0.1:5',
  owner: { host: 'db1', purpose: 'x=y' },
});

describe('holderTest', () => {
  const wanted: readonly HolderFilter[] = [
    {},
    { name: 'invoice/42/line' },
    { namePrefix: '' },
    { namePrefix: 'invoice/' },
    { namePattern: '*' },
    { namePattern: '**' },
    { namePattern: 'invoice/42/line' },
    { namePattern: 'invoice/*' },
    { namePattern: '*line' },
    { namePattern: 'in*42*ne' },
    { namePattern: '*/*/*' },
    { namePattern: 'invoice/42/line*' },
    { session: 's1' },
    { session: '127.0.0.1:5' },
    { session: 'stream 127.0.0.1:5' },
    { owner: { value: 'db1' } },
    { owner: { word: 'host', value: 'db1' } },
    { owner: { word: 'purpose', value: 'x=y' } },
    { namePrefix: 'i', session: 's1', owner: { value: 'db1' } },
  ];
  for (const filter of wanted) {
    it(`wants what has all of ${JSON.stringify(filter)}`, () => {
      expect(holderTest(filter)(holder)).to.equal(true);
    });
  }

  const unwanted: readonly HolderFilter[] = [
    { name: 'invoice/42' },
    { name: 'invoice/*' },
    { namePrefix: 'nvoice' },
    { namePattern: '' },
    { namePattern: 'invoice' },
    { namePattern: '*42' },
    { namePattern: '*/*/*/*' },
    { namePattern: 'invoice/42/line*e' },
    { namePattern: 'invoice/42/l*line' },
    { namePattern: 'invoice/4?/line' },
    { session: '1' },
    { session: '127.0.0.1' },
    { session: '' },
    { owner: { value: 'host' } },
    { owner: { word: 'purpose', value: 'db1' } },
    { owner: { word: 'toString', value: 'db1' } },
    { namePrefix: 'i', session: 's2' },
  ];
  for (const filter of unwanted) {
    it(`does not want what lacks some of ${JSON.stringify(filter)}`, () => {
      expect(holderTest(filter)(holder)).to.equal(false);
    });
  }

  it('does not want what has no session, or no owner, where one is asked for', () => {
    const nobodys = someHolder({ sessionId: undefined, session: undefined, owner: undefined });
    expect(holderTest({ session: 's1' })(nobodys)).to.equal(false);
    expect(holderTest({ owner: { value: 'x' } })(nobodys)).to.equal(false);
  });

  it('takes a star for any text, as a regular expression does', () => {
    const few = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
    const name = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 });
    fc.assert(
      fc.property(few, name, (namePattern, text) => {
        const expected = new RegExp(`^${namePattern.replaceAll('*', '.*')}$`).test(text);
        expect(holderTest({ namePattern })(someHolder({ name: text }))).to.equal(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it('wants whatever there is if nothing is asked for', () => {
    fc.assert(fc.property(anyHolder, (one) => holderTest({})(one)));
  });
});
