import { expect } from 'chai';
import { LeaseList, PAGE_LENGTH } from '../../../../../adapters/inbound/console/page/lease-list.js';
import { someHolder } from '../../../../support/some-holder.js';

type Change = Parameters<LeaseList['apply']>[0]['changes'][number];

describe('LeaseList', () => {
  let list: LeaseList;

  beforeEach(() => {
    list = new LeaseList();
  });

  const holder = (key: string, fields = {}) => {
    const { sessionId: _, session: __, owner: ___, ...known } = someHolder({ key, ...fields });
    return known;
  };

  function load(
    keys: readonly string[],
    { total = keys.length, offset = 0, isNewestFirst = true } = {},
  ): void {
    const items = keys.map((key) => holder(key));
    list.load({ items, total, offset, now: 0 }, isNewestFirst);
  }

  function apply(changes: readonly Change[], now = 0, isGap = false): void {
    list.apply({ now, isGap, changes, passedCount: 0 });
  }

  const shown = () => list.rows.map(({ holder: { key }, state }) => `${key} ${state}`).join();

  it('is stale until it is loaded', () => {
    expect(list.isStale).to.equal(true);
    load(['a']);
    expect([list.isStale, shown(), list.total]).to.deep.equal([false, 'a held', 1]);
  });

  it('puts a new lease on top where the newest stand there, and counts it', () => {
    load(['a']);
    apply([
      { kind: 'granted', holder: holder('b') },
      { kind: 'granted', holder: holder('c') },
    ]);
    expect([shown(), list.total, list.isStale]).to.deep.equal(['c new,b new,a held', 3, false]);
  });

  for (const [what, options] of [
    ['in another order', { isNewestFirst: false }],
    ['on a later page', { offset: 200, total: 201 }],
  ] as const) {
    it(`asks anew for a new lease ${what}`, () => {
      load(['a'], options);
      apply([{ kind: 'granted', holder: holder('b') }]);
      expect([shown(), list.isStale]).to.deep.equal(['a held', true]);
    });
  }

  it('shows a renewed lease as it is now', () => {
    load(['a']);
    apply([{ kind: 'renewed', holder: holder('a', { expiresAt: 5 }) }]);
    expect(list.rows[0]?.holder.expiresAt).to.equal(5);
    expect(shown()).to.equal('a held');
  });

  it('keeps an ended lease to be seen for three seconds, with the reason, and counts it no more', () => {
    load(['a', 'b']);
    apply([{ kind: 'ended', holder: holder('a'), reason: 'revoked' }], 1_000);
    expect([shown(), list.rows[0]?.reason, list.total]).to.deep.equal([
      'a ended,b held',
      'revoked',
      1,
    ]);
    expect([list.sweep(3_999), shown()]).to.deep.equal([false, 'a ended,b held']);
    expect([list.sweep(4_000), shown()]).to.deep.equal([true, 'b held']);
  });

  it('counts a lease that ended on another page', () => {
    load(['a'], { total: 500 });
    apply([{ kind: 'ended', holder: holder('z'), reason: 'released' }]);
    expect([shown(), list.total]).to.deep.equal(['a held', 499]);
  });

  it('takes a lease for new for three seconds, over a look at the server too', () => {
    load(['a']);
    apply([{ kind: 'granted', holder: holder('b') }], 1_000);
    load(['b', 'a']);
    expect(shown()).to.equal('b new,a held');
    list.sweep(4_000);
    expect(shown()).to.equal('b held,a held');
  });

  it('asks anew when others are to move up', () => {
    load(['a', 'b'], { total: 500 });
    apply([{ kind: 'ended', holder: holder('a'), reason: 'expired' }]);
    list.sweep(3_000);
    expect(list.isStale).to.equal(true);
  });

  it('asks anew after a gap', () => {
    load(['a']);
    apply([], 0, true);
    expect(list.isStale).to.equal(true);
  });

  it('never has more rows than a page', () => {
    load(Array.from({ length: PAGE_LENGTH }, (_, index) => `k${index}`));
    apply([{ kind: 'granted', holder: holder('new') }]);
    expect(list.rows).to.have.length(PAGE_LENGTH);
    expect(list.total).to.equal(PAGE_LENGTH + 1);
  });
});
