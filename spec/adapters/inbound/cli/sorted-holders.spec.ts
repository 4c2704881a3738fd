import { expect } from 'chai';
import fc from 'fast-check';
import { SortedHolders } from '../../../../adapters/inbound/cli/sorted-holders.js';
import type { HolderDescription } from '../../../../domain/descriptions.js';
import { everything } from '../../../support/each-of.js';
import { anyHolder, someHolder } from '../../../support/some-holder.js';

/** Everything goes to files soon, and those are merged soon. */
const SMALL = { heldMax: 3, charactersMax: 1_000, runsMax: 2 };

function inOrder(holders: readonly HolderDescription[]): readonly HolderDescription[] {
  return holders.toSorted((one, other) =>
    one.name === other.name
      ? one.fencingToken - other.fencingToken
      : one.name < other.name
        ? -1
        : 1,
  );
}

describe('SortedHolders', () => {
  let sorted: SortedHolders;

  afterEach(async () => {
    await sorted.close();
  });

  it('gives holders by name and then by fencing token', async () => {
    sorted = new SortedHolders();
    await sorted.add([
      someHolder({ name: 'b', fencingToken: 10 }),
      someHolder({ name: 'b', fencingToken: 9 }),
    ]);
    await sorted.add([someHolder({ name: 'B', fencingToken: 12 })]);
    const found = await everything(sorted);
    expect(found.map(({ name, fencingToken }) => `${name}${fencingToken}`)).to.deep.equal([
      'B12',
      'b9',
      'b10',
    ]);
    expect(sorted.count).to.equal(3);
  });

  it('gives what it was given, in order, when it had to be put into files and these merged', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyHolder, { maxLength: 20 }), async (holders) => {
        sorted = new SortedHolders(SMALL);
        await sorted.add(holders);
        expect(await everything(sorted)).to.deep.equal(inOrder(holders));
        await sorted.close();
      }),
      { numRuns: 30 },
    );
  });

  it('gives it again, as often as it is asked', async () => {
    sorted = new SortedHolders(SMALL);
    const holders = ['c', 'a', 'b', 'e', 'd'].map((name) => someHolder({ name }));
    await sorted.add(holders);
    expect(await everything(sorted)).to.deep.equal(inOrder(holders));
    expect(await everything(sorted)).to.deep.equal(inOrder(holders));
  });

  it('keeps no more in memory than it is told, by their texts, too', async () => {
    sorted = new SortedHolders({ heldMax: 1_000, charactersMax: 10, runsMax: 2 });
    const holders = ['long long name', 'a', 'another long name'].map((name) =>
      someHolder({ name }),
    );
    await sorted.add(holders);
    expect(await everything(sorted)).to.deep.equal(inOrder(holders));
  });
});
