/** The LockManager's rules for stream sessions: their windows, their return, and what they asked for before a restart. */
import { expect } from 'chai';
import { FOREVER } from '../../domain/instant.js';
import { InvariantError } from '../../domain/invariant.js';
import { LockWorld } from '../support/lock-world.js';

/** As many deadlines as one command sees to, and then some. */
const CROWD = 1_000 + 500;

/** How long a stream session lives without a stream, unless a spec says otherwise. */
const RECOVERY_MS = 10;

/** How long restored leases last. */
const RESTORED_MS = 600;

describe('LockManager, of stream sessions,', () => {
  let world: LockWorld;

  beforeEach(() => {
    world = new LockWorld({ sessions: ['bob', 'cid'] });
    world.openStream('ann', RECOVERY_MS);
  });

  describe('opens one', () => {
    it('with a fact, so that it can outlive the server', () => {
      world.now = 1_000.4;
      expect(world.openStream('eve', 250, { host: 'h' })).to.equal('opened');

      expect(world.facts).to.deep.equal([
        {
          type: 'session-opened',
          sessionId: 'eve',
          recoveryMs: 250,
          owner: { host: 'h' },
          at: 1_000,
        },
      ]);
    });

    it('without an owner where its client says nothing of itself', () => {
      world.openStream('eve');
      expect(world.facts[0]).not.to.have.property('owner');
    });

    it('that has no end while it has a stream', () => {
      expect(world.manager.nextDeadlineAt).to.equal(FOREVER);
    });

    it('within the bound on sessions of all kinds', () => {
      world = new LockWorld({ sessionsMax: 2, sessions: ['bob'] });
      world.openStream('ann');

      expect(world.openStream('eve')).to.equal('too-many-sessions');
      expect(world.facts).to.deep.equal([]);
    });

    it('once', () => {
      expect(() => world.openStream('ann')).to.throw(InvariantError);
    });
  });

  describe('shows the owner of a lease', () => {
    const words: readonly (readonly [string, object | undefined, object | undefined, unknown])[] = [
      ['that says nothing', undefined, undefined, undefined],
      ['by the words of its session', { host: 'h' }, undefined, { host: 'h' }],
      ['by the words of its request', undefined, { purpose: 'p' }, { purpose: 'p' }],
      [
        'by both, and by those of the request where they differ',
        { host: 'h', purpose: 'any' },
        { purpose: 'p' },
        { host: 'h', purpose: 'p' },
      ],
    ];
    for (const [what, owner, metadata, shown] of words) {
      it(what, () => {
        world.openStream('eve', RECOVERY_MS, owner as Record<string, string>);
        world.acquire('eve', {
          requestId: 1,
          ...(metadata && { metadata: metadata as Record<string, string> }),
        });
        expect(world.descriptions()[0]?.owner).to.deep.equal(shown);
      });
    }
  });

  describe('grants to one', () => {
    it('with the number of the request and its words in the fact', () => {
      world.acquire('ann', { requestId: 7, metadata: { purpose: 'p' } });
      expect(world.facts[0]).to.include({ type: 'lease-granted', key: 'ann', requestId: 7 });
      expect(world.facts[0]).to.deep.include({ metadata: { purpose: 'p' } });
    });

    it('without words in the fact where there are none', () => {
      world.acquire('ann', { requestId: 7 });
      expect(world.facts[0]).not.to.have.property('metadata');
    });

    it('when a wait ends, with its number all the same', () => {
      world.acquire('bob');
      world.acquire('ann', { requestId: 7 });
      world.release('bob');
      expect(world.facts[1]).to.include({ type: 'lease-granted', key: 'ann', requestId: 7 });
    });
  });

  describe('detached', () => {
    beforeEach(() => {
      world.now = 100;
      world.acquire('ann');
      world.acquire('bob');
      world.acquire('ann', { name: 'scanner', key: 'ann-scans' });
      world.acquire('cid', { name: 'scanner' });
      world.acquire('bob', { name: 'plotter', key: 'bob-plots' });
      world.acquire('ann', { name: 'plotter', key: 'ann-plots' });
      world.acquire('cid', { name: 'plotter', key: 'cid-plots' });
      world.detach('ann');
    });

    it('brings nothing about by itself', () => {
      expect([world.happened, world.told, world.noticed]).to.deep.equal([[], [], []]);
    });

    it('is watched from then on', () => {
      expect(world.manager.nextDeadlineAt).to.equal(110);
    });

    it('keeps leases and places before its window is over', () => {
      world.now = 109.9;
      world.expire();
      expect(world.happened).to.deep.equal([]);
      expect(world.waiters()).to.include('ann-plots');
    });

    it('is granted what comes free', () => {
      world.release('bob-plots', 'plotter');
      expect(world.told).to.deep.equal(['ann-plots granted']);
    });

    it('may ask, and lives no longer by that', () => {
      expect(world.acquire('ann', { name: 'copier', key: 'ann-copies' })).to.equal('granted');
      expect(world.touch('ann')).to.equal(true);
      expect(world.manager.nextDeadlineAt).to.equal(110);
    });

    it('is not given a later end by being detached again', () => {
      world.now = 105;
      world.detach('ann');
      expect(world.manager.nextDeadlineAt).to.equal(110);
    });

    describe('at the end of its window', () => {
      beforeEach(() => {
        world.now = 110;
        world.expire();
      });

      it('ends, its leases before it, and each slot goes to the next', () => {
        expect(world.happened).to.deep.equal([
          'session-ended ann',
          'granted bob',
          'session-ended ann-scans',
          'granted cid',
          'session-ended ann',
        ]);
        expect(world.facts.at(-1)).to.deep.equal({
          type: 'session-ended',
          sessionId: 'ann',
          at: 110,
        });
      });

      it('has its waiters withdrawn before anybody is granted anything', () => {
        expect(world.told).to.deep.equal(['ann-plots withdrawn', 'bob granted', 'cid granted']);
      });

      it('hears of its end, and not of each lease', () => {
        expect(world.noticed).to.deep.equal(['ann ended']);
      });

      it('is not come back to', () => {
        expect(world.resume('ann')).to.equal('session-unknown');
      });

      it('leaves no deadline behind', () => {
        expect(world.manager.nextDeadlineAt).to.equal(FOREVER);
      });
    });

    it('ends for whoever comes first after its window, however late the timer is', () => {
      world.now = 5_000;
      expect(world.resume('ann')).to.equal('session-unknown');
      expect(world.holders()).to.deep.equal(['bob']);
    });

    it('ends by a goodbye of its client', () => {
      expect(world.end('ann')).to.equal(true);
      expect(world.happened.at(-1)).to.equal('session-ended ann');
      expect(world.manager.nextDeadlineAt).to.equal(FOREVER);
    });
  });

  describe('detached with a window of 0', () => {
    it('ends at once', () => {
      world.openStream('eve', 0);
      world.acquire('eve');
      world.acquire('bob');
      world.detach('eve');

      expect(world.happened).to.deep.equal([
        'session-ended eve',
        'granted bob',
        'session-ended eve',
      ]);
      expect(world.noticed).to.deep.equal(['eve ended']);
    });
  });

  describe('detached while leases of gone clients are kept', () => {
    beforeEach(() => {
      world = new LockWorld({ sessions: ['bob'], keepLeasesOfGone: true });
      world.openStream('ann', RECOVERY_MS);
      world.acquire('ann', { leaseMs: 50 });
      world.detach('ann');
      world.now = RECOVERY_MS;
      world.expire();
    });

    it('leaves its leases to their own ends', () => {
      expect(world.happened).to.deep.equal(['session-ended ann']);
      expect(world.descriptions()[0]).to.include({ key: 'ann', sessionId: undefined });
      expect(world.manager.nextDeadlineAt).to.equal(50);
    });

    it('is told nothing of them any more', () => {
      world.revoke({ name: 'printer' });
      expect(world.noticed).to.deep.equal([]);
    });

    it('does not have them back over a restart either', () => {
      world = world.restart(RESTORED_MS);
      expect(world.resume('ann')).to.equal('session-unknown');
      expect(world.descriptions()[0]).to.include({ key: 'ann', sessionId: undefined });
    });
  });

  describe('detach', () => {
    for (const who of ['bob', 'nobody']) {
      it(`overlooks ${who}, who has no stream session`, () => {
        world.detach(who);
        expect(world.manager.nextDeadlineAt).to.equal(FOREVER);
        expect(world.manager.hasSession('bob')).to.equal(true);
      });
    }
  });

  describe('resumes', () => {
    it('one whose window is not over, with all that it has', () => {
      world.acquire('ann');
      world.acquire('bob', { name: 'scanner' });
      world.acquire('ann', { name: 'scanner', key: 'ann-scans' });
      world.detach('ann');
      world.now = RECOVERY_MS - 0.1;

      expect(world.resume('ann', 'of ann, again')).to.equal('resumed');
      expect(world.outcome).to.deep.equal({ kind: 'resumed', recoveryMs: RECOVERY_MS });
      expect(world.happened).to.deep.equal([]);
      expect(world.waiters()).to.deep.equal(['ann-scans']);
      expect(world.descriptions()[0]).to.include({ key: 'ann', session: 'stream of ann, again' });
    });

    it('not at the very end of its window', () => {
      world.detach('ann');
      world.now = RECOVERY_MS;
      expect(world.resume('ann')).to.equal('session-unknown');
    });

    it('for as long as it has a stream, which then gives it a whole window', () => {
      world.detach('ann');
      world.now = 5;
      world.resume('ann');
      expect(world.manager.nextDeadlineAt).to.equal(FOREVER);
      world.now = 7;
      world.detach('ann');
      expect(world.manager.nextDeadlineAt).to.equal(17);
    });

    it('one that has a stream still, which changes its description and nothing else', () => {
      world.acquire('ann', { leaseMs: 50 });
      world.now = 20;

      expect(world.resume('ann', 'again')).to.equal('resumed');
      expect(world.descriptions()[0]).to.include({ session: 'stream again', expiresAt: 50 });
      expect([world.happened, world.noticed]).to.deep.equal([[], []]);
    });

    it('without a change to the leases’ ends', () => {
      world.acquire('ann', { leaseMs: 50 });
      world.detach('ann');
      world.now = 5;
      world.resume('ann');
      expect(world.descriptions()[0]?.expiresAt).to.equal(50);
    });

    it('neither a connection’s session nor one that never was', () => {
      expect([world.resume('bob'), world.resume('nobody')]).to.deep.equal([
        'session-unknown',
        'session-unknown',
      ]);
    });

    it('none that was closed', () => {
      world.end('ann');
      expect(world.resume('ann')).to.equal('session-unknown');
    });
  });

  describe('at one instant', () => {
    beforeEach(() => {
      world.acquire('bob', { leaseMs: RECOVERY_MS });
      world.acquire('ann', { key: 'ann-waits' });
      world.acquire('cid', { key: 'cid-waits' });
    });

    it('does not lead a slot that comes free to one whose window ends', () => {
      world.detach('ann');
      world.now = RECOVERY_MS;
      world.expire();
      expect(world.happened).to.deep.equal([
        'expired bob',
        'granted cid-waits',
        'session-ended ann',
      ]);
      expect(world.told).to.deep.equal(['ann-waits withdrawn', 'cid-waits granted']);
    });

    it('serves one whose window ends after the slot came free, however late both are found', () => {
      world.detach('ann');
      world.acquire('bob', { name: 'scanner', leaseMs: 5 });
      world.acquire('ann', { name: 'scanner', key: 'ann-scans' });
      world.acquire('cid', { name: 'scanner', key: 'cid-scans' });
      world.now = 50;
      world.expire();
      expect(world.happened).to.include.members(['granted ann-scans', 'session-ended ann-scans']);
    });

    it('serves one that is detached when the slot comes free', () => {
      world.now = RECOVERY_MS;
      world.detach('ann');
      expect(world.told).to.deep.equal(['ann-waits granted']);
      expect(world.manager.nextDeadlineAt).to.equal(2 * RECOVERY_MS);
    });

    it('serves one that is resumed just before its window and the lease end', () => {
      world.detach('ann');
      world.now = RECOVERY_MS - 0.1;
      world.resume('ann');
      world.now = RECOVERY_MS;
      world.expire();
      expect(world.told).to.deep.equal(['ann-waits granted']);
    });

    it('withdraws once what is withdrawn when its window ends', () => {
      world.detach('ann');
      world.now = RECOVERY_MS;
      world.withdraw('ann-waits');
      expect(world.told).to.deep.equal(['ann-waits withdrawn', 'cid-waits granted']);
    });

    it('times out once what waits as long as its window lasts', () => {
      world.openStream('eve', RECOVERY_MS);
      world.acquire('eve', { name: 'printer', waitMs: RECOVERY_MS });
      world.detach('eve');
      world.now = RECOVERY_MS;
      world.expire();
      expect(world.told.filter((line) => line.startsWith('eve'))).to.have.length(1);
    });
  });

  describe('when deadlines are a crowd', () => {
    /** So many leases that are over before ann's window is. */
    function overdueCrowd(): void {
      for (let index = 0; index < CROWD; index += 1) {
        world.acquire('bob', { name: `n-${index}`, key: `k-${index}`, leaseMs: 1 });
      }
    }

    it('leads no slot to one whose window is over', () => {
      overdueCrowd();
      world.acquire('bob');
      world.acquire('ann', { key: 'ann-waits' });
      world.acquire('cid');
      world.detach('ann');
      world.now = RECOVERY_MS;
      world.release('bob');

      expect(world.happened.filter((line) => !line.startsWith('expired k-'))).to.deep.equal([
        'released bob',
        'granted cid',
      ]);
      expect(world.told).to.deep.equal(['ann-waits withdrawn', 'cid granted']);
    });

    it('does not resume one whose window is over', () => {
      overdueCrowd();
      world.detach('ann');
      world.now = RECOVERY_MS;
      expect(world.resume('ann')).to.equal('session-unknown');
      expect(world.noticed).to.deep.equal(['ann ended']);
    });

    it('grants nothing to one whose window is over', () => {
      overdueCrowd();
      world.detach('ann');
      world.now = RECOVERY_MS;
      expect(world.acquire('ann')).to.equal('session-unknown');
    });
  });

  describe('undoes a grant', () => {
    beforeEach(() => {
      world.acquire('ann', { requestId: 1 });
      world.acquire('bob');
      world.undo('ann');
    });

    it('as released by nobody, and the slot goes on', () => {
      expect(world.happened).to.deep.equal(['released ann', 'granted bob']);
      expect(world.facts[0]).not.to.have.property('by');
    });

    it('without news to its session, which does not want it', () => {
      expect(world.noticed).to.deep.equal([]);
    });

    it('once, and nothing else by the same key', () => {
      world.undo('ann');
      world.undo('bob', 'scanner');
      expect(world.happened).to.deep.equal([]);
    });
  });

  describe('tells a holder', () => {
    it('that its lease has expired', () => {
      world.acquire('ann', { leaseMs: 50 });
      world.now = 50;
      world.expire();
      expect(world.noticed).to.deep.equal(['ann lost ann expired']);
    });

    it('that its lease was revoked', () => {
      world.acquire('ann');
      world.revoke({ name: 'printer' });
      expect(world.noticed).to.deep.equal(['ann lost ann revoked']);
    });

    it('that somebody without a stream session has released its lease', () => {
      world.acquire('ann');
      world.release('ann');
      expect(world.noticed).to.deep.equal(['ann lost ann released']);
    });

    it('that another stream session has released its lease', () => {
      world.openStream('eve');
      world.acquire('ann');
      world.releaseBy({ sessionId: 'eve', requestId: 1 }, 'ann');
      expect(world.noticed).to.deep.equal(['ann lost ann released']);
    });

    it('nothing of its own release', () => {
      world.acquire('ann');
      world.releaseBy({ sessionId: 'ann', requestId: 1 }, 'ann');
      expect(world.noticed).to.deep.equal([]);
    });

    it('nothing if it has no stream session', () => {
      world.openStream('eve');
      world.acquire('bob');
      world.releaseBy({ sessionId: 'eve', requestId: 1 }, 'bob');
      expect(world.noticed).to.deep.equal([]);
    });

    it('nothing of the expiry that another session’s command sees to, but its own', () => {
      world.acquire('ann', { leaseMs: 50 });
      world.now = 50;
      world.openStream('eve');
      expect(world.noticed).to.deep.equal(['ann lost ann expired']);
    });

    it('while it is detached, too, since its session has a listener still', () => {
      world.acquire('ann', { leaseMs: 5 });
      world.detach('ann');
      world.now = 5;
      world.expire();
      expect(world.noticed).to.deep.equal(['ann lost ann expired']);
    });

    it('that its session was closed', () => {
      world.end('ann');
      expect(world.noticed).to.deep.equal(['ann ended']);
    });
  });

  describe('keeps with a release', () => {
    const by = { sessionId: 'ann', requestId: 9, heardBelow: 4 };

    it('whose request it was', () => {
      world.acquire('ann');
      world.releaseBy(by, 'ann');
      expect(world.facts[0]).to.deep.include({ type: 'lease-ended', by });
    });

    it('whose it was, though the lease is another session’s', () => {
      world.acquire('bob');
      world.releaseBy(by, 'bob');
      expect(world.facts[0]).to.deep.include({ by });
    });

    it('nothing of a session that is not there any more', () => {
      world.acquire('bob');
      world.end('ann');
      world.releaseBy(by, 'bob');
      expect(world.facts[0]).not.to.have.property('by');
    });

    it('nothing when it is refused', () => {
      world.acquire('bob');
      expect(world.releaseBy(by, 'other')).to.equal('key-invalid');
      expect(world.facts).to.deep.equal([]);
    });
  });

  describe('after a restart', () => {
    function crash(leaseMs = RESTORED_MS): void {
      world = world.restart(leaseMs);
    }

    it('has those that were open, each to be come back to', () => {
      world.openStream('eve');
      world.end('eve');
      crash();
      expect([world.manager.hasSession('ann'), world.manager.hasSession('eve')]).to.deep.equal([
        true,
        false,
      ]);
      expect(world.resume('ann')).to.equal('resumed');
      expect(world.outcome).to.deep.equal({ kind: 'resumed', recoveryMs: RECOVERY_MS });
    });

    it('does not open one again under the same id', () => {
      crash();
      expect(() => world.openStream('ann')).to.throw(InvariantError);
    });

    it('counts them among the sessions that there may be', () => {
      world = new LockWorld({ sessionsMax: 1, sessions: [] });
      world.openStream('ann');
      crash();
      expect(world.openStream('eve')).to.equal('too-many-sessions');
    });

    it('shows what they hold, and that they are away', () => {
      world.openStream('eve', 10, { host: 'h' });
      world.acquire('eve', { requestId: 1, metadata: { purpose: 'p' } });
      crash();
      expect(world.descriptions()[0]).to.deep.include({
        sessionId: 'eve',
        session: 'stream, away since the restart',
        owner: { host: 'h', purpose: 'p' },
      });
    });

    const lengths: readonly (readonly [string, number, number, number, number])[] = [
      // what, recoveryMs, leaseMs, restoredMs, and how long the lease then lasts
      ['for as long as restored leases do', 10, FOREVER, 600, 600],
      ['for the window, if that is longer', 900, FOREVER, 600, 900],
      ['for as long as its client can believe in it, if that is less', 900, 700, 600, 700],
      ['for as long as restored leases do, though it was shorter', 900, 5, 600, 600],
    ];
    for (const [what, recoveryMs, leaseMs, restoredMs, lastsMs] of lengths) {
      it(`a lease lasts ${what}`, () => {
        world.openStream('eve', recoveryMs);
        world.acquire('eve', { leaseMs });
        world.now = 3;
        crash(restoredMs);
        expect(world.descriptions()[0]?.expiresAt).to.equal(3 + lastsMs);
      });
    }

    it('a lease without an end lasts for three heartbeats where there is no window', () => {
      world.openStream('eve', 0);
      world.acquire('eve');
      crash(600);
      expect(world.descriptions()[0]?.expiresAt).to.equal(15_000);
    });

    for (const [what, leaseMs, lastsMs] of [
      ['and for the time', FOREVER, 940],
      ['but not beyond its own time,', 920, 920],
    ] as const) {
      it(`a lease lasts for the window ${what} for which the server before may be blind`, () => {
        world.openStream('eve', 900);
        world.acquire('eve', { leaseMs });
        world = world.restart(600, { graceMs: 40 });
        expect(world.descriptions()[0]?.expiresAt).to.equal(lastsMs);
        world.now = 940;
        expect(world.resume('eve')).to.equal('session-unknown');
      });
    }

    it('a lease of a connection does not last for anybody’s window', () => {
      world.acquire('bob');
      crash(1);
      expect(world.descriptions()[0]).to.include({ expiresAt: 1, sessionId: undefined });
    });

    for (const [recoveryMs, restoredMs, endsAt] of [
      [10, 600, 600],
      [900, 600, 900],
      [0, 600, 15_000],
      [0, 16_000, 16_000],
    ] as const) {
      it(`one with a window of ${recoveryMs} is awaited for ${endsAt} when leases last ${restoredMs}`, () => {
        world = new LockWorld({ sessions: [] });
        world.openStream('eve', recoveryMs);
        crash(restoredMs);
        expect(world.manager.nextDeadlineAt).to.equal(endsAt);
      });
    }

    it('is awaited without an end when restored leases have none', () => {
      crash(FOREVER);
      expect(world.manager.nextDeadlineAt).to.equal(FOREVER);
      world.detach('ann');
      expect(world.manager.nextDeadlineAt).to.equal(RECOVERY_MS);
    });

    it('gives fencing tokens above those from before, ended leases’ included', () => {
      world.acquire('ann');
      world.acquire('bob', { name: 'scanner' });
      world.release('bob', 'scanner');
      crash();
      world.resume('ann');
      world.acquire('ann', { name: 'scanner', key: 'ann-scans', requestId: 2 });
      expect(world.fencingTokens).to.deep.equal([3]);
    });

    describe('when its client comes back', () => {
      it('a lease without an end has none again', () => {
        world.acquire('ann');
        crash();
        world.resume('ann');
        expect(world.descriptions()[0]?.expiresAt).to.equal(FOREVER);
        expect(world.manager.nextDeadlineAt).to.equal(FOREVER);
      });

      it('a lease lasts from then on as long as it did before', () => {
        world.acquire('ann', { leaseMs: 700 });
        crash();
        world.now = 500;
        world.resume('ann');
        expect(world.descriptions()[0]?.expiresAt).to.equal(1_200);
        expect(world.manager.nextDeadlineAt).to.equal(1_200);
      });

      it('a lease lasts as long as it was renewed for', () => {
        world.acquire('ann', { leaseMs: 700 });
        world.renew('ann', 800);
        crash();
        world.resume('ann');
        expect(world.descriptions()[0]?.expiresAt).to.equal(800);
      });

      it('a lease is not made shorter', () => {
        world.acquire('ann', { leaseMs: 5 });
        crash();
        world.resume('ann');
        expect(world.descriptions()[0]?.expiresAt).to.equal(RESTORED_MS);
      });

      it('a lease that was renewed meanwhile keeps that end, if it is later', () => {
        world.acquire('ann', { leaseMs: 700 });
        crash();
        world.renew('ann', 5_000);
        world.resume('ann');
        expect(world.descriptions()[0]?.expiresAt).to.equal(5_000);
      });

      it('nothing is kept of that, since the store has it all', () => {
        world.acquire('ann');
        crash();
        world.resume('ann');
        expect(world.happened).to.deep.equal([]);
      });

      it('a lease that ran out meanwhile is the next one’s', () => {
        world.acquire('ann', { leaseMs: 5, requestId: 1 });
        crash(7);
        world.open('bob');
        world.acquire('bob');
        world.now = 8;
        world.expire();
        expect(world.told).to.deep.equal(['bob granted']);
        expect(world.resume('ann')).to.equal('resumed');
        expect(world.holders()).to.deep.equal(['bob']);
        expect(world.check('ann')).to.equal('lease-unknown');
      });

      it('a lease that ended meanwhile leaves no deadline behind', () => {
        world.acquire('ann', { leaseMs: 700 });
        crash();
        world.release('ann');
        world.resume('ann');
        expect(world.manager.nextDeadlineAt).to.equal(FOREVER);
      });

      it('it has the stream’s window again', () => {
        crash();
        world.resume('ann');
        world.now = 50;
        world.detach('ann');
        expect(world.manager.nextDeadlineAt).to.equal(50 + RECOVERY_MS);
      });

      it('its leases end with it again', () => {
        world.acquire('ann');
        crash();
        world.resume('ann');
        world.end('ann');
        expect(world.happened).to.deep.equal(['session-ended ann', 'session-ended ann']);
        expect(world.holders()).to.deep.equal([]);
      });

      it('its leases are given the same time once, not each time', () => {
        world.acquire('ann', { leaseMs: 700 });
        crash();
        world.resume('ann');
        world.now = 100;
        world.resume('ann');
        expect(world.descriptions()[0]?.expiresAt).to.equal(700);
      });
    });

    describe('when nobody comes back', () => {
      beforeEach(() => {
        world.acquire('ann', { leaseMs: 700 });
        crash();
        world.open('bob');
        world.acquire('bob');
        world.now = RESTORED_MS;
        world.expire();
      });

      it('the session ends, and its lease expires by itself', () => {
        expect(world.happened).to.have.members(['session-ended ann', 'expired ann', 'granted bob']);
      });

      it('the session cannot be resumed', () => {
        expect(world.resume('ann')).to.equal('session-unknown');
      });

      it('nothing of it is left to the next restart', () => {
        crash();
        expect(world.manager.hasSession('ann')).to.equal(false);
        expect(world.holders()).to.deep.equal(['bob']);
      });
    });

    it('lets go of leases that were renewed beyond the time that their session is awaited for', () => {
      world.acquire('ann', { leaseMs: 700 });
      crash();
      world.renew('ann', 5_000);
      world.now = RESTORED_MS;
      world.expire();
      expect(world.happened).to.deep.equal(['session-ended ann']);
      expect(world.descriptions()[0]).to.include({ sessionId: undefined, expiresAt: 5_000 });
    });

    it('leaves the leases of one that is ended before it was resumed to their own ends', () => {
      world.acquire('ann');
      crash();
      world.end('ann');
      expect(world.happened).to.deep.equal(['session-ended ann']);
      expect(world.descriptions()[0]).to.include({ sessionId: undefined, expiresAt: RESTORED_MS });
    });

    it('ends with one that is ended before it was resumed what it was granted since', () => {
      world.acquire('ann');
      crash();
      world.acquire('ann', { name: 'scanner', key: 'ann-scans' });
      world.end('ann');
      expect(world.happened).to.deep.equal(['session-ended ann-scans', 'session-ended ann']);
      expect(world.holders()).to.deep.equal(['ann']);
    });

    it('tells one that is away of what it loses', () => {
      world.acquire('ann');
      crash();
      world.revoke({ name: 'printer' });
      expect(world.noticed).to.deep.equal(['ann lost ann revoked']);
    });

    it('is the same after another one that nobody came back in between', () => {
      world.acquire('ann', { leaseMs: 700, requestId: 1 });
      crash();
      world.now = 400;
      crash();
      expect(world.resume('ann')).to.equal('resumed');
      expect(world.descriptions()[0]?.expiresAt).to.equal(1_100);
      expect(world.acquire('ann', { key: 'again', requestId: 1 })).to.equal('granted');
      expect(world.outcome).to.include({ key: 'ann', fencingToken: 1 });
    });

    describe('asked again', () => {
      it('answers a request that was granted with what it was granted', () => {
        world.acquire('ann', { requestId: 1 });
        crash();
        world.resume('ann');

        expect(world.acquire('ann', { key: 'again', requestId: 1 })).to.equal('granted');
        expect(world.outcome).to.deep.equal({
          kind: 'granted',
          key: 'ann',
          fencingToken: 1,
          waitedMs: 0,
        });
        expect(world.happened).to.deep.equal([]);
        expect(world.holders()).to.deep.equal(['ann']);
      });

      it('answers so however often, and whether it would wait or not', () => {
        world.acquire('ann', { requestId: 1 });
        crash();
        world.resume('ann');
        world.tryAcquire('ann', { key: 'again', requestId: 1 });
        expect(world.outcome).to.include({ key: 'ann' });
        world.acquire('ann', { key: 'once-more', requestId: 1 });
        expect(world.outcome).to.include({ key: 'ann' });
      });

      it('has another request of the session wait behind its own lease', () => {
        world.acquire('ann', { requestId: 1 });
        crash();
        world.resume('ann');
        expect(world.acquire('ann', { key: 'other', requestId: 2 })).to.equal('waiting');
      });

      it('has a request without a number wait behind its own lease', () => {
        world.acquire('ann', { requestId: 1 });
        crash();
        world.resume('ann');
        expect(world.acquire('ann', { key: 'other' })).to.equal('waiting');
      });

      it('has another session’s request of that number wait', () => {
        world.openStream('eve');
        world.acquire('ann', { requestId: 1 });
        crash();
        world.resume('eve');
        expect(world.acquire('eve', { requestId: 1 })).to.equal('waiting');
      });

      it('queues a request that waited behind those who asked sooner', () => {
        world.acquire('bob');
        world.acquire('ann', { requestId: 1 });
        crash();
        world.open('cid');
        world.acquire('cid');
        world.resume('ann');
        expect(world.acquire('ann', { key: 'again', requestId: 1 })).to.equal('waiting');
        world.release('bob');
        world.release('cid');
        expect(world.told).to.deep.equal(['again granted']);
      });

      it('works out anew what was refused', () => {
        world.acquire('bob');
        expect(world.tryAcquire('ann', { requestId: 1 })).to.equal('held');
        world.release('bob');
        crash();
        world.resume('ann');
        expect(world.tryAcquire('ann', { key: 'again', requestId: 1 })).to.equal('granted');
      });

      const endings: readonly (readonly [string, (away: LockWorld) => void])[] = [
        ['released', (away) => away.releaseBy({ sessionId: 'ann', requestId: 2 }, 'ann')],
        ['undone', (away) => away.undo('ann')],
        ['revoked', (away) => away.revoke({ name: 'printer' })],
      ];
      for (const [what, end] of endings) {
        it(`grants anew what was granted and ${what} before`, () => {
          world.acquire('ann', { requestId: 1 });
          end(world);
          crash();
          world.resume('ann');
          expect(world.acquire('ann', { key: 'again', requestId: 1 })).to.equal('granted');
          expect(world.outcome).to.include({ key: 'again', fencingToken: 2 });
        });

        it(`grants anew what was granted before and ${what} since`, () => {
          world.acquire('ann', { requestId: 1 });
          crash();
          world.resume('ann');
          end(world);
          expect(world.acquire('ann', { key: 'again', requestId: 1 })).to.equal('granted');
          expect(world.outcome).to.include({ key: 'again' });
        });
      }

      it('refuses what names another size now', () => {
        world.acquire('ann', { requestId: 1 });
        crash();
        world.resume('ann');
        const again = { key: 'again', requestId: 1, size: 2 };
        expect(world.acquire('ann', again)).to.equal('size-mismatch');
      });

      it('answers a release that was done as done', () => {
        world.acquire('ann');
        world.releaseBy({ sessionId: 'ann', requestId: 2 }, 'ann');
        crash();
        world.resume('ann');
        expect(world.releaseBy({ sessionId: 'ann', requestId: 2 }, 'ann')).to.equal('released');
        expect(world.happened).to.deep.equal([]);
      });

      it('answers a release that was done as done, though another holds the lock by now', () => {
        world.acquire('ann');
        world.acquire('bob');
        world.releaseBy({ sessionId: 'ann', requestId: 2 }, 'ann');
        crash();
        world.resume('ann');
        expect(world.releaseBy({ sessionId: 'ann', requestId: 2 }, 'ann')).to.equal('released');
        expect(world.holders()).to.deep.equal(['bob']);
      });

      const others: readonly (readonly [string, { sessionId: string; requestId: number }])[] = [
        ['of another number', { sessionId: 'ann', requestId: 3 }],
        ['of another session', { sessionId: 'eve', requestId: 2 }],
        ['of a session that never was', { sessionId: 'nobody', requestId: 2 }],
      ];
      for (const [what, by] of others) {
        it(`refuses a release ${what}`, () => {
          world.openStream('eve');
          world.acquire('ann');
          world.releaseBy({ sessionId: 'ann', requestId: 2 }, 'ann');
          crash();
          expect(world.releaseBy(by, 'ann')).to.equal('lock-unknown');
        });
      }

      it('refuses a release that was heard of', () => {
        world.acquire('ann', { key: 'one' });
        world.acquire('ann', { key: 'two', name: 'printer' });
        world.releaseBy({ sessionId: 'ann', requestId: 2 }, 'one');
        world.releaseBy({ sessionId: 'ann', requestId: 3, heardBelow: 3 }, 'two');
        crash();
        world.resume('ann');
        expect(world.releaseBy({ sessionId: 'ann', requestId: 2 }, 'one')).to.equal('lock-unknown');
        expect(world.releaseBy({ sessionId: 'ann', requestId: 3 }, 'two')).to.equal('released');
      });
    });
  });
});
