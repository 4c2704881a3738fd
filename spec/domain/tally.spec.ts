import { expect } from 'chai';
import type { Durations } from '../../domain/durations.js';
import { LockService } from '../../domain/lock-service.js';
import { Tally } from '../../domain/tally.js';
import { ControlledStateStore } from '../support/controlled-state-store.js';
import { FakeClock } from '../support/fake-clock.js';
import { FixedKeySource } from '../support/fixed-key-source.js';
import { LockWorld } from '../support/lock-world.js';
import { RecordingLogger } from '../support/recording-logger.js';

/** What is not zero. */
function counted(counts: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
}

function summed({ count, sumMs }: Durations): readonly number[] {
  return [count, sumMs];
}

describe('Tally', () => {
  let tally: Tally;
  let world: LockWorld;

  beforeEach(() => {
    tally = new Tally();
    world = new LockWorld({ tally });
  });

  it('is all zero at first', () => {
    expect([tally.grants, tally.renewals]).to.deep.equal([0, 0]);
    expect([counted(tally.endings), counted(tally.refusals)]).to.deep.equal([{}, {}]);
    expect([tally.waits, tally.holds].map(summed)).to.deep.equal([
      [0, 0],
      [0, 0],
    ]);
  });

  it('counts grants, at once and from the queue', () => {
    world.acquire('ann');
    world.acquire('bob');
    expect(tally.grants).to.equal(1);
    world.release('ann');
    expect(tally.grants).to.equal(2);
  });

  it('counts how long those waited who were granted from the queue, and nobody else', () => {
    world.acquire('ann');
    world.acquire('bob');
    world.acquire('cid', { waitMs: 100 });
    world.now = 100;
    world.expire();
    world.now = 400;
    world.release('ann');
    expect(summed(tally.waits)).to.deep.equal([1, 400]);
  });

  it('counts renewals', () => {
    world.acquire('ann', { leaseMs: 10 });
    world.renew('ann', 10);
    world.renew('bob', 10);
    expect(tally.renewals).to.equal(1);
  });

  const endings: readonly (readonly [string, (world: LockWorld) => void])[] = [
    ['released', () => world.release('ann')],
    ['released', () => world.undo('ann')],
    ['revoked', () => world.revoke({ name: 'printer' })],
    ['session-ended', () => world.end('ann')],
    [
      'expired',
      () => {
        world.now = 5_000;
        world.expire();
      },
    ],
  ];
  for (const [reason, end] of endings) {
    it(`counts a lease that is over as ${reason}, and how long it lasted`, () => {
      world.now = 1_000;
      world.acquire('ann', { leaseMs: 4_000 });
      world.now = 3_000;
      end(world);
      expect(counted(tally.endings)).to.deep.equal({ [reason]: 1 });
      expect(summed(tally.holds)).to.deep.equal([1, reason === 'expired' ? 4_000 : 2_000]);
    });
  }

  it('counts how long a lease lasted that was restored, from its grant on', () => {
    world.now = 10_000;
    world.restore([{ key: 'k', at: 4_000 }], 600_000);
    expect(tally.grants).to.equal(0);
    world.release('k');
    expect(summed(tally.holds)).to.deep.equal([1, 6_000]);
  });

  const refusals: readonly (readonly [string, () => void])[] = [
    ['lease-time-invalid', () => world.acquire('ann', { leaseMs: 0 })],
    ['wait-time-invalid', () => world.acquire('ann', { waitMs: -1 })],
    ['name-empty', () => world.acquire('ann', { name: '' })],
    ['name-too-long', () => world.acquire('ann', { name: 'x'.repeat(65) })],
    ['size-invalid', () => world.acquire('ann', { size: 0 })],
    ['size-mismatch', () => world.acquire('ann', { size: 2 })],
    ['held', () => world.tryAcquire('ann')],
    ['lock-unknown', () => world.release('dee', 'nothing')],
    ['lock-unknown', () => world.revoke({ name: 'nothing' })],
    ['key-invalid', () => world.release('ann')],
    ['key-invalid', () => world.revoke({ name: 'printer', key: 'ann' })],
    ['lease-unknown', () => world.renew('ann', 1)],
    ['lease-unknown', () => world.check('ann')],
    ['session-unknown', () => world.acquire('eve')],
    ['session-unknown', () => world.resume('ann')],
  ];
  for (const [code, ask] of refusals) {
    it(`counts a refusal as ${code}`, () => {
      world.acquire('dee');
      ask();
      expect(counted(tally.refusals)).to.deep.equal({ [code]: 1 });
    });
  }

  const waits: readonly (readonly [string, () => void])[] = [
    ['withdrawn', () => world.withdraw('bob')],
    ['withdrawn', () => world.end('bob')],
    ['server-stopping', () => world.withdrawAll('server-stopping')],
    [
      'wait-timeout',
      () => {
        world.now = 10;
        world.expire();
      },
    ],
  ];
  for (const [code, end] of waits) {
    it(`counts a wait that ends in vain as ${code}`, () => {
      world.acquire('ann');
      world.acquire('bob', { waitMs: 10 });
      end();
      expect(counted(tally.refusals)).to.deep.equal({ [code]: 1 });
    });
  }

  it('counts who is one too many', () => {
    world = new LockWorld({
      tally,
      sessionsMax: 3,
      waitersMax: 1,
      sessions: ['ann', 'bob', 'cid'],
    });
    world.openFor(1, 'dee');
    for (const id of ['ann', 'bob', 'cid']) {
      world.acquire(id);
    }
    expect(counted(tally.refusals)).to.deep.equal({
      'too-many-sessions': 1,
      'too-many-waiters': 1,
    });
  });

  it('counts what lacks a key', () => {
    world.acquire('ann', { size: 2 });
    world.acquire('bob', { size: 2 });
    world.revoke({ name: 'printer' });
    expect(counted(tally.refusals)).to.deep.equal({ 'key-needed': 1 });
  });

  it('goes on over a restart that it outlives', () => {
    world.acquire('ann');
    const next = world.restart(1_000);
    next.open('bob');
    next.acquire('bob');
    next.release('ann');
    expect(tally.grants).to.equal(2);
  });

  describe('of a service', () => {
    let clock: FakeClock;
    let store: ControlledStateStore;
    let service: LockService;
    let sessionId: string;

    beforeEach(async () => {
      clock = new FakeClock();
      store = new ControlledStateStore();
      service = await LockService.start({
        rules: {
          shardCount: 1,
          nameBytesMax: 64,
          restoredLeaseMs: 60_000,
          keepLeasesOnDisconnect: false,
          idleCollectionIntervalMs: 1_800_000,
          idleMinMs: 300_000,
        },
        clock,
        store,
        keys: new FixedKeySource(),
        logger: new RecordingLogger(),
        tally,
        onFailure: () => undefined,
      });
      const opened = service.openSession({ kind: 'rest', peer: 'here' });
      sessionId = opened.kind === 'opened' ? opened.sessionId : '';
    });

    afterEach(async () => {
      store.resolveAll();
      await service.close();
    });

    function acquire(leaseMs: number): ReturnType<LockService['acquire']> {
      return service.acquire({ sessionId, name: 'a', size: 1, waitMs: 0, leaseMs });
    }

    it('counts a grant that a slow store outlasted as one, and its answer as a refusal', async () => {
      const { answer } = acquire(10);
      await clock.advance(10);
      store.resolveAll();
      expect(await answer).to.deep.equal({ kind: 'refused', code: 'lease-ended' });
      expect(tally.grants).to.equal(1);
      expect(counted(tally.refusals)).to.deep.equal({ 'lease-ended': 1 });
    });

    it('counts what is refused because the server stops', async () => {
      await service.drain();
      acquire(10);
      service.openSession({ kind: 'rest', peer: 'here' });
      await service.openStreamSession({
        sessionId: 's',
        peer: 'here',
        recoveryMs: 1,
        listener: () => undefined,
      });
      await service.resumeSession({ sessionId: 's', peer: 'here', listener: () => undefined });
      await service.close();
      await service.release({ name: 'a', key: 'k' });
      expect(counted(tally.refusals)).to.deep.equal({ 'server-stopping': 5 });
    });

    it('is told with how much there is of everything', async () => {
      acquire(10);
      service.acquire({ sessionId, name: 'a', size: 1, waitMs: 10, leaseMs: 10 });
      service.openSession({ kind: 'connection', peer: 'here' });
      expect(service.census).to.deep.equal({
        locks: 1,
        leases: 1,
        waiters: 1,
        sessions: { connection: 1, rest: 1, stream: 0 },
      });
    });
  });
});
