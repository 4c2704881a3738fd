import { expect } from 'chai';
import { swapRemove } from '../../domain/swap-remove.js';

describe('swapRemove', () => {
  it('puts the last member in the place of the one that leaves, and tells which', () => {
    const members = ['a', 'b', 'c', 'd'];

    expect(swapRemove(members, 1)).to.equal('d');
    expect(members).to.deep.equal(['a', 'd', 'c']);
  });

  it('moves nobody when the last member leaves', () => {
    const members = ['a', 'b'];

    expect(swapRemove(members, 1)).to.equal(undefined);
    expect(members).to.deep.equal(['a']);
  });

  it('empties a list of one', () => {
    const members = ['a'];

    expect(swapRemove(members, 0)).to.equal(undefined);
    expect(members).to.deep.equal([]);
  });
});
