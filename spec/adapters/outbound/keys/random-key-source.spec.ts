import { expect } from 'chai';
import { RandomKeySource } from '../../../../adapters/outbound/keys/random-key-source.js';

describe('RandomKeySource', () => {
  it('gives keys in the form of a random UUID', () => {
    const key = new RandomKeySource().next();

    expect(key).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('never gives a key twice, from one source or several', () => {
    const sources = [new RandomKeySource(), new RandomKeySource()];
    const keys = sources.flatMap((source) => Array.from({ length: 1_000 }, () => source.next()));

    expect(new Set(keys)).to.have.lengthOf(keys.length);
  });
});
