/** What a LockService answers on a store that several processes share, and when it does not answer any more. */
import { expect } from 'chai';
import { FOREVER } from '../../domain/instant.js';
import type { KeptLease } from '../../domain/kept-state.js';
import { LockService } from '../../domain/lock-service.js';
import { ControlledStateStore } from '../support/controlled-state-store.js';
import { FakeClock } from '../support/fake-clock.js';
import { FixedKeySource } from '../support/fixed-key-source.js';
import { FixedTerm } from '../support/fixed-term.js';
import { RecordingLogger } from '../support/recording-logger.js';

describe('A LockService whose store has a term', () => {
  let clock: FakeClock;
  let term: FixedTerm;
  let store: ControlledStateStore;
  let service: LockService;
  let failures: unknown[];
  let sessionId: string;

  function start(): Promise<LockService> {
    return LockService.start({
      rules: {
        shardCount: 1,
        nameBytesMax: 64,
        restoredLeaseMs: 60_000,
        keepLeasesOnDisconnect: false,
        idleCollectionIntervalMs: 1_000_000,
        idleMinMs: 1_000_000,
      },
      clock,
      store,
      keys: new FixedKeySource('session', 'key', 'other', 'third'),
      logger: new RecordingLogger(),
      onFailure: (failure) => failures.push(failure),
    });
  }

  beforeEach(async () => {
    clock = new FakeClock();
    term = new FixedTerm();
    store = new ControlledStateStore();
    store.term = term;
    failures = [];
    service = await start();
    const opened = service.openSession({ kind: 'connection', peer: 'ann' });
    sessionId = opened.kind === 'opened' ? opened.sessionId : '';
  });

  function acquire(waitMs = 0) {
    const request = { sessionId, name: 'printer', size: 1, waitMs, leaseMs: FOREVER };
    return service.acquire(request).answer;
  }

  async function failureOf(promise: Promise<unknown> | unknown): Promise<unknown> {
    const [outcome] = await Promise.allSettled([promise]);
    return outcome?.status === 'rejected' ? outcome.reason : `answered ${JSON.stringify(outcome)}`;
  }

  async function hold(): Promise<void> {
    const answer = acquire();
    store.resolveAll();
    await answer;
  }

  it('answers while the term goes on', async () => {
    await hold();
    expect((await service.check({ name: 'printer', key: 'key' })).kind).to.equal('held');
    expect(failures).to.deep.equal([]);
  });

  for (const [what, ask] of [
    ['a check', () => service.check({ name: 'printer', key: 'key' })],
    ['a refusal', () => acquire()],
    ['a renewal', () => service.renew({ name: 'printer', key: 'key', leaseMs: 5 })],
    ['a release', () => service.release({ name: 'printer', key: 'key' })],
    ['a revocation', () => service.administration.revoke({ name: 'printer' })],
    ['a list', () => service.administration.holders()[Symbol.asyncIterator]().next()],
    ['the end of a session', () => service.endSession(sessionId, 'gone')],
  ] as const) {
    it(`does not answer ${what} once the term has run out, though nobody told of that`, async () => {
      await hold();
      const reason = term.runOut();
      expect(await failureOf(ask())).to.equal(reason);
      expect(failures).to.deep.equal([reason]);
      expect(store.appended).to.have.length(1);
    });
  }

  it('opens no session, and says of none that it was touched', async () => {
    term.runOut();
    expect(service.openSession({ kind: 'connection', peer: 'bob' }).kind).to.equal('refused');
    expect(failures).to.have.length(1);
  });

  it('does not tell of a grant that was kept, when the term ran out meanwhile', async () => {
    const answer = acquire();
    const reason = term.runOut();
    store.resolveAll();
    expect(await failureOf(answer)).to.equal(reason);
  });

  it('does not tell of a check that was waiting for facts to be kept', async () => {
    const grant = failureOf(acquire());
    const check = failureOf(service.check({ name: 'printer', key: 'key' }));
    const reason = term.runOut();
    store.resolveAll();
    expect(await Promise.all([grant, check])).to.deep.equal([reason, reason]);
  });

  it('fails those who wait as soon as it is told that the term is over', async () => {
    await hold();
    const waiting = failureOf(acquire(FOREVER));
    const reason = term.end();
    expect(await waiting).to.equal(reason);
    expect(failures).to.deep.equal([reason]);
  });

  it('takes the end of the term that its own close brings for no failure', async () => {
    await service.close();
    term.end();
    await term.over;
    expect(failures).to.deep.equal([]);
  });

  it('says that it has failed once the term has run out, though nobody told of that', () => {
    expect(service.hasFailed).to.equal(false);
    term.runOut();
    expect(service.hasFailed).to.equal(true);
  });

  it('awaits the clients of the server before for as long as that may be blind, too', async () => {
    const sessions = [{ sessionId: 'eve', recoveryMs: 100_000, releases: [], at: 0 }];
    store = new ControlledStateStore({ leases: [keptLease(0)], sessions, fencingToken: 1 });
    store.term = new FixedTerm({ blindMs: 5_000 });
    service = await start();
    await clock.advance(104_999);
    expect(service.leaseCount).to.equal(1);
    await clock.advance(1);
    expect(service.leaseCount).to.equal(0);
  });

  describe('that keeps very many leases', () => {
    beforeEach(() => {
      const leases = Array.from({ length: 10_001 }, (_, index) => keptLease(index));
      store = new ControlledStateStore({ leases, sessions: [], fencingToken: 1 });
      store.term = term;
    });

    it('takes them up in turns of the event loop, so that its term can be renewed', async () => {
      const starting = start();
      const alarmsBefore = clock.alarmCount;
      await clock.settle();
      expect(clock.alarmCount).to.equal(alarmsBefore + 1);
      await clock.advance(0);
      expect((await starting).leaseCount).to.equal(10_001);
    });

    it('does not start when the term runs out meanwhile, and lets go of the store', async () => {
      const failing = failureOf(start());
      await clock.settle();
      const reason = term.runOut();
      await clock.advance(0);
      expect(await failing).to.equal(reason);
      expect(store.isClosed).to.equal(true);
    });
  });
});

function keptLease(index: number): KeptLease {
  const lease = { name: `n-${index}`, key: `k-${index}`, size: 1, fencingToken: index };
  return { ...lease, sessionId: 'eve', leaseMs: FOREVER, at: 0 };
}
