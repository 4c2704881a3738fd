import { expect } from 'chai';
import fc from 'fast-check';
import type { KeptLease, KeptSession } from '../../domain/kept-state.js';
import { LeaseEntry, leaseEntry, SessionEntry } from '../../domain/ledger-entries.js';
import { granted } from '../contracts/some-facts.js';

/** So many releases may lie about unasked for. */
const HEARD_RELEASES_MAX = 64;

describe('A lease of a ledger', () => {
  const { type: _, ...lease } = granted(1);

  function plain(entry: KeptLease): KeptLease {
    return { ...entry };
  }

  it('is what was kept, with the length that it has now', () => {
    expect(plain(leaseEntry(lease, 5, 0))).to.deep.equal({ ...lease, leaseMs: 5 });
  });

  it('has the number and the words of a stream’s request', () => {
    const kept = { ...lease, requestId: 7, metadata: { purpose: 'p' } };
    expect(plain(leaseEntry(kept, lease.leaseMs, 0))).to.deep.equal(kept);
  });

  it('has no word more than was kept', () => {
    const keys = Object.keys(leaseEntry({ ...lease, requestId: 7 }, 5, 0));
    expect(keys).to.have.members([...Object.keys(lease), 'requestId']);
    expect(Object.keys(leaseEntry(lease, 5, 0))).to.have.members(Object.keys(lease));
  });

  it('takes nothing but its own from a fact', () => {
    expect(leaseEntry(granted(1), 5, 0)).not.to.have.property('type');
  });

  it('is as small as can be when it is a connection’s', () => {
    expect(leaseEntry(lease, 5, 0).constructor).to.equal(LeaseEntry);
  });

  it('never changes, so that it is its own copy', () => {
    const entry = leaseEntry(lease, 5, 0);
    expect(entry.copy()).to.equal(entry);
  });

  it('is marked once for each snapshot', () => {
    const entry = leaseEntry(lease, 5, 3);
    expect([3, 4, 4, 5].map((epoch) => entry.mark(epoch))).to.deep.equal([
      false,
      true,
      false,
      true,
    ]);
  });
});

describe('A session of a ledger', () => {
  const kept: KeptSession = { sessionId: 's1', recoveryMs: 10, at: 5, releases: [] };

  it('is what was kept', () => {
    expect(new SessionEntry(kept, 0).copy()).to.deep.equal(kept);
  });

  it('is what was kept, with its owner and the releases that it had', () => {
    const more = { ...kept, owner: { host: 'h' }, releases: [3, 4] };
    expect(new SessionEntry(more, 0).copy()).to.deep.equal(more);
  });

  it('has releases of its own', () => {
    const releases = [3];
    const entry = new SessionEntry({ ...kept, releases }, 0);
    entry.noteRelease(4, 1);
    expect([releases, entry.releases]).to.deep.equal([[3], [3, 4]]);
  });

  it('forgets the releases that were heard of, and no other', () => {
    const entry = new SessionEntry({ ...kept, releases: [3, 4] }, 0);
    entry.noteRelease(5, 4);
    expect(entry.releases).to.deep.equal([4, 5]);
  });

  it('does not remember again what was heard of once', () => {
    const entry = new SessionEntry({ ...kept, releases: [3, 4] }, 0);
    entry.noteRelease(5, 4);
    entry.noteRelease(6, 1);
    expect(entry.releases).to.deep.equal([4, 5, 6]);
  });

  it('gives copies that stay as they are', () => {
    const entry = new SessionEntry(kept, 0);
    const copy = entry.copy();
    entry.noteRelease(1, 1);
    expect(copy.releases).to.deep.equal([]);
  });

  it('is marked once for each snapshot', () => {
    const entry = new SessionEntry(kept, 3);
    expect([3, 4, 4, 5].map((epoch) => entry.mark(epoch))).to.deep.equal([
      false,
      true,
      false,
      true,
    ]);
  });

  it('remembers any course of releases as a plain list would', () => {
    // Now and then all is heard of, so that many are forgotten at once.
    const step = fc.record({ count: fc.integer({ min: 1, max: 90 }), heardOf: fc.nat(100) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const entry = new SessionEntry(kept, 0);
        let plain: number[] = [];
        let requestId = 0;
        let heardBelow = 0;
        for (const { count, heardOf } of steps) {
          for (let index = 0; index < count; index += 1) {
            requestId += 1;
            entry.noteRelease(requestId, heardBelow);
            plain = [...plain, requestId].filter((one) => one >= heardBelow);
          }
          expect(entry.releases).to.deep.equal(plain);
          heardBelow = Math.max(heardBelow, requestId - heardOf);
        }
      }),
    );
  });

  it('looks for what was heard of more rarely the more there is', () => {
    const entry = new SessionEntry(kept, 0);
    let lookCount = 0;
    const releases = Object.getOwnPropertyDescriptor(SessionEntry.prototype, 'releases');
    Object.defineProperty(entry, 'releases', {
      get: () => {
        lookCount += 1;
        return releases?.get?.call(entry) as unknown;
      },
    });
    for (let requestId = 1; requestId <= 100 * HEARD_RELEASES_MAX; requestId += 1) {
      entry.noteRelease(requestId, 1);
    }
    // Each time twice as many: 6,400 are reached in seven looks.
    expect(lookCount).to.be.within(1, 7);
  });
});
