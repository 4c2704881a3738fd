import { expect } from 'chai';
import * as fc from 'fast-check';
import { ChurnMap } from '../../client/churn-map.js';

describe('ChurnMap', () => {
  it('holds what a Map would, in its order, however much has come and gone', () => {
    const keys = fc.integer({ min: 0, max: 20 });
    const moves = fc.array(fc.tuple(fc.boolean(), keys), {
      minLength: 3_000,
      maxLength: 5_000,
      size: 'max',
    });
    fc.assert(
      fc.property(moves, (all) => {
        const map = new ChurnMap<number, string>();
        const model = new Map<number, string>();
        for (const [isAdded, key] of all) {
          if (isAdded) {
            map.set(key, `${key}`);
            model.set(key, `${key}`);
          } else {
            expect(map.delete(key)).to.equal(model.delete(key));
          }
          expect(map.has(key)).to.equal(model.has(key));
          expect(map.get(key)).to.equal(model.get(key));
        }
        expect([...map.values()]).to.deep.equal([...model.values()]);
        expect(map.size).to.equal(model.size);
      }),
      { numRuns: 10, endOnFailure: true },
    );
  });

  it('keeps very many that stay', () => {
    const map = new ChurnMap<number, number>();
    for (let key = 0; key < 10_000; key += 1) {
      map.set(key, key);
    }
    expect(map.size).to.equal(10_000);
    expect(map.get(0)).to.equal(0);
  });

  it('is empty once it is cleared', () => {
    const map = new ChurnMap<string, number>();
    map.set('a', 1);
    map.clear();
    expect(map.size).to.equal(0);
    expect(map.get('a')).to.equal(undefined);
  });
});
