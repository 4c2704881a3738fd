/** What operators see of the rules' state, and what they may take away. */
import { expect } from 'chai';
import { FOREVER } from '../../domain/instant.js';
import { LockWorld } from '../support/lock-world.js';

describe('LockManager, to operators,', () => {
  let world: LockWorld;

  beforeEach(() => {
    world = new LockWorld();
  });

  function kick(sessionId: string): unknown {
    return world.kick(sessionId);
  }

  describe('kicks a session', () => {
    it('with its leases and its waiters, and tells how many', () => {
      world.acquire('ann');
      world.acquire('ann', { name: 'scanner', key: 'ann-scans' });
      world.acquire('bob');
      world.acquire('bob', { name: 'scanner', key: 'bob-scans' });
      world.acquire('bob', { name: 'plotter', key: 'bob-plots' });
      expect(kick('bob')).to.deep.equal({
        kind: 'kicked',
        sessionId: 'bob',
        session: 'connection of bob',
        leaseCount: 1,
        waiterCount: 2,
      });
      expect(world.happened).to.deep.equal(['session-ended bob-plots']);
      expect(world.told).to.have.members(['bob session-unknown', 'bob-scans session-unknown']);
      expect(world.waiters()).to.deep.equal([]);
    });

    it('and hands what it held to the next waiter, with a greater fencing token', () => {
      world.acquire('ann');
      world.acquire('bob');
      kick('ann');
      expect(world.holders()).to.deep.equal(['bob']);
      const [before = 0, after = 0] = world.fencingTokens;
      expect(after).to.be.greaterThan(before);
    });

    it('and hands nothing to a waiter of its own', () => {
      world.acquire('ann');
      world.acquire('ann', { key: 'ann-again' });
      world.acquire('bob');
      kick('ann');
      expect(world.holders()).to.deep.equal(['bob']);
      expect(world.told).to.deep.equal(['ann-again session-unknown', 'bob granted']);
    });

    it('of whatever kind, and has it hear of that', () => {
      kick('ann');
      expect(world.noticed).to.deep.equal(['ann ended']);
      world.openStream('eve');
      kick('eve');
      expect(world.noticed).to.deep.equal(['eve ended']);
      expect(world.happened).to.deep.equal(['session-ended eve']);
    });

    it('with its leases where those of clients that are gone live on', () => {
      world = new LockWorld({ keepLeasesOfGone: true });
      world.acquire('ann');
      kick('ann');
      expect(world.holders()).to.deep.equal([]);
    });

    it('that nobody came back for since a restart, with what it held before', () => {
      world.openStream('eve');
      world.acquire('eve', { requestId: 1 });
      const next = world.restart(1_000);
      expect(next.descriptions()[0]?.session).to.equal('stream, away since the restart');
      next.kick('eve');
      expect(next.holders()).to.deep.equal([]);
      expect(next.resume('eve')).to.equal('session-unknown');
    });

    it('that is away from its stream, which finds no session when it comes back', () => {
      world.openStream('eve');
      world.acquire('eve');
      world.detach('eve');
      kick('eve');
      expect(world.holders()).to.deep.equal([]);
      expect(world.resume('eve')).to.equal('session-unknown');
      expect(world.manager.nextDeadlineAt).to.equal(FOREVER);
    });

    it('once: it is not known after that', () => {
      kick('ann');
      expect(kick('ann')).to.deep.equal({ kind: 'refused', code: 'session-unknown' });
      expect(kick('nobody')).to.deep.equal({ kind: 'refused', code: 'session-unknown' });
    });
  });

  describe('revokes many', () => {
    it('leases of a lock, and passes the slots on', () => {
      for (const sessionId of ['ann', 'bob', 'cid']) {
        world.acquire(sessionId, { size: 2 });
      }
      expect(world.revokeMany({ upToToken: 2 })).to.deep.equal({ kind: 'revoked-many', count: 2 });
      expect(world.happened).to.deep.equal(['revoked ann', 'granted cid', 'revoked bob']);
      expect(world.fencingTokens).to.deep.equal([1, 2, 3]);
    });

    it('but not those that were granted after it began', () => {
      world.acquire('ann', { size: 2 });
      world.acquire('bob', { size: 2 });
      expect(world.revokeMany({ upToToken: 1 })).to.deep.include({ count: 1 });
      expect(world.holders()).to.deep.equal(['bob']);
    });

    it('but no more than it is told at once', () => {
      for (const sessionId of ['ann', 'bob', 'cid']) {
        world.acquire(sessionId, { size: 3 });
      }
      expect(world.revokeMany({ upToToken: 9, countMax: 2 })).to.deep.include({ count: 2 });
      expect(world.holders()).to.have.lengthOf(1);
    });

    it('only where somebody holds something', () => {
      const refusal = { kind: 'refused', code: 'lock-unknown' };
      expect(world.revokeMany({ upToToken: 9 })).to.deep.equal(refusal);
      world.acquire('ann');
      world.release('ann');
      expect(world.revokeMany({ upToToken: 9 })).to.deep.equal(refusal);
    });

    it('none that have expired by then', () => {
      world.acquire('ann', { size: 2, leaseMs: 5 });
      world.acquire('bob', { size: 2 });
      world.now = 5;
      expect(world.revokeMany({ upToToken: 9 })).to.deep.include({ count: 1 });
      expect(world.happened).to.deep.equal(['expired ann', 'revoked bob']);
    });
  });

  describe('describes', () => {
    it('who waits for a lock, in order', () => {
      world.openStream('eve', 10, { host: 'h', purpose: 'session' });
      world.acquire('ann');
      world.now = 5;
      world.acquire('bob', { waitMs: 100 });
      world.now = 7;
      world.acquire('eve', { metadata: { purpose: 'print' } });
      expect([...world.manager.waitersOf('printer')]).to.deep.equal([
        {
          queuedAt: 5,
          waitsUntil: 105,
          sessionId: 'bob',
          session: 'connection of bob',
          owner: undefined,
        },
        {
          queuedAt: 7,
          waitsUntil: FOREVER,
          sessionId: 'eve',
          session: 'stream of eve',
          owner: { host: 'h', purpose: 'print' },
        },
      ]);
      expect([...world.manager.waitersOf('scanner')]).to.deep.equal([]);
    });

    it('a lock, held or not, and how often it was granted', () => {
      expect(world.manager.lockNamed('printer')).to.equal(undefined);
      world.acquire('ann', { size: 2 });
      world.acquire('bob', { size: 2 });
      world.acquire('cid', { size: 2 });
      world.release('ann');
      const lock = { name: 'printer', size: 2, holderCount: 2, waiterCount: 0, grantCount: 3 };
      expect(world.manager.lockNamed('printer')).to.deep.equal(lock);
      world.release('bob');
      world.release('cid');
      expect([...world.manager.locks()]).to.deep.equal([{ ...lock, holderCount: 0 }]);
    });

    it('the holders of one lock', () => {
      world.acquire('ann');
      world.acquire('bob', { name: 'scanner' });
      expect([...world.manager.holdersOf('scanner')].map(({ key }) => key)).to.deep.equal(['bob']);
      expect([...world.manager.holdersOf('plotter')]).to.deep.equal([]);
    });

    it('a lock without a holder as a look that found nothing, so that breaks can be taken', () => {
      world.acquire('ann');
      world.acquire('bob', { name: 'scanner' });
      world.release('ann');
      expect([...world.manager.holders()].map((holder) => holder?.key)).to.deep.equal([
        undefined,
        'bob',
      ]);
    });

    it('every session in the order of their coming', () => {
      world.now = 3;
      world.openFor(50, 'rex');
      world.openStream('eve', 10, { host: 'h' });
      world.acquire('eve');
      world.acquire('rex');
      world.detach('eve');
      const sessions = [...world.manager.sessions()];
      expect(sessions.map(({ sessionId }) => sessionId)).to.deep.equal([
        ...['ann', 'bob', 'cid', 'dee'],
        ...['rex', 'eve'],
      ]);
      expect(sessions.slice(-2)).to.deep.equal([
        {
          sessionId: 'rex',
          kind: 'connection',
          peer: 'of rex',
          openedAt: 3,
          endsAt: 53,
          leaseCount: 0,
          waiterCount: 1,
          owner: undefined,
        },
        {
          sessionId: 'eve',
          kind: 'stream',
          peer: 'of eve',
          openedAt: 3,
          endsAt: 13,
          leaseCount: 1,
          waiterCount: 0,
          owner: { host: 'h' },
        },
      ]);
    });

    it('how much there is, and how much has happened', () => {
      world.acquire('ann', { leaseMs: 5 });
      world.acquire('bob');
      world.acquire('cid', { name: 'scanner' });
      world.renew('ann', 5);
      world.release('ann');
      world.acquire('ann', { leaseMs: 5, name: 'plotter', key: 'ann-plots' });
      world.revoke({ name: 'scanner' });
      world.now = 5;
      world.end('bob');
      expect(world.manager.counts).to.deep.equal({
        lockCount: 3,
        leaseCount: 0,
        waiterCount: 0,
        sessionCount: 3,
        grantCount: 4,
        renewalCount: 1,
        endCounts: { released: 1, expired: 1, revoked: 1, 'session-ended': 1 },
        fencingToken: 4,
      });
    });
  });

  describe('tells of changes', () => {
    it('nobody who does not watch', () => {
      world.acquire('ann');
      world.release('ann');
      expect(world.changed).to.deep.equal([]);
    });

    it('who watches, of each as it was when it happened, of an end as it was before', () => {
      world.manager.isWatched = true;
      world.acquire('ann', { leaseMs: 5 });
      expect(world.changed).to.deep.equal(['granted ann of connection of ann, 0 wait']);
      world.renew('ann', 9);
      expect(world.changed).to.deep.equal(['renewed ann of connection of ann, 0 wait']);
      world.acquire('bob');
      world.now = 9;
      world.expire();
      expect(world.changed).to.deep.equal([
        'expired ann of connection of ann, 1 wait',
        'granted bob of connection of bob, 0 wait',
      ]);
      world.end('bob');
      expect(world.changed).to.deep.equal(['session-ended bob of connection of bob, 0 wait']);
    });
  });
});
