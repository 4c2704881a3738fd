import { expect } from 'chai';
import { FOREVER } from '../../domain/instant.js';
import type { KeptLease } from '../../domain/kept-state.js';
import { Lease } from '../../domain/lease.js';
import { Lock } from '../../domain/lock.js';
import { RestoredClaims } from '../../domain/restored-claims.js';
import { granted } from '../contracts/some-facts.js';

describe('RestoredClaims', () => {
  const lock = new Lock('printer', 100, 0);
  let claims: RestoredClaims;

  beforeEach(() => {
    claims = new RestoredClaims([4, 6]);
  });

  /** A lease that lasts until 600, and what the store has of it. */
  function claim(kept: Partial<KeptLease> = {}): Lease {
    const lease = new Lease(lock, 'key', 1, 0, undefined, 600);
    lock.addHolder(lease);
    claims.add(lease, { ...granted(1), ...kept });
    return lease;
  }

  it('are unclaimed until the session is back', () => {
    expect(claims.isUnclaimed).to.equal(true);
    claims.claim(0);
    expect(claims.isUnclaimed).to.equal(false);
  });

  const ends: readonly (readonly [string, number, number])[] = [
    ['at the end that it had, if it would last shorter by its own terms', 5, 600],
    ['by its own terms from then on', 700, 800],
    ['never, by its own terms', FOREVER, FOREVER],
  ];
  for (const [what, leaseMs, endsAt] of ends) {
    it(`end a lease ${what}`, () => {
      const lease = claim({ leaseMs });
      expect(claims.claim(100)).to.deep.equal([[lease, endsAt]]);
    });
  }

  it('wait for their leases until the session is back, and for no other', () => {
    const lease = claim();
    const other = new Lease(lock, 'other', 2, 0, undefined, 600);
    expect([claims.isWaitingFor(lease), claims.isWaitingFor(other)]).to.deep.equal([true, false]);
    claims.claim(0);
    expect(claims.isWaitingFor(lease)).to.equal(false);
  });

  it('give each lease once', () => {
    claim();
    claims.claim(0);
    expect(claims.claim(0)).to.deep.equal([]);
  });

  it('give no lease that has ended meanwhile', () => {
    const gone = claim();
    const lease = claim({ leaseMs: 700 });
    lock.removeHolder(gone, 0);
    expect(claims.claim(0)).to.deep.equal([[lease, 700]]);
  });

  it('find the lease of a request, before the session is back and after', () => {
    const lease = claim({ requestId: 7 });
    expect(claims.grantOf(7)).to.equal(lease);
    claims.claim(0);
    expect(claims.grantOf(7)).to.equal(lease);
  });

  it('find no lease that has ended', () => {
    lock.removeHolder(claim({ requestId: 7 }), 0);
    expect(claims.grantOf(7)).to.equal(undefined);
  });

  for (const [what, requestId] of [
    ['another request', 8],
    ['a request without a number', undefined],
  ] as const) {
    it(`find no lease of ${what}`, () => {
      claim({ requestId: 7 });
      claim();
      expect(claims.grantOf(requestId)).to.equal(undefined);
    });
  }

  for (const [requestId, isReleased] of [
    [4, true],
    [5, false],
    [6, true],
    [undefined, false],
  ] as const) {
    it(`${isReleased ? 'know' : 'do not know'} of a release by request ${requestId}`, () => {
      expect(claims.isReleasedBy(requestId)).to.equal(isReleased);
    });
  }
});
