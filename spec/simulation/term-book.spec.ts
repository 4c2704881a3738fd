import { expect } from 'chai';
import { answersOutOfTerm, type KnownTerm } from './term-book.js';

const TERMS: readonly KnownTerm[] = [
  { address: 'a', revision: '1', heardAt: 0, lastedUntil: 10 },
  { address: 'b', revision: '2', heardAt: 20, lastedUntil: 30 },
];

describe('answersOutOfTerm', () => {
  const rows: readonly (readonly [string, string, readonly [number, number], number])[] = [
    ['an answer of the one that leads', 'b', [20, 30], 0],
    ['an answer of the one before while another leads for certain', 'a', [20, 30], 1],
    ['what was asked before the other was known to lead', 'a', [19, 25], 0],
    ['what was told when the other may not have led any more', 'a', [25, 31], 0],
    ['an answer of one that has yet to lead', 'b', [1, 2], 1],
  ];

  for (const [what, by, [askedAt, toldAt], count] of rows) {
    it(`${count === 0 ? 'lets pass' : 'finds'} ${what}`, () => {
      const answer = { by, what: 'busy', askedAt, toldAt };
      expect(answersOutOfTerm([answer], TERMS)).to.have.length(count);
    });
  }

  it('says who answered what, and who led', () => {
    const answer = { by: 'a', what: 'busy', askedAt: 21, toldAt: 22 };
    expect(answersOutOfTerm([answer], TERMS)).to.deep.equal(['a answered busy while b led']);
  });
});
