import { expect } from 'chai';
import { LEASE_ORDERS } from '../../../../adapters/inbound/console/lease-question.js';
import { ListingPage, PAGE_LENGTH } from '../../../../adapters/inbound/console/listing-page.js';
import type { HolderDescription } from '../../../../domain/descriptions.js';
import { FOREVER } from '../../../../domain/instant.js';
import { someHolder } from '../../../support/some-holder.js';

/** 1,050 leases, whose names, ages, ends and waiters each give another order, in pieces as a server lists them. */
const leases = Array.from({ length: 1_050 }, (_, index) =>
  someHolder({
    name: `n${String((index * 7) % 1_050).padStart(4, '0')}`,
    grantedAt: (index * 11) % 1_050,
    expiresAt: index % 10 === 0 ? FOREVER : (index * 13) % 1_050,
    waiterCount: (index * 17) % 1_050,
  }),
);
const pieces = [leases.slice(0, 3), leases.slice(3, 1_000), leases.slice(1_000)];

function pageOf(order: keyof typeof LEASE_ORDERS, offset: number) {
  const page = new ListingPage<HolderDescription>({ offset, compare: LEASE_ORDERS[order] });
  for (const piece of pieces) {
    page.add(piece);
  }
  return page.answer;
}

describe('ListingPage', () => {
  for (const order of Object.keys(LEASE_ORDERS) as (keyof typeof LEASE_ORDERS)[]) {
    for (const offset of [0, 1, 200, 1_000, 1_049, 1_050, 5_000]) {
      it(`is of the whole list, ${order}, what comes from ${offset} on`, () => {
        const compare = LEASE_ORDERS[order];
        const whole = compare === undefined ? leases : [...leases].sort(compare);
        const { items, ...place } = pageOf(order, offset);
        expect(items).to.deep.equal(whole.slice(offset, offset + PAGE_LENGTH));
        expect(place).to.deep.equal({ offset, total: 1_050 });
      });
    }
  }

  it('puts leases without an end last of those that end', () => {
    const { items } = pageOf('ending', 850);
    expect(items.slice(95).every(({ expiresAt }) => expiresAt === FOREVER)).to.equal(true);
    expect(items.slice(0, 95).some(({ expiresAt }) => expiresAt === FOREVER)).to.equal(false);
  });

  it('goes no further than 10,000 in order, and as far as one likes as they come', () => {
    expect(() => pageOf('name', 9_800)).not.to.throw();
    expect(() => pageOf('name', 9_801))
      .to.throw()
      .with.property('code', 'too-deep');
    expect(pageOf('listed', 1_000_000).items).to.deep.equal([]);
  });

  it('has fewer lines rather than more text than a quarter of a mebibyte, and one at least', () => {
    const lines = (length: number) => {
      const page = new ListingPage<HolderDescription>({ offset: 0, compare: undefined });
      page.add(Array.from({ length: 10 }, () => someHolder({ name: 'x'.repeat(length) })));
      return page.answer.items.length;
    };
    expect([100, 65_536, 65_537, 1_000_000].map(lines)).to.deep.equal([10, 4, 3, 1]);
  });

  it('counts what owners say, too', () => {
    const page = new ListingPage<HolderDescription>({ offset: 0, compare: undefined });
    page.add(
      Array.from({ length: 4 }, () => someHolder({ owner: { purpose: 'x'.repeat(100_000) } })),
    );
    expect(page.answer.items).to.have.length(2);
  });
});
