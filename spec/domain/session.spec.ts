import { expect } from 'chai';
import { FOREVER } from '../../domain/instant.js';
import { InvariantError } from '../../domain/invariant.js';
import { Lease } from '../../domain/lease.js';
import { Lock } from '../../domain/lock.js';
import { Session } from '../../domain/session.js';
import { Waiter } from '../../domain/waiter.js';

describe('Session', () => {
  const lock = new Lock('printer', 3, 0);
  let session: Session;

  beforeEach(() => {
    session = new Session({ id: 'ann', kind: 'connection', peer: 'of ann' }, 0);
  });

  function lease(): Lease {
    const made = new Lease(lock, 'key', 1, 0, session, FOREVER);
    session.addLease(made);
    return made;
  }

  function waiter(): Waiter {
    const terms = { sessionId: 'ann', name: 'printer', key: 'key', size: 3, waitMs: 0, leaseMs: 0 };
    const made = new Waiter(terms, lock, session, 0, FOREVER);
    session.addWaiter(made);
    return made;
  }

  for (const order of [
    [0, 1, 2],
    [2, 1, 0],
    [1, 2, 0],
    [1, 0, 2],
  ]) {
    it(`lets leases and waiters go in the order ${order}`, () => {
      const leases = [lease(), lease(), lease()];
      const waiters = [waiter(), waiter(), waiter()];
      const gone = new Set<unknown>();
      for (const index of order) {
        session.removeLease(leases[index] as Lease);
        session.removeWaiter(waiters[index] as Waiter);
        gone.add(leases[index]).add(waiters[index]);
        expect(session.leases).to.have.members(leases.filter((one) => !gone.has(one)));
        expect(session.waiters).to.have.members(waiters.filter((one) => !gone.has(one)));
      }
    });
  }

  it('stops at a lease that it does not have, or has no more', () => {
    const gone = lease();
    lease();
    session.removeLease(gone);
    expect(() => session.removeLease(gone)).to.throw(InvariantError);
  });

  it('stops at a waiter that it does not have, or has no more', () => {
    const gone = waiter();
    waiter();
    session.removeWaiter(gone);
    expect(() => session.removeWaiter(gone)).to.throw(InvariantError);
  });

  it('has no end of its own unless it is given one', () => {
    expect(session.deadlineAt).to.equal(FOREVER);
    expect(new Session({ id: 'bob', kind: 'rest', idleMs: 50 }, 7).deadlineAt).to.equal(57);
  });

  describe('of a stream', () => {
    const stream = { recoveryMs: 10 };

    beforeEach(() => {
      session = new Session({ id: 'ann', kind: 'stream', peer: 'of ann', stream }, 0);
    });

    it('has no end of its own while it is attached', () => {
      expect(session.deadlineAt).to.equal(FOREVER);
      expect(session.isLost(1e15)).to.equal(false);
    });

    for (const [at, isLost] of [
      [9.9, false],
      [10, true],
      [10.1, true],
    ] as const) {
      it(`is ${isLost ? 'lost' : 'not lost'} at ${at} when its window ends at 10`, () => {
        session.deadlineAt = 10;
        expect(session.isLost(at)).to.equal(isLost);
      });
    }
  });

  it('of a connection is not lost, though its idle time is over: it may be waiting', () => {
    session.deadlineAt = 10;
    expect(session.isLost(10)).to.equal(false);
  });
});
