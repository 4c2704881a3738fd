import { expect } from 'chai';
import { FOREVER } from '../../domain/instant.js';
import { InvariantError } from '../../domain/invariant.js';
import { Lease } from '../../domain/lease.js';
import { Lock } from '../../domain/lock.js';
import { Session } from '../../domain/session.js';
import { Waiter } from '../../domain/waiter.js';

describe('Lock', () => {
  const session = new Session({ id: 'ann', kind: 'connection', peer: 'of ann' }, 0);

  function hold(lock: Lock, key: string): Lease {
    const lease = new Lease(lock, key, 1, 0, undefined, FOREVER);
    lock.addHolder(lease);
    return lease;
  }

  function wait(lock: Lock, key = 'waiter'): Waiter {
    const terms = { sessionId: 'ann', name: lock.name, size: lock.size, waitMs: 0, leaseMs: 0 };
    const waiter = new Waiter({ ...terms, key }, lock, session, 0, FOREVER);
    lock.enqueue(waiter);
    return waiter;
  }

  it('is open while it is new', () => {
    expect(new Lock('printer', 1, 0).isOpen).to.equal(true);
  });

  it('is open as long as a slot is free', () => {
    const lock = new Lock('printer', 2, 0);
    hold(lock, 'a');
    expect(lock.isOpen).to.equal(true);

    hold(lock, 'b');
    expect(lock.isOpen).to.equal(false);
  });

  it('is not open to who comes after a waiter, even with a slot free', () => {
    const lock = new Lock('printer', 1, 0);
    const lease = hold(lock, 'a');
    wait(lock);
    lock.removeHolder(lease, 0);

    expect(lock.isOpen).to.equal(false);
  });

  it('serves nobody next while it is full', () => {
    const lock = new Lock('printer', 1, 0);
    hold(lock, 'a');
    wait(lock);

    expect(lock.next).to.equal(undefined);
  });

  it('serves the longest-waiting waiter next when a slot is free', () => {
    const lock = new Lock('printer', 1, 0);
    const lease = hold(lock, 'a');
    const first = wait(lock);
    wait(lock);
    lock.removeHolder(lease, 0);

    expect(lock.next).to.equal(first);
  });

  it('counts who waits, and lists them in order', () => {
    const lock = new Lock('printer', 1, 0);
    expect([lock.waiterCount, [...lock.waiters]]).to.deep.equal([0, []]);

    const waiters = [wait(lock, 'a'), wait(lock, 'b'), wait(lock, 'c')] as const;
    lock.dequeue(waiters[1]);
    expect(lock.waiterCount).to.equal(2);
    expect([...lock.waiters]).to.have.ordered.members([waiters[0], waiters[2]]);
  });

  it('stops at one holder more than it has slots', () => {
    const lock = new Lock('printer', 2, 0);
    hold(lock, 'a');
    hold(lock, 'b');
    expect(() => hold(lock, 'c')).to.throw(InvariantError, 'more holders than its size');
  });

  it('stops at a lease that ends twice', () => {
    const lock = new Lock('printer', 2, 0);
    const lease = hold(lock, 'a');
    hold(lock, 'b');
    lock.removeHolder(lease, 0);
    expect(() => lock.removeHolder(lease, 0)).to.throw(InvariantError);
  });

  it('stops at a waiter that leaves a lock where nobody waits', () => {
    const waiter = wait(new Lock('printer', 1, 0));
    expect(() => new Lock('printer', 1, 0).dequeue(waiter)).to.throw(InvariantError);
  });

  it('keeps the holders of different locks apart', () => {
    const lock = new Lock('printer', 1, 0);
    const other = new Lock('scanner', 1, 0);
    hold(lock, 'a');

    expect(other.holders).to.deep.equal([]);
  });

  for (const holderCount of [1, 2, 15, 16, 17, 40]) {
    it(`finds its holders by their keys as they come and go, holders: ${holderCount}`, () => {
      const lock = new Lock('printer', holderCount, 0);
      const keys = Array.from({ length: holderCount }, (_, index) => `key-${index}`);
      const leases = new Map(keys.map((key) => [key, hold(lock, key)]));
      // From the middle outwards, so that others move into the places of those who leave.
      const leavers = keys.toSorted(
        (one, other) => distance(keys, one) - distance(keys, other) || one.localeCompare(other),
      );
      for (const leaver of leavers) {
        lock.removeHolder(leases.get(leaver) as Lease, 0);
        leases.delete(leaver);
        for (const key of keys) {
          expect(lock.holderWith(key)).to.equal(leases.get(key));
        }
        expect(lock.holders).to.have.members([...leases.values()]);
      }
      const again = hold(lock, 'again');
      expect(lock.holderWith('again')).to.equal(again);
    });
  }

  describe('idleness', () => {
    it('begins when the lock is made', () => {
      const lock = new Lock('printer', 1, 1_000);
      expect([lock.isIdle(50, 1_049), lock.isIdle(50, 1_050)]).to.deep.equal([false, true]);
    });

    it('begins again when the last holder leaves', () => {
      const lock = new Lock('printer', 2, 0);
      const leases = [hold(lock, 'a'), hold(lock, 'b')] as const;
      lock.removeHolder(leases[0], 1_000);
      lock.removeHolder(leases[1], 2_000);

      expect([lock.isIdle(50, 2_049), lock.isIdle(50, 2_050)]).to.deep.equal([false, true]);
    });

    it('is not that of a held lock', () => {
      const lock = new Lock('printer', 1, 0);
      hold(lock, 'a');
      expect(lock.isIdle(0, 1_000_000)).to.equal(false);
    });

    it('is not that of a lock that someone waits for', () => {
      const lock = new Lock('printer', 1, 0);
      wait(lock);
      expect(lock.isIdle(0, 1_000_000)).to.equal(false);
    });
  });
});

function distance(keys: readonly string[], key: string): number {
  return Math.abs(keys.indexOf(key) - keys.length / 2);
}
