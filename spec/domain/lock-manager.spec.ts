import { expect } from 'chai';
import { FOREVER } from '../../domain/instant.js';
import { InvariantError } from '../../domain/invariant.js';
import { RestoreError } from '../../domain/lock-manager.js';
import { LockWorld } from '../support/lock-world.js';

/** As many deadlines as one command sees to, and then some. */
const CROWD = 1_000 + 500;

describe('LockManager', () => {
  let world: LockWorld;

  beforeEach(() => {
    world = new LockWorld();
  });

  describe('acquire', () => {
    it('grants a free lock', () => {
      expect(world.acquire('ann')).to.equal('granted');
      expect(world.holders()).to.deep.equal(['ann']);
    });

    it('tells all of a grant in its fact', () => {
      world = new LockWorld({ fencingToken: 41 });
      world.now = 1_000.4;
      world.acquire('ann', { key: 'k', name: 'n', size: 3, leaseMs: 50 });

      expect(world.facts).to.deep.equal([
        {
          type: 'lease-granted',
          name: 'n',
          size: 3,
          key: 'k',
          fencingToken: 42,
          leaseMs: 50,
          sessionId: 'ann',
          at: 1_000,
        },
      ]);
    });

    it('answers a grant with its fencing token', () => {
      world = new LockWorld({ fencingToken: 41 });
      const { manager, now } = world;
      const terms = { sessionId: 'ann', name: 'printer', key: 'k', size: 1 };

      expect(manager.acquire({ ...terms, waitMs: 0, leaseMs: 1 }, now).outcome).to.deep.equal({
        kind: 'granted',
        key: 'k',
        fencingToken: 42,
        waitedMs: 0,
      });
    });

    it('has a second one wait for a lock that is held', () => {
      world.acquire('ann');

      expect(world.acquire('bob')).to.equal('waiting');
      expect(world.waiters()).to.deep.equal(['bob']);
    });

    it('writes no fact for a wait', () => {
      world.acquire('ann');
      world.acquire('bob');

      expect(world.happened).to.deep.equal([]);
    });

    it('grants as many as a lock has slots', () => {
      const outcomes = ['ann', 'bob', 'cid', 'dee'].map((id) => world.acquire(id, { size: 3 }));

      expect(outcomes).to.deep.equal(['granted', 'granted', 'granted', 'waiting']);
    });

    it('has the holder itself wait: nobody enters twice', () => {
      world.acquire('ann');

      expect(world.acquire('ann', { key: 'again' })).to.equal('waiting');
    });

    it('gives one session two slots when there are two', () => {
      world.acquire('ann', { size: 2 });

      expect(world.acquire('ann', { size: 2, key: 'again' })).to.equal('granted');
      expect(world.holders()).to.deep.equal(['ann', 'again']);
    });

    it('keeps locks of different names apart', () => {
      world.acquire('ann');

      expect(world.acquire('bob', { name: 'scanner' })).to.equal('granted');
    });

    it('refuses a session that has ended', () => {
      world.end('ann');
      expect(world.acquire('ann')).to.equal('session-unknown');
    });

    it('refuses a session that never was', () => {
      expect(world.acquire('eve')).to.equal('session-unknown');
    });

    it('stops at a key that a holder of the lock has', () => {
      world.acquire('ann', { size: 2 });
      expect(() => world.acquire('bob', { size: 2, key: 'ann' })).to.throw(InvariantError);
    });
  });

  describe('tryAcquire (a wait of 0 ms)', () => {
    it('takes a free slot', () => {
      expect(world.tryAcquire('ann')).to.equal('granted');
    });

    it('is refused rather than made to wait', () => {
      world.acquire('ann');

      expect(world.tryAcquire('bob')).to.equal('held');
      expect(world.waiters()).to.deep.equal([]);
    });

    it('overtakes no waiter: a freed slot is gone before it comes', () => {
      world.acquire('ann');
      world.acquire('bob');
      world.release('ann');

      expect(world.tryAcquire('cid')).to.equal('held');
      expect(world.holders()).to.deep.equal(['bob']);
    });

    it('finds the slot free when the last one in the queue has left it', () => {
      world.acquire('ann');
      world.acquire('bob');
      world.withdraw('bob');
      world.release('ann');

      expect(world.tryAcquire('cid')).to.equal('granted');
    });
  });

  describe('the queue', () => {
    it('hands a freed slot to the longest-waiting waiter', () => {
      world.acquire('ann');
      world.acquire('bob');
      world.acquire('cid');
      world.release('ann');

      expect(world.told).to.deep.equal(['bob granted']);
      expect(world.happened).to.deep.equal(['released ann', 'granted bob']);
    });

    it('serves sessions in order of coming, to the last', () => {
      for (const id of ['dee', 'bob', 'ann', 'cid']) {
        world.acquire(id);
      }
      const served = ['dee', 'bob', 'ann'].map((id) => {
        world.release(id);
        return world.told;
      });

      expect(served).to.deep.equal([['bob granted'], ['ann granted'], ['cid granted']]);
    });

    it('serves the requests of one session in order of coming', () => {
      world.acquire('ann');
      for (const key of ['first', 'second', 'third']) {
        world.acquire('bob', { key });
      }
      const served = ['ann', 'first', 'second'].map((key) => {
        world.release(key);
        return world.told;
      });

      expect(served).to.deep.equal([['first granted'], ['second granted'], ['third granted']]);
    });

    it('serves one waiter for each freed slot of a counting lock', () => {
      for (const id of ['ann', 'bob', 'cid', 'dee']) {
        world.acquire(id, { size: 2 });
      }
      world.release('bob');

      expect(world.holders()).to.deep.equal(['ann', 'cid']);
      expect(world.waiters()).to.deep.equal(['dee']);
    });

    it('counts the lease of a waiter from its grant', () => {
      world.acquire('ann');
      world.acquire('bob', { leaseMs: 50 });
      world.now = 1_000;
      world.release('ann');

      expect(world.descriptions()[0]?.expiresAt).to.equal(1_050);
    });

    it('sends who releases and comes again to its end', () => {
      world.acquire('ann');
      world.acquire('bob');
      world.release('ann');
      world.acquire('ann');

      expect([world.holders(), world.waiters()]).to.deep.equal([['bob'], ['ann']]);
    });
  });

  describe('withdraw', () => {
    beforeEach(() => {
      world.acquire('ann');
      for (const id of ['bob', 'cid', 'dee']) {
        world.acquire(id);
      }
    });

    it('answers the waiter with the reason and writes no fact', () => {
      world.withdraw('cid', 'withdrawn');

      expect([world.told, world.happened]).to.deep.equal([['cid withdrawn'], []]);
    });

    it('takes a waiter out of the middle and leaves the others in order', () => {
      world.withdraw('cid');
      world.release('ann');
      world.release('bob');

      expect(world.told).to.deep.equal(['dee granted']);
    });

    it('does nothing the second time', () => {
      world.withdraw('cid');
      world.withdraw('cid');

      expect([world.told, world.waiters()]).to.deep.equal([[], ['bob', 'dee']]);
    });

    it('does nothing to a waiter that was granted', () => {
      world.release('ann');
      world.withdraw('bob');

      expect([world.told, world.holders()]).to.deep.equal([[], ['bob']]);
    });

    it('does nothing to a waiter that has timed out', () => {
      world.acquire('ann', { key: 'late', waitMs: 5 });
      world.now = 5;
      world.expire();
      world.withdraw('late');

      expect(world.told).to.deep.equal([]);
    });

    it('leaves no deadline behind', () => {
      world.acquire('ann', { key: 'late', waitMs: 5 });
      world.withdraw('late');

      expect(world.manager.nextDeadlineAt).to.equal(FOREVER);
    });

    it('comes too late when the slot was free before', () => {
      world = new LockWorld();
      world.acquire('ann', { leaseMs: 10 });
      world.acquire('bob');
      world.now = 10;
      world.withdraw('bob');

      expect(world.told).to.deep.equal(['bob granted']);
    });
  });

  describe('withdrawAll', () => {
    it('ends every wait and no lease', () => {
      world.acquire('ann');
      world.acquire('ann', { name: 'scanner' });
      world.acquire('bob');
      world.acquire('cid');
      world.acquire('cid', { name: 'scanner', key: 'other' });
      world.withdrawAll('server-stopping');

      expect(world.told).to.have.members([
        'bob server-stopping',
        'cid server-stopping',
        'other server-stopping',
      ]);
      expect([world.waiters(), world.happened]).to.deep.equal([[], []]);
      expect(world.manager.leaseCount).to.equal(2);
    });
  });

  describe('the wait’s end', () => {
    it('refuses a waiter whose patience is over', () => {
      world.acquire('ann');
      world.acquire('bob', { waitMs: 100 });
      world.now = 100;
      world.expire();

      expect([world.told, world.happened]).to.deep.equal([['bob wait-timeout'], []]);
    });

    it('does not come early', () => {
      world.acquire('ann');
      world.acquire('bob', { waitMs: 100 });
      world.now = 99.9;
      world.expire();

      expect(world.waiters()).to.deep.equal(['bob']);
    });

    it('takes nobody else out of the queue', () => {
      world.acquire('ann');
      world.acquire('bob', { waitMs: 100 });
      world.acquire('cid', { waitMs: 200 });
      world.now = 100;
      world.release('ann');

      expect(world.told).to.deep.equal(['bob wait-timeout', 'cid granted']);
    });

    it('does not touch who was granted before', () => {
      world.acquire('ann');
      world.acquire('bob', { waitMs: 100 });
      world.release('ann');
      world.now = 1_000;
      world.expire();

      expect(world.holders()).to.deep.equal(['bob']);
    });
  });

  describe('the lease’s end', () => {
    it('takes the slot from its holder', () => {
      world.acquire('ann', { leaseMs: 100 });
      world.now = 100;
      world.expire();

      expect([world.happened, world.holders()]).to.deep.equal([['expired ann'], []]);
    });

    it('does not come early', () => {
      world.acquire('ann', { leaseMs: 100 });
      world.now = 99.9;
      world.expire();

      expect(world.holders()).to.deep.equal(['ann']);
    });

    it('does not come to a lease without an end', () => {
      world.acquire('ann');
      world.now = Number.MAX_SAFE_INTEGER;
      world.expire();

      expect(world.holders()).to.deep.equal(['ann']);
    });

    it('hands the slot on to the first waiter', () => {
      world.acquire('ann', { leaseMs: 100 });
      world.acquire('bob');
      world.acquire('cid');
      world.now = 100;
      world.expire();

      expect(world.happened).to.deep.equal(['expired ann', 'granted bob']);
      expect(world.told).to.deep.equal(['bob granted']);
    });

    it('is the nearest deadline while it is the nearest', () => {
      const seen = [world.manager.nextDeadlineAt];
      for (const [key, leaseMs] of [
        ['a', 300],
        ['b', 100],
        ['c', 200],
      ] as const) {
        world.acquire('ann', { key, leaseMs, size: 3 });
        seen.push(world.manager.nextDeadlineAt);
      }
      world.release('b');
      seen.push(world.manager.nextDeadlineAt);

      expect(seen).to.deep.equal([FOREVER, 300, 100, 100, 200]);
    });

    it('comes to leases in the order of their deadlines', () => {
      for (const [key, leaseMs] of [
        ['a', 300],
        ['b', 100],
        ['c', 200],
      ] as const) {
        world.acquire('ann', { key, leaseMs, size: 3 });
      }
      world.now = 1_000;
      world.expire();

      expect(world.happened).to.deep.equal(['expired b', 'expired c', 'expired a']);
    });
  });

  describe('release', () => {
    it('ends the lease and says so in its fact', () => {
      world.acquire('ann');
      world.now = 7.6;

      expect(world.release('ann')).to.equal('released');
      expect(world.facts).to.deep.equal([
        { type: 'lease-ended', name: 'printer', key: 'ann', reason: 'released', at: 8 },
      ]);
    });

    it('asks for the key and not for the session', () => {
      world.acquire('ann', { key: 'secret' });
      world.end('bob');

      expect(world.release('secret')).to.equal('released');
    });

    it('ends the one lease of many that has the key', () => {
      for (let number = 0; number < 40; number += 1) {
        world.acquire('ann', { key: `key-${number}`, size: 40 });
      }
      world.release('key-20');

      expect(world.holders()).to.have.length(39).and.not.include('key-20');
    });

    for (const { what, key, name, code } of [
      { what: 'a wrong key', key: 'wrong', name: 'printer', code: 'key-invalid' },
      { what: 'an empty key', key: '', name: 'printer', code: 'key-invalid' },
      { what: 'a waiter’s key', key: 'bob', name: 'printer', code: 'key-invalid' },
      { what: 'another lock’s key', key: 'other', name: 'printer', code: 'key-invalid' },
      { what: 'a lock that never was', key: 'ann', name: 'nothing', code: 'lock-unknown' },
      { what: 'an empty name', key: 'ann', name: '', code: 'lock-unknown' },
    ]) {
      it(`refuses ${what} as ${code}`, () => {
        world.acquire('ann');
        world.acquire('ann', { name: 'scanner', key: 'other' });
        world.acquire('bob');

        expect(world.release(key, name)).to.equal(code);
        expect([world.happened, world.holders()]).to.deep.equal([[], ['ann']]);
      });
    }

    it('refuses the second time as key-invalid while the lock is known', () => {
      world.acquire('ann');
      world.release('ann');

      expect(world.release('ann')).to.equal('key-invalid');
    });

    it('refuses the second time as lock-unknown once the lock is collected', () => {
      world.acquire('ann');
      world.release('ann');
      world.collect(0);

      expect(world.release('ann')).to.equal('lock-unknown');
    });
  });

  describe('renew', () => {
    it('moves the end out', () => {
      world.acquire('ann', { leaseMs: 100 });
      world.now = 60;

      expect(world.renew('ann', 100)).to.equal('renewed');
      world.now = 159;
      world.expire();
      expect(world.holders()).to.deep.equal(['ann']);
      world.now = 160;
      world.expire();
      expect(world.holders()).to.deep.equal([]);
    });

    it('moves the end in', () => {
      world.acquire('ann', { leaseMs: 100 });
      world.renew('ann', 10);

      expect(world.manager.nextDeadlineAt).to.equal(10);
    });

    it('says so in its fact', () => {
      world.acquire('ann', { leaseMs: 100 });
      world.now = 7.6;
      world.renew('ann', 50);

      expect(world.facts).to.deep.equal([
        { type: 'lease-renewed', name: 'printer', key: 'ann', leaseMs: 50, at: 8 },
      ]);
    });

    it('answers with the fencing token of the grant', () => {
      world = new LockWorld({ fencingToken: 41 });
      world.acquire('ann', { leaseMs: 100 });
      world.acquire('bob', { name: 'scanner' });
      const { outcome } = world.manager.renew({ name: 'printer', key: 'ann', leaseMs: 5 }, 0);

      expect(outcome).to.deep.equal({ kind: 'renewed', fencingToken: 42 });
    });

    it('asks for the key and not for the session', () => {
      world = new LockWorld({ keepLeasesOfGone: true });
      world.acquire('ann', { leaseMs: 100 });
      world.end('ann', 'gone');

      expect(world.renew('ann', 200)).to.equal('renewed');
    });

    for (const { what, key, name } of [
      { what: 'a wrong key', key: 'wrong', name: 'printer' },
      { what: 'a waiter’s key', key: 'bob', name: 'printer' },
      { what: 'a lock that never was', key: 'ann', name: 'nothing' },
      { what: 'a lease without an end', key: 'ann', name: 'scanner' },
    ]) {
      it(`refuses ${what}`, () => {
        world.acquire('ann', { leaseMs: 100 });
        world.acquire('bob');
        world.acquire('ann', { name: 'scanner' });

        expect(world.renew(key, 50, name)).to.equal('lease-unknown');
        expect([world.happened, world.manager.nextDeadlineAt]).to.deep.equal([[], 100]);
      });
    }

    it('refuses a lease that was released', () => {
      world.acquire('ann', { leaseMs: 100 });
      world.release('ann');

      expect(world.renew('ann', 50)).to.equal('lease-unknown');
    });

    for (const leaseMs of [0, -1, Number.NaN, FOREVER]) {
      it(`refuses a lease time of ${leaseMs}, before it looks for the lease`, () => {
        expect(world.renew('ann', leaseMs, 'nothing')).to.equal('lease-time-invalid');
      });
    }
  });

  describe('a timer that is late', () => {
    beforeEach(() => {
      world.acquire('ann', { leaseMs: 100 });
    });

    it('saves no lease from its end: a renewal is refused', () => {
      world.now = 100;

      expect(world.renew('ann', 100)).to.equal('lease-unknown');
      expect(world.happened).to.deep.equal(['expired ann']);
    });

    it('saves no lease from its end: a release is key-invalid', () => {
      world.now = 100;

      expect(world.release('ann')).to.equal('key-invalid');
      expect(world.happened).to.deep.equal(['expired ann']);
    });

    it('saves no lease from its end: a revocation finds nobody', () => {
      world.now = 100;

      expect(world.revoke({ name: 'printer' })).to.equal('lock-unknown');
    });

    it('gives who acquires now the slot', () => {
      world.now = 100;

      expect(world.tryAcquire('bob')).to.equal('granted');
      expect(world.happened).to.deep.equal(['expired ann', 'granted bob']);
    });

    it('gives the slot to who waited and not to who acquires now', () => {
      world.acquire('bob');
      world.now = 100;

      expect(world.acquire('cid')).to.equal('waiting');
      expect(world.told).to.deep.equal(['bob granted']);
    });

    it('gives the slot to no waiter whose patience ended before the lease', () => {
      world.acquire('bob', { waitMs: 50 });
      world.acquire('cid');
      world.now = 1_000;
      world.expire();

      expect(world.told).to.deep.equal(['bob wait-timeout', 'cid granted']);
    });

    it('gives the slot to a waiter whose patience ended after the lease', () => {
      world.acquire('bob', { waitMs: 150 });
      world.now = 1_000;
      world.expire();

      expect(world.told).to.deep.equal(['bob granted']);
    });

    it('gives the slot of a holder that expired to nobody twice', () => {
      world.acquire('bob', { leaseMs: 100 });
      world.acquire('cid', { leaseMs: 100 });
      world.now = 1_000;
      world.expire();

      expect(world.happened).to.deep.equal(['expired ann', 'granted bob']);
      expect(world.manager.nextDeadlineAt).to.equal(1_100);
    });

    it('sees to the deadlines of other locks too', () => {
      world.acquire('bob', { name: 'scanner', leaseMs: 50 });
      world.now = 100;
      world.tryAcquire('cid', { name: 'plotter' });

      expect(world.happened).to.deep.equal(['expired bob', 'expired ann', 'granted cid']);
    });

    it('saves a session’s leases from nothing: they expired before it ended', () => {
      world.now = 100;
      world.end('ann');

      expect(world.happened).to.deep.equal(['expired ann']);
    });
  });

  describe('a crowd of deadlines that have passed', () => {
    /** Others' leases, all due before those of the lock that the spec is about. */
    beforeEach(() => {
      for (let number = 0; number < CROWD; number += 1) {
        world.acquire('dee', { name: `crowd-${number}`, key: `crowd-${number}`, leaseMs: 10 });
      }
    });

    it('is seen to in parts', () => {
      world.now = 10;
      const counts = [1, 2, 3].map(() => {
        world.expire();
        return world.happened.length;
      });

      expect(counts).to.deep.equal([1_000, 500, 0]);
    });

    it('leaves a deadline to be seen to, until it is seen to', () => {
      world.now = 10;
      world.expire();
      expect(world.manager.nextDeadlineAt).to.equal(10);

      world.expire();
      expect(world.manager.nextDeadlineAt).to.equal(FOREVER);
    });

    it('saves no lease on the lock that a command names: renew', () => {
      world.acquire('ann', { leaseMs: 20 });
      world.now = 20;

      expect(world.renew('ann', 100)).to.equal('lease-unknown');
    });

    it('saves no lease on the lock that a command names: release', () => {
      world.acquire('ann', { leaseMs: 20 });
      world.now = 20;

      expect(world.release('ann')).to.equal('key-invalid');
    });

    it('saves no lease on the lock that a command names: revoke', () => {
      world.acquire('ann', { leaseMs: 20 });
      world.now = 20;

      expect(world.revoke({ name: 'printer', key: 'ann' })).to.equal('key-invalid');
    });

    it('saves no lease on the lock that a command names: acquire', () => {
      world.acquire('ann', { leaseMs: 20 });
      world.now = 20;

      expect(world.tryAcquire('bob')).to.equal('granted');
    });

    it('saves no lease on the lock whose waiter withdraws', () => {
      world.acquire('ann', { leaseMs: 20 });
      world.acquire('bob');
      world.now = 20;
      world.withdraw('bob');

      expect(world.told).to.deep.equal(['bob granted']);
    });

    it('changes nothing in the order of what is due on that lock', () => {
      world.acquire('ann', { size: 3, key: 'a', leaseMs: 50 });
      world.acquire('ann', { size: 3, key: 'b', leaseMs: 30 });
      world.acquire('ann', { size: 3, key: 'c', leaseMs: 100 });
      world.acquire('bob', { size: 3, key: 'impatient', waitMs: 20 });
      world.acquire('bob', { size: 3, key: 'served by b', waitMs: 40 });
      world.acquire('bob', { size: 3, key: 'between', waitMs: 45 });
      world.acquire('bob', { size: 3, key: 'served by a' });
      world.now = 60;

      expect(world.tryAcquire('cid', { size: 3 })).to.equal('held');
      expect(world.told).to.deep.equal([
        'impatient wait-timeout',
        'served by b granted',
        'between wait-timeout',
        'served by a granted',
      ]);
      expect(world.happened.slice(1_000)).to.deep.equal([
        'expired b',
        'granted served by b',
        'expired a',
        'granted served by a',
      ]);
    });

    it('leads no session’s slot to a waiter whose patience is over', () => {
      world.acquire('ann');
      world.acquire('bob', { waitMs: 20 });
      world.acquire('cid');
      world.now = 20;
      world.end('ann');

      expect(world.told).to.deep.equal(['bob wait-timeout', 'cid granted']);
    });

    it('leaves what is not due on that lock alone', () => {
      world.acquire('ann', { leaseMs: 20 });
      world.acquire('bob', { waitMs: 20 });
      world.now = 19;
      world.tryAcquire('cid');

      expect([world.holders(), world.waiters()]).to.deep.equal([['ann'], ['bob']]);
    });

    it('comes to its end after that', () => {
      world.acquire('ann', { leaseMs: 20 });
      world.now = 20;
      world.release('ann');
      world.expire();

      expect(world.manager.leaseCount).to.equal(0);
    });
  });

  describe('the size', () => {
    it('is refused when it differs from that of the lock, waiting or not', () => {
      world.acquire('ann', { size: 2 });

      expect([
        world.acquire('bob', { size: 3 }),
        world.tryAcquire('bob', { size: 1 }),
      ]).to.deep.equal(['size-mismatch', 'size-mismatch']);
      expect(world.holders()).to.deep.equal(['ann']);
    });

    it('sticks while the lock is idle', () => {
      world.acquire('ann');
      world.release('ann');

      expect(world.tryAcquire('bob', { size: 2 })).to.equal('size-mismatch');
    });

    it('is free to choose once the lock is collected', () => {
      world.acquire('ann');
      world.release('ann');
      world.collect(0);

      expect(world.tryAcquire('bob', { size: 2 })).to.equal('granted');
    });

    for (const size of [
      0,
      -1,
      -2_147_483_648,
      1.5,
      Number.NaN,
      2 ** 31,
      Number.POSITIVE_INFINITY,
    ]) {
      it(`is refused when it is ${size}`, () => {
        expect(world.acquire('ann', { size })).to.equal('size-invalid');
      });
    }

    for (const size of [1, 2, 2 ** 31 - 1]) {
      it(`may be ${size}`, () => {
        expect(world.acquire('ann', { size })).to.equal('granted');
      });
    }
  });

  describe('the times', () => {
    for (const leaseMs of [0, -1, Number.NaN, Number.NEGATIVE_INFINITY]) {
      it(`are refused when the lease is to last ${leaseMs} ms`, () => {
        expect(world.acquire('ann', { leaseMs })).to.equal('lease-time-invalid');
      });
    }

    for (const waitMs of [-1, -0.001, Number.NaN, Number.NEGATIVE_INFINITY]) {
      it(`are refused when the wait is to last ${waitMs} ms`, () => {
        expect(world.acquire('ann', { waitMs })).to.equal('wait-time-invalid');
      });
    }

    it('may be as long as the wire can say', () => {
      const longest = (2 ** 31 - 1) * 1_000;
      world.acquire('ann', { leaseMs: longest });
      world.acquire('bob', { waitMs: longest });
      world.now = longest - 1;
      world.expire();

      expect([world.holders(), world.waiters()]).to.deep.equal([['ann'], ['bob']]);
    });
  });

  describe('the name', () => {
    it('is refused when it is empty', () => {
      expect(world.acquire('ann', { name: '' })).to.equal('name-empty');
    });

    for (const { what, name } of [
      { what: 'ASCII', name: 'n'.repeat(64) },
      { what: 'letters of 2 bytes', name: 'é'.repeat(32) },
      { what: 'letters of 3 bytes', name: `${'鍵'.repeat(21)}n` },
      { what: 'letters of 4 bytes', name: '🔒'.repeat(16) },
    ]) {
      it(`is taken with as many bytes as allowed, in ${what}`, () => {
        expect(world.acquire('ann', { name })).to.equal('granted');
      });

      it(`is refused with one byte more, in ${what}`, () => {
        expect(world.acquire('ann', { name: `${name}n` })).to.equal('name-too-long');
      });
    }

    for (const name of ['__proto__', 'constructor', '\0', 'a\0b', ' ', '🔒', '\ud83d', '../..']) {
      it(`may be ${JSON.stringify(name)}`, () => {
        expect(world.acquire('ann', { name })).to.equal('granted');
        expect(world.acquire('bob', { name })).to.equal('waiting');
        world.release('ann', name);
        expect(world.holders(name)).to.deep.equal(['bob']);
      });
    }

    it('tells locks apart by every character', () => {
      for (const name of ['a', 'A', 'a ', 'a\0', 'á', 'a\u0301']) {
        expect(world.tryAcquire('ann', { name })).to.equal('granted');
      }
    });
  });

  describe('the order of the checks', () => {
    const wrong = { leaseMs: 0, waitMs: -1, name: '', size: 0 };
    const tooLong = 'n'.repeat(65);

    for (const { code, terms } of [
      { code: 'lease-time-invalid', terms: wrong },
      { code: 'wait-time-invalid', terms: { ...wrong, leaseMs: 1 } },
      { code: 'name-empty', terms: { ...wrong, leaseMs: 1, waitMs: 0 } },
      { code: 'name-too-long', terms: { ...wrong, leaseMs: 1, waitMs: 0, name: tooLong } },
      { code: 'size-invalid', terms: { ...wrong, leaseMs: 1, waitMs: 0, name: 'printer' } },
      { code: 'session-unknown', terms: { size: 2, waitMs: 0 } },
    ]) {
      it(`has ${code} before all that comes after it`, () => {
        world.acquire('ann');
        expect(world.acquire('eve', terms)).to.equal(code);
      });
    }

    it('has the size before the slots', () => {
      world.acquire('ann');
      expect(world.tryAcquire('bob', { size: 2 })).to.equal('size-mismatch');
    });
  });

  describe('collectIdle', () => {
    it('forgets a lock that has been idle for long enough, and counts it', () => {
      world.acquire('ann');
      world.now = 1_000;
      world.release('ann');
      world.now = 1_100;

      expect([world.collect(101), world.collect(100), world.collect(100)]).to.deep.equal([0, 1, 0]);
    });

    it('never forgets a held lock', () => {
      world.acquire('ann');
      world.now = 1_000_000;

      expect(world.collect(0)).to.equal(0);
      expect(world.tryAcquire('bob', { size: 2 })).to.equal('size-mismatch');
    });

    it('never forgets a lock that is waited for', () => {
      world.acquire('ann', { leaseMs: 10 });
      world.acquire('bob');
      world.now = 10;

      expect(world.collect(0)).to.equal(0);
      world.expire();
      expect(world.holders()).to.deep.equal(['bob']);
    });

    it('sweeps the shard that it is told and no other', () => {
      world = new LockWorld({ shardCount: 4 });
      for (let number = 0; number < 100; number += 1) {
        world.acquire('ann', { name: `lock-${number}`, key: `key-${number}` });
      }
      world.end('ann');
      const counts = [0, 1, 2, 3].map((shardIndex) => world.collect(0, shardIndex));

      expect(counts.every((count) => count > 0 && count < 100)).to.equal(true);
      expect(counts.reduce((sum, count) => sum + count)).to.equal(100);
    });
  });

  describe('endSession', () => {
    it('ends the session’s leases and hands their slots on', () => {
      world.acquire('ann');
      world.acquire('ann', { name: 'scanner', key: 'other' });
      world.acquire('bob');
      world.end('ann');

      expect(world.happened).to.have.members([
        'session-ended ann',
        'session-ended other',
        'granted bob',
      ]);
      expect(world.holders()).to.deep.equal(['bob']);
    });

    it('withdraws the session’s waiters', () => {
      world.acquire('ann');
      world.acquire('bob');
      world.acquire('cid');
      world.end('bob');

      expect([world.told, world.happened, world.waiters()]).to.deep.equal([
        ['bob withdrawn'],
        [],
        ['cid'],
      ]);
    });

    it('does not grant the session’s own waiter what its own lease leaves', () => {
      world.acquire('ann');
      world.acquire('ann', { key: 'again' });
      world.acquire('bob');
      world.end('ann');

      expect(world.told).to.deep.equal(['again withdrawn', 'bob granted']);
      expect(world.happened).to.deep.equal(['session-ended ann', 'granted bob']);
    });

    it('leaves other sessions alone', () => {
      world.acquire('ann', { size: 2 });
      world.acquire('bob', { size: 2 });
      world.end('ann');

      expect(world.holders()).to.deep.equal(['bob']);
    });

    it('leaves no deadline behind', () => {
      world.acquire('ann', { leaseMs: 100 });
      world.acquire('bob', { waitMs: 50 });
      world.end('bob');
      world.end('ann');

      expect(world.manager.nextDeadlineAt).to.equal(FOREVER);
    });

    it('overlooks a session that has ended or never was', () => {
      world.acquire('bob');
      world.end('ann');
      world.end('ann');
      world.end('eve');

      expect([world.happened, world.told, world.holders()]).to.deep.equal([[], [], ['bob']]);
    });

    it('stops at a session that opens twice', () => {
      expect(() => world.open('ann')).to.throw(InvariantError);
    });

    describe('of a session that is gone, where the leases of such are kept,', () => {
      beforeEach(() => {
        world = new LockWorld({ keepLeasesOfGone: true });
        world.acquire('ann', { leaseMs: 100 });
        world.acquire('bob');
        world.acquire('ann', { key: 'again' });
        world.end('ann', 'gone');
      });

      it('lets the leases live and writes no fact', () => {
        expect([world.happened, world.holders()]).to.deep.equal([[], ['ann']]);
      });

      it('withdraws the session’s waiters all the same', () => {
        expect([world.told, world.waiters()]).to.deep.equal([['again withdrawn'], ['bob']]);
      });

      it('shows the leases without a session', () => {
        const [holder] = world.descriptions();
        expect([holder?.sessionId, holder?.session]).to.deep.equal([undefined, undefined]);
      });

      it('leaves the key its worth', () => {
        expect(world.release('ann')).to.equal('released');
        expect(world.told).to.deep.equal(['bob granted']);
      });

      it('leaves the lease its end', () => {
        world.now = 100;
        world.expire();

        expect(world.happened).to.deep.equal(['expired ann', 'granted bob']);
      });
    });

    it('ends the leases of a session that was closed, whatever is kept of those that are gone', () => {
      world = new LockWorld({ keepLeasesOfGone: true });
      world.acquire('ann');
      world.end('ann', 'closed');

      expect(world.happened).to.deep.equal(['session-ended ann']);
    });

    it('tells whether the session lived', () => {
      expect(['ann', 'ann', 'eve'].map((id) => world.end(id))).to.deep.equal([true, false, false]);
    });
  });

  describe('a session with an idle time', () => {
    beforeEach(() => {
      world.openFor(100, 'ida');
    });

    it('ends when nobody has shown it for so long, and its leases with it', () => {
      world.acquire('ida');
      world.acquire('bob');
      world.now = 100;
      world.expire();

      expect(world.happened).to.deep.equal(['session-ended ida', 'granted bob']);
      expect(world.acquire('ida')).to.equal('session-unknown');
    });

    it('does not end early', () => {
      world.acquire('ida');
      world.now = 99;
      world.expire();

      expect(world.holders()).to.deep.equal(['ida']);
    });

    it('begins anew when it is granted what it waited for', () => {
      world.acquire('bob', { key: 'held' });
      world.acquire('ida');
      world.now = 99;
      world.release('held');
      world.now = 198;
      world.expire();
      expect(world.holders()).to.deep.equal(['ida']);
      world.now = 199;
      world.expire();
      expect(world.holders()).to.deep.equal([]);
    });

    it('is watched by its deadline, and leaves none behind', () => {
      expect(world.manager.nextDeadlineAt).to.equal(100);
      world.end('ida');
      expect(world.manager.nextDeadlineAt).to.equal(FOREVER);
    });

    it('lives on by being touched', () => {
      world.now = 60;
      expect(world.touch('ida')).to.equal(true);

      world.now = 159;
      expect(world.touch('ida')).to.equal(true);
    });

    it('lives on by what it asks for, also when it is refused', () => {
      world.acquire('ann');
      world.now = 60;
      expect(world.tryAcquire('ida')).to.equal('held');

      world.now = 159;
      expect(world.touch('ida')).to.equal(true);
    });

    it('cannot be touched to life again, however late the timer is', () => {
      world.now = 100;
      expect(world.touch('ida')).to.equal(false);
      expect(world.acquire('ida')).to.equal('session-unknown');
    });

    it('does not end while one of its requests waits', () => {
      world.acquire('ann');
      world.acquire('ida');
      world.now = 1_000;
      world.expire();
      expect(world.waiters()).to.deep.equal(['ida']);

      world.release('ann');
      expect(world.told).to.deep.equal(['ida granted']);
    });

    it('ends after its wait is over', () => {
      world.acquire('ann');
      world.acquire('ida', { waitMs: 150 });
      world.now = 100;
      world.expire();
      world.now = 200;
      world.expire();

      expect(world.told).to.deep.equal(['ida wait-timeout']);
      expect(world.touch('ida')).to.equal(false);
    });

    it('leaves its leases when those of gone clients are kept', () => {
      world = new LockWorld({ keepLeasesOfGone: true });
      world.openFor(100, 'ida');
      world.acquire('ida');
      world.now = 100;
      world.expire();

      expect([world.happened, world.holders()]).to.deep.equal([[], ['ida']]);
    });

    describe('in a crowd of deadlines that have passed', () => {
      beforeEach(() => {
        for (let number = 0; number < 2 * CROWD; number += 1) {
          world.acquire('dee', { name: `crowd-${number}`, key: `crowd-${number}`, leaseMs: 10 });
        }
      });

      it('acquires nothing after its end', () => {
        world.now = 100;
        expect(world.acquire('ida')).to.equal('session-unknown');
      });

      it('is not touched to life again', () => {
        world.now = 100;
        expect(world.touch('ida')).to.equal(false);
      });

      it('lives while one of its requests waits', () => {
        world.acquire('ann');
        world.acquire('ida');
        world.now = 100;

        expect(world.touch('ida')).to.equal(true);
        expect(world.acquire('ida', { name: 'scanner' })).to.equal('granted');
      });
    });
  });

  describe('the bound on sessions', () => {
    beforeEach(() => {
      world = new LockWorld({ sessions: ['ann', 'bob'], sessionsMax: 2 });
      world.acquire('ann');
      world.acquire('bob');
    });

    it('refuses one more, and disturbs nobody', () => {
      expect(world.openFor(FOREVER, 'cid')).to.equal('too-many-sessions');
      expect(world.acquire('cid')).to.equal('session-unknown');
      expect([world.holders(), world.waiters()]).to.deep.equal([['ann'], ['bob']]);
    });

    it('has a place again when one ends', () => {
      world.end('ann');
      expect(world.openFor(FOREVER, 'cid')).to.equal('opened');
    });

    it('has the place of one whose idle time is over, however late the timer is', () => {
      world.end('bob');
      world.openFor(100, 'ida');
      world.now = 100;

      expect(world.openFor(FOREVER, 'cid')).to.equal('opened');
    });
  });

  describe('the bound on the waiters', () => {
    const bounds = [
      { of: 'of one lock', rules: { waitersPerLockMax: 2 } },
      { of: 'of all locks together', rules: { waitersMax: 2 } },
    ];
    for (const { of, rules } of bounds) {
      describe(of, () => {
        beforeEach(() => {
          world = new LockWorld(rules);
          world.acquire('ann');
          world.acquire('bob');
          world.acquire('bob', { key: 'second' });
        });

        it('refuses one more, and disturbs nobody', () => {
          expect(world.acquire('cid')).to.equal('too-many-waiters');
          world.release('ann');
          expect([world.told, world.waiters()]).to.deep.equal([['bob granted'], ['second']]);
        });

        it('plays no part in what does not wait', () => {
          expect(world.tryAcquire('cid')).to.equal('held');
          expect(world.acquire('cid', { name: 'scanner' })).to.equal('granted');
        });

        const leavings: readonly (readonly [how: string, leave: () => void])[] = [
          ['is granted', () => world.release('ann')],
          ['is withdrawn', () => world.withdraw('second')],
          ['loses its session', () => world.end('bob')],
        ];
        for (const [how, leave] of leavings) {
          it(`has a place again when a waiter ${how}`, () => {
            leave();
            expect(world.acquire('cid')).to.equal('waiting');
          });
        }

        it('has a place again when a waiter’s patience ends', () => {
          world.withdraw('second');
          world.acquire('dee', { waitMs: 50 });
          world.now = 50;

          expect(world.acquire('cid')).to.equal('waiting');
        });
      });
    }

    it('of one lock leaves the others theirs', () => {
      world = new LockWorld({ waitersPerLockMax: 1 });
      for (const name of ['printer', 'scanner']) {
        world.acquire('ann', { name, key: `${name} of ann` });
        expect(world.acquire('bob', { name, key: `${name} of bob` })).to.equal('waiting');
      }
    });

    it('of all locks together counts over names', () => {
      world = new LockWorld({ waitersMax: 1 });
      world.acquire('ann');
      world.acquire('ann', { name: 'scanner', key: 'other' });
      world.acquire('bob');

      expect(world.acquire('cid', { name: 'scanner' })).to.equal('too-many-waiters');
    });
  });

  describe('revoke', () => {
    it('ends the only lease of a lock by the name alone, and answers with its key', () => {
      world.acquire('ann');
      const { outcome, facts } = world.manager.revoke({ name: 'printer' }, 0);

      expect(outcome).to.deep.equal({ kind: 'revoked', key: 'ann' });
      expect(facts).to.deep.equal([
        { type: 'lease-ended', name: 'printer', key: 'ann', reason: 'revoked', at: 0 },
      ]);
    });

    it('hands the slot to the first waiter', () => {
      world.acquire('ann');
      world.acquire('bob');
      world.revoke({ name: 'printer' });

      expect(world.happened).to.deep.equal(['revoked ann', 'granted bob']);
    });

    it('takes the key to tell one of several holders', () => {
      world.acquire('ann', { size: 2 });
      world.acquire('bob', { size: 2 });

      expect(world.revoke({ name: 'printer' })).to.equal('key-needed');
      expect(world.revoke({ name: 'printer', key: 'ann' })).to.equal('revoked');
      expect(world.holders()).to.deep.equal(['bob']);
    });

    it('needs no key for a lock of many slots with one holder', () => {
      world.acquire('ann', { size: 2 });
      expect(world.revoke({ name: 'printer' })).to.equal('revoked');
    });

    it('ends a lease without a session', () => {
      world = new LockWorld({ keepLeasesOfGone: true });
      world.acquire('ann');
      world.end('ann', 'gone');

      expect(world.revoke({ name: 'printer' })).to.equal('revoked');
    });

    for (const { what, command, code } of [
      { what: 'a lock that never was', command: { name: 'nothing' }, code: 'lock-unknown' },
      {
        what: 'a lock that never was, with a key',
        command: { name: 'nothing', key: 'ann' },
        code: 'lock-unknown',
      },
      { what: 'a lock that nobody holds', command: { name: 'idle' }, code: 'lock-unknown' },
      {
        what: 'the key of an ended lease',
        command: { name: 'idle', key: 'ended' },
        code: 'key-invalid',
      },
      { what: 'a wrong key', command: { name: 'printer', key: 'x' }, code: 'key-invalid' },
      { what: 'an empty key', command: { name: 'printer', key: '' }, code: 'key-invalid' },
    ]) {
      it(`refuses ${what} as ${code}`, () => {
        world.acquire('ann');
        world.acquire('bob', { name: 'idle', key: 'ended' });
        world.release('ended', 'idle');

        expect(world.revoke(command)).to.equal(code);
        expect([world.happened, world.holders()]).to.deep.equal([[], ['ann']]);
      });
    }
  });

  describe('fencing tokens', () => {
    it('begin above the number that the manager is given', () => {
      world = new LockWorld({ fencingToken: 1_000 });
      world.acquire('ann');

      expect(world.fencingTokens).to.deep.equal([1_001]);
    });

    it('grow over all names, slots and sessions', () => {
      world.acquire('ann', { size: 2 });
      world.acquire('bob', { size: 2 });
      world.acquire('ann', { name: 'scanner' });
      world.acquire('ann', { name: 'plotter' });

      expect(world.fencingTokens).to.deep.equal([1, 2, 3, 4]);
    });

    it('grow whatever ends a lease', () => {
      world.acquire('ann', { leaseMs: 10 });
      world.acquire('bob', { name: 'scanner' });
      world.acquire('cid');
      world.now = 10;
      world.expire();
      world.revoke({ name: 'printer' });
      world.acquire('dee');
      world.end('dee');
      world.collect(0);
      world.acquire('ann');

      expect(world.fencingTokens).to.deep.equal([1, 2, 3, 4, 5]);
    });

    it('grow above every restored one', () => {
      world = new LockWorld({ fencingToken: 3 });
      world.restore(
        [
          { name: 'a', fencingToken: 70 },
          { name: 'b', fencingToken: 50 },
        ],
        1_000,
      );
      world.acquire('ann');

      expect(world.fencingTokens).to.deep.equal([71]);
    });

    it('stop the server before they lose a digit', () => {
      world = new LockWorld({ fencingToken: Number.MAX_SAFE_INTEGER });
      expect(() => world.acquire('ann')).to.throw(InvariantError);
    });
  });

  describe('restore', () => {
    it('takes leases in as they were', () => {
      world.now = 5_000;
      world.restore([{ name: 'n', size: 3, key: 'k', fencingToken: 7, at: 1_234 }], 600);

      expect(world.descriptions()).to.deep.equal([
        {
          name: 'n',
          size: 3,
          key: 'k',
          fencingToken: 7,
          grantedAt: 1_234,
          expiresAt: 5_600,
          sessionId: undefined,
          session: undefined,
          owner: undefined,
          waiterCount: 0,
        },
      ]);
      expect(world.manager.leaseCount).to.equal(1);
    });

    it('gives each the same time from now, whatever it had', () => {
      world.now = 5_000;
      world.restore(
        [
          { name: 'a', leaseMs: 1 },
          { name: 'b', leaseMs: FOREVER },
        ],
        600,
      );

      expect(world.descriptions().map((holder) => holder.expiresAt)).to.deep.equal([5_600, 5_600]);
    });

    it('may give them no end at all', () => {
      world.restore([{}], FOREVER);
      expect(world.manager.nextDeadlineAt).to.equal(FOREVER);
    });

    it('lets their keys renew and release', () => {
      world.restore([{ key: 'k' }], 600);

      expect([world.renew('k', 900), world.release('k')]).to.deep.equal(['renewed', 'released']);
    });

    it('keeps the size of the lock', () => {
      world.restore([{ size: 2 }], 600);

      expect(world.tryAcquire('ann', { size: 1 })).to.equal('size-mismatch');
      expect(world.tryAcquire('ann', { size: 2 })).to.equal('granted');
      expect(world.tryAcquire('bob', { size: 2 })).to.equal('held');
    });

    it('serves who waits when they expire', () => {
      world.restore([{ key: 'k' }], 600);
      world.acquire('ann');
      world.now = 600;
      world.expire();

      expect(world.happened).to.deep.equal(['expired k', 'granted ann']);
    });

    it('refuses more holders than slots', () => {
      expect(() => world.restore([{ size: 2 }, { size: 2 }, { size: 2 }], 600)).to.throw(
        RestoreError,
        /"printer"/,
      );
    });

    it('refuses two sizes of one lock', () => {
      expect(() => world.restore([{ size: 2 }, { size: 3 }], 600)).to.throw(
        RestoreError,
        /"printer"/,
      );
    });

    it('refuses a lock without slots', () => {
      expect(() => world.restore([{ size: 0 }], 600)).to.throw(RestoreError);
    });
  });

  describe('holders', () => {
    it('describe each lease', () => {
      world.now = 1_000.25;
      world.acquire('ann', { size: 2, leaseMs: 500 });
      world.acquire('bob', { size: 2 });
      world.acquire('cid', { size: 2 });
      world.acquire('dee', { size: 2 });

      const shared = { name: 'printer', size: 2, grantedAt: 1_000, waiterCount: 2 };
      expect(world.descriptions()).to.deep.equal([
        {
          ...shared,
          key: 'ann',
          fencingToken: 1,
          expiresAt: 1_500.25,
          sessionId: 'ann',
          session: 'connection of ann',
          owner: undefined,
        },
        {
          ...shared,
          key: 'bob',
          fencingToken: 2,
          expiresAt: FOREVER,
          sessionId: 'bob',
          session: 'connection of bob',
          owner: undefined,
        },
      ]);
    });

    it('are those of every shard', () => {
      world = new LockWorld({ shardCount: 16 });
      const keys = Array.from({ length: 100 }, (_, number) => `key-${number}`);
      for (const key of keys) {
        world.acquire('ann', { name: `lock of ${key}`, key });
      }

      expect(world.descriptions().map((holder) => holder.key)).to.have.members(keys);
      expect(world.manager.leaseCount).to.equal(100);
    });
  });

  describe('isHeld', () => {
    it('is true from grant to end', () => {
      const lease = { name: 'printer', key: 'ann' };
      const seen = [world.manager.isHeld(lease, world.now)];
      world.acquire('ann');
      seen.push(world.manager.isHeld(lease, world.now));
      world.release('ann');
      seen.push(world.manager.isHeld(lease, world.now));

      expect(seen).to.deep.equal([false, true, false]);
    });

    it('is not true from the deadline on, though nobody has seen to it yet', () => {
      world.acquire('ann', { leaseMs: 20 });
      world.now = 20;

      expect(world.manager.isHeld({ name: 'printer', key: 'ann' }, world.now)).to.equal(false);
    });

    it('is not true of who waits', () => {
      world.acquire('ann');
      world.acquire('bob');

      expect(world.manager.isHeld({ name: 'printer', key: 'bob' }, world.now)).to.equal(false);
    });
  });

  it('never writes again to lists that it has handed out', () => {
    world.acquire('ann');
    const { facts } = world;
    world.acquire('bob');
    world.release('ann');

    expect(facts).to.have.length(1);
    expect(world.facts).to.have.length(2);
  });
});
