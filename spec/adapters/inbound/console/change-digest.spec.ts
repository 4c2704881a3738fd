import { expect } from 'chai';
import { ChangeDigest } from '../../../../adapters/inbound/console/change-digest.js';
import type { HolderChange } from '../../../../domain/descriptions.js';
import { someHolder } from '../../../support/some-holder.js';

function change(kind: HolderChange['kind'], key: string, fields = {}): HolderChange {
  const holder = someHolder({ key, ...fields });
  return kind === 'ended' ? { kind, holder, reason: 'released' } : { kind, holder };
}

describe('ChangeDigest', () => {
  let digest: ChangeDigest;

  beforeEach(() => {
    digest = new ChangeDigest(({ holder }) => holder.name !== 'unwanted');
  });

  function digested(...changes: readonly HolderChange[]) {
    digest.add({ isGap: false, changes });
    const { isGap, changes: told, passedCount } = digest.take();
    return { isGap, told: told.map(({ kind, holder }) => `${kind} ${holder.key}`), passedCount };
  }

  it('is empty at first, and after it was taken', () => {
    expect(digest.isEmpty).to.equal(true);
    digest.add({ isGap: false, changes: [change('granted', 'a')] });
    expect(digest.isEmpty).to.equal(false);
    digest.take();
    expect(digest.isEmpty).to.equal(true);
  });

  for (const [what, changes, told, passedCount] of [
    [
      'one of each as it is',
      [change('granted', 'a'), change('renewed', 'b'), change('ended', 'c')],
      ['granted a', 'renewed b', 'ended c'],
      0,
    ],
    [
      'the last renewal of many',
      [change('renewed', 'a'), change('renewed', 'a')],
      ['renewed a'],
      0,
    ],
    [
      'a renewal of what is new as new',
      [change('granted', 'a'), change('renewed', 'a')],
      ['granted a'],
      0,
    ],
    ['an end after a renewal', [change('renewed', 'a'), change('ended', 'a')], ['ended a'], 0],
    [
      'nothing but the number of what came and went',
      [change('granted', 'a'), change('renewed', 'a'), change('ended', 'a')],
      [],
      1,
    ],
    ['nothing of what is not wanted', [change('granted', 'a', { name: 'unwanted' })], [], 0],
  ] as const) {
    it(`tells ${what}`, () => {
      expect(digested(...changes)).to.deep.equal({ isGap: false, told, passedCount });
    });
  }

  it('tells the newest of what it tells', () => {
    digest.add({
      isGap: false,
      changes: [change('granted', 'a', { expiresAt: 1 }), change('renewed', 'a', { expiresAt: 2 })],
    });
    expect(digest.take().changes[0]?.holder.expiresAt).to.equal(2);
  });

  it('passes a gap on, with what came after it alone', () => {
    digest.add({ isGap: false, changes: [change('granted', 'a')] });
    digest.add({ isGap: true, changes: [change('granted', 'b')] });
    const { isGap, changes } = digest.take();
    expect([isGap, changes.map(({ holder }) => holder.key)]).to.deep.equal([true, ['b']]);
    expect(digest.isEmpty).to.equal(true);
  });

  it('becomes a gap past a thousand leases', () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, index) => change('granted', `k${index}`));
    expect(digested(...many(1_000)).isGap).to.equal(false);
    expect(digested(...many(1_001))).to.deep.equal({ isGap: true, told: [], passedCount: 0 });
  });

  it('becomes a gap past a quarter of a mebibyte of names, each lease’s counted once', () => {
    const long = (key: string) => change('renewed', key, { name: 'x'.repeat(65_536) });
    const four = ['a', 'b', 'c', 'd'].map(long);
    expect(digested(...four, ...four).isGap).to.equal(false);
    expect(digested(...four, long('e')).isGap).to.equal(true);
  });

  it('forgets the length of names that came and went', () => {
    const passing = ['a', 'b', 'c', 'd', 'e'].flatMap((key) => [
      change('granted', key, { name: 'x'.repeat(65_536) }),
      change('ended', key, { name: 'x'.repeat(65_536) }),
    ]);
    expect(digested(...passing)).to.deep.equal({ isGap: false, told: [], passedCount: 5 });
  });
});
