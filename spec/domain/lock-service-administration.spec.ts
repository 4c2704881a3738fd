/** What the service tells operators and does for them, on a slow store. */
import { expect } from 'chai';
import type { PendingAcquisition } from '../../domain/acquisition.js';
import type { SessionNotice } from '../../domain/decision.js';
import { maskedKey } from '../../domain/disclosure.js';
import type { HolderFeed, HolderNews } from '../../domain/holder-watch.js';
import { FOREVER } from '../../domain/instant.js';
import { LockService } from '../../domain/lock-service.js';
import type { Operator } from '../../domain/operator.js';
import type { AcquireCommand } from '../../domain/waiter.js';
import { ControlledStateStore } from '../support/controlled-state-store.js';
import { everything } from '../support/each-of.js';
import { FakeClock } from '../support/fake-clock.js';
import { FixedKeySource } from '../support/fixed-key-source.js';
import { RecordingLogger } from '../support/recording-logger.js';

const STARTED_AT = 1_000_000;

const OPERATOR: Operator = {
  door: 'remote',
  peer: '10.0.0.1:5',
  certificateSubject: 'CN=ops',
  says: 'ann',
};

describe('LockService, to operators,', () => {
  let clock: FakeClock;
  let store: ControlledStateStore;
  let logger: RecordingLogger;
  let service: LockService;
  let ann: string;
  let bob: string;
  /** What ann and bob heard without asking. */
  let notices: SessionNotice[];

  beforeEach(async () => {
    clock = new FakeClock(STARTED_AT);
    store = new ControlledStateStore();
    logger = new RecordingLogger('info');
    notices = [];
    service = await LockService.start({
      rules: {
        shardCount: 4,
        nameBytesMax: 64,
        restoredLeaseMs: 60_000,
        keepLeasesOnDisconnect: false,
        idleCollectionIntervalMs: 1_800_000,
        idleMinMs: 300_000,
      },
      clock,
      store,
      keys: new FixedKeySource('session-ann', 'session-bob'),
      logger,
      about: { version: '1.2.3', role: () => 'leader' },
      onFailure: () => undefined,
    });
    [ann, bob] = [open('ann'), open('bob')];
  });

  function open(peer: string): string {
    const listener = (notice: SessionNotice) => void notices.push(notice);
    const opened = service.openSession({ kind: 'connection', peer, listener });
    return opened.kind === 'opened' ? opened.sessionId : opened.code;
  }

  function acquire(sessionId: string, options: Partial<AcquireCommand> = {}): PendingAcquisition {
    const defaults = { name: 'printer', size: 1, waitMs: FOREVER, leaseMs: FOREVER };
    return service.acquire({ sessionId, ...defaults, ...options });
  }

  /** Ann holds `count` slots of the lock. */
  async function hold(count: number, options: Partial<AcquireCommand> = {}): Promise<void> {
    for (let number = 0; number < count; number += 1) {
      acquire(ann, { size: 100_000, ...options });
    }
    await settle();
  }

  /** Lets everybody hear what there is to be heard, with the disk done with everything. */
  async function settle(): Promise<void> {
    store.resolveAll();
    await clock.settle();
  }

  /** What a promise came to by now. */
  function outcomeOf<Outcome>(promise: Promise<Outcome>): { value?: Outcome; error?: unknown } {
    const outcome: { value?: Outcome; error?: unknown } = {};
    promise.then(
      (value) => {
        outcome.value = value;
      },
      (error: unknown) => {
        outcome.error = error;
      },
    );
    return outcome;
  }

  describe('ends a session', () => {
    it('when that is kept, and has it hear of it then', async () => {
      await hold(1);
      const kicked = outcomeOf(service.administration.kick(ann));
      await clock.settle();
      expect([kicked, notices]).to.deep.equal([{}, []]);
      await settle();
      expect(kicked.value).to.deep.include({ kind: 'kicked', leaseCount: 1, waiterCount: 0 });
      expect(notices).to.deep.equal([{ kind: 'session-ended', sessionId: ann }]);
    });

    it('whose grant is being kept: it is not told as granted, and the next one is', async () => {
      const first = outcomeOf(acquire(ann).answer);
      const second = outcomeOf(acquire(bob).answer);
      const kicked = outcomeOf(service.administration.kick(ann));
      await settle();
      expect(first.value).to.deep.equal({ kind: 'refused', code: 'lease-ended' });
      expect(second.value).to.include({ kind: 'granted' });
      expect(kicked.value).to.include({ kind: 'kicked', leaseCount: 1 });
      expect(store.kept.map(({ type }) => type)).to.deep.equal([
        'lease-granted',
        'lease-ended',
        'lease-granted',
      ]);
    });

    it('whose waiters are refused, as of a session that has ended', async () => {
      await hold(1, { size: 1 });
      const waiting = outcomeOf(acquire(bob).answer);
      const kicked = outcomeOf(service.administration.kick(bob));
      await settle();
      expect(waiting.value).to.deep.equal({ kind: 'refused', code: 'session-unknown' });
      expect(kicked.value).to.include({ leaseCount: 0, waiterCount: 1 });
    });

    it('while its grant is taken back, without harm to the next', async () => {
      const first = acquire(ann);
      const second = outcomeOf(acquire(bob).answer);
      const kicked = outcomeOf(service.administration.kick(ann));
      first.withdraw();
      await settle();
      expect(kicked.value).to.include({ kind: 'kicked' });
      expect(second.value).to.include({ kind: 'granted' });
      expect(service.leaseCount).to.equal(1);
    });

    it('that ends by itself, once, and is told of no more after that', async () => {
      const ended = service.endSession(ann, 'gone');
      const kicked = outcomeOf(service.administration.kick(ann));
      await settle();
      expect(await ended).to.equal(true);
      expect(kicked.value).to.deep.equal({ kind: 'refused', code: 'session-unknown' });
      expect(notices).to.deep.equal([]);
    });

    it('while it drains, but not when it is closed', async () => {
      await service.drain();
      expect(await service.administration.kick(ann)).to.include({ kind: 'kicked' });
      await service.close();
      expect(await service.administration.kick(bob)).to.deep.equal({
        kind: 'refused',
        code: 'server-stopping',
      });
    });

    it('or tells that it is not known whether that was kept', async () => {
      await hold(1);
      const kicked = outcomeOf(service.administration.kick(ann, OPERATOR));
      const failure = store.fail();
      await clock.settle();
      expect(kicked.error).to.equal(failure);
      expect(logger.lines.at(-1)).to.deep.include({
        level: 'error',
        message: 'Session ended by remote administrator: not known whether it was kept',
      });
    });
  });

  describe('revokes every lease of a lock', () => {
    it('a thousand at a time, with a turn for others in between', async () => {
      await hold(2_500);
      const countBefore = store.appended.length;
      const revoked = outcomeOf(service.administration.revokeAll('printer'));
      await settle();
      expect(store.appended.slice(countBefore).map(({ length }) => length)).to.deep.equal([1_000]);
      expect(revoked).to.deep.equal({});
      for (let turn = 0; turn < 3; turn += 1) {
        await clock.advance(0);
        await settle();
      }
      expect(revoked.value).to.deep.equal({ kind: 'revoked-many', count: 2_500 });
      expect(service.leaseCount).to.equal(0);
    });

    it('but not of those who are granted a slot by it', async () => {
      await hold(1, { size: 1 });
      const next = outcomeOf(acquire(bob).answer);
      const revoked = outcomeOf(service.administration.revokeAll('printer'));
      await settle();
      expect(revoked.value).to.deep.equal({ kind: 'revoked-many', count: 1 });
      expect(next.value).to.include({ kind: 'granted' });
      expect(service.leaseCount).to.equal(1);
    });

    it('if there is one', async () => {
      const refusal = { kind: 'refused', code: 'lock-unknown' };
      expect(await service.administration.revokeAll('printer')).to.deep.equal(refusal);
    });
  });

  describe('writes down', () => {
    const by = { peer: '10.0.0.1:5', certificate: 'CN=ops', says: 'ann' };

    it('who revoked what, when it is kept', async () => {
      await hold(1);
      const revoked = service.administration.revoke({ name: 'printer' }, OPERATOR);
      await clock.settle();
      expect(logger.lines).to.deep.equal([]);
      await settle();
      const { key } = (await revoked) as { key: string };
      expect(logger.lines).to.deep.equal([
        {
          level: 'warn',
          message: 'Lock revoked by remote administrator',
          fields: { lock: 'printer', key: maskedKey(key), leases: 1, by },
        },
      ]);
    });

    it('who revoked all of what, and how many', async () => {
      await hold(2);
      const revoked = service.administration.revokeAll('printer', OPERATOR);
      await settle();
      await revoked;
      expect(logger.lines.at(-1)).to.deep.equal({
        level: 'warn',
        message: 'Lock revoked by remote administrator',
        fields: { lock: 'printer', leases: 2, by },
      });
    });

    it('who ended whose session, and what went with it', async () => {
      await hold(1);
      const kicked = service.administration.kick(ann, OPERATOR);
      await settle();
      await kicked;
      expect(logger.lines.at(-1)).to.deep.equal({
        level: 'warn',
        message: 'Session ended by remote administrator',
        fields: { session: ann, peer: 'connection ann', leases: 1, waiters: 0, by },
      });
    });

    it('who was refused', async () => {
      await service.administration.revoke({ name: 'printer', key: '0123456789' }, OPERATOR);
      expect(logger.lines.at(-1)).to.deep.equal({
        level: 'info',
        message: 'Lock revoked by remote administrator: refused',
        fields: { lock: 'printer', key: '01234567…', leases: 0, refusal: 'lock-unknown', by },
      });
    });

    it('that it was the program itself, where nobody else is named', async () => {
      await service.administration.kick('nobody');
      expect(logger.messages).to.deep.equal(['Session ended by embedding administrator: refused']);
    });

    it('no more of what a stranger says than tells who it is', async () => {
      await service.administration.kick('x'.repeat(10_000), {
        door: 'local',
        says: 'y'.repeat(10_000),
      });
      expect(JSON.stringify(logger.lines)).to.have.lengthOf.below(600);
    });
  });

  describe('lists', () => {
    it('what a filter wants', async () => {
      await hold(1, { name: 'a1' });
      await hold(1, { name: 'b1' });
      const names = async (filter: Parameters<LockService['administration']['holders']>[0]) =>
        (await everything(service.administration.holders(filter))).flat().map(({ name }) => name);
      expect(await names({ namePrefix: 'a' })).to.deep.equal(['a1']);
      expect(await names({ name: 'b1' })).to.deep.equal(['b1']);
      expect(await names({ name: 'b1', namePrefix: 'a' })).to.deep.equal([]);
    });

    it('with a turn for others after each thousand that it looked at, wanted or not', async () => {
      await hold(2_500);
      const listed = outcomeOf(everything(service.administration.holders({ namePrefix: 'x' })));
      await clock.settle();
      expect('value' in listed).to.equal(false);
      await clock.advance(0);
      expect(listed.value).to.deep.equal([]);
    });

    it('with such a turn over locks that nobody holds, too', async () => {
      for (let number = 0; number < 1_500; number += 1) {
        acquire(ann, { name: `lock ${number}` }).withdraw();
      }
      await settle();
      const listed = outcomeOf(everything(service.administration.holders()));
      await clock.settle();
      expect('value' in listed).to.equal(false);
      await clock.advance(0);
      expect(listed.value).to.deep.equal([]);
    });

    it('a lock, its holders, and its waiters in order', async () => {
      await hold(1, { size: 1 });
      acquire(bob);
      acquire(ann, { waitMs: 50 });
      const parts = await everything(service.administration.lock('printer'));
      expect(parts.map(({ kind }) => kind)).to.deep.equal(['lock', 'holders', 'waiters']);
      expect(parts[0]).to.deep.include({ now: STARTED_AT });
      const waiters = parts.flatMap((part) => (part.kind === 'waiters' ? part.waiters : []));
      expect(waiters.map(({ sessionId }) => sessionId)).to.deep.equal([bob, ann]);
      expect(await everything(service.administration.lock('scanner'))).to.deep.equal([]);
    });

    it('waiters without one missing or twice, whoever leaves between two pages', async () => {
      await hold(1, { size: 1 });
      const waiting = Array.from({ length: 2_500 }, () => acquire(bob));
      const pages = service.administration.lock('printer')[Symbol.asyncIterator]();
      let waiterCount = 0;
      let isDone = false;
      while (!isDone) {
        const next = pages.next();
        await clock.advance(0);
        const { done, value } = await next;
        isDone = done === true;
        if (value?.kind === 'waiters') {
          waiterCount += value.waiters.length;
          // Who was looked at last, and the first of all.
          waiting[waiterCount - 1]?.withdraw();
          waiting[0]?.withdraw();
        }
      }
      expect(waiterCount).to.equal(2_500);
    });

    it('sessions', async () => {
      const sessions = (await everything(service.administration.sessions())).flat();
      expect(sessions.map(({ kind, peer }) => `${kind} ${peer}`)).to.deep.equal([
        'connection ann',
        'connection bob',
      ]);
    });

    it('the busiest locks: most waiters first, then most grants', async () => {
      await hold(1, { name: 'quiet', size: 1 });
      await hold(3, { name: 'granted' });
      await hold(1, { name: 'awaited', size: 1 });
      acquire(bob, { name: 'awaited' });
      const names = async (count: number) =>
        (await service.administration.busiest(count)).map(({ name }) => name);
      expect(await names(9)).to.deep.equal(['awaited', 'granted', 'quiet']);
      expect(await names(1)).to.deep.equal(['awaited']);
    });

    it('as it was when they were asked, not as what is decided since and not kept', async () => {
      acquire(ann, { size: 3 });
      const stats = outcomeOf(service.administration.stats());
      const part = outcomeOf(service.administration.lock('printer')[Symbol.asyncIterator]().next());
      store.resolveAll();
      acquire(bob, { size: 3 });
      await clock.settle();
      expect(stats.value).to.include({ leaseCount: 1, grantCount: 1 });
      expect(part.value).to.have.nested.property('value.lock.holderCount', 1);
    });

    it('what the server is, and how much has happened', async () => {
      await hold(2);
      await clock.advance(5_000);
      expect(await service.administration.stats()).to.deep.include({
        version: '1.2.3',
        role: 'leader',
        startedAt: STARTED_AT,
        now: STARTED_AT + 5_000,
        leaseCount: 2,
        grantCount: 2,
      });
    });

    it('nothing when it cannot vouch for it any more', async () => {
      acquire(ann);
      const failure = store.fail();
      await clock.settle();
      const listings: AsyncIterable<unknown>[] = [
        service.administration.sessions(),
        service.administration.lock('printer'),
        service.administration.holders(),
      ];
      for (const listing of listings) {
        const outcome: unknown = await everything(listing).catch((error: unknown) => error);
        expect(outcome).to.equal(failure);
      }
      expect(await service.administration.stats().catch((error: unknown) => error)).to.equal(
        failure,
      );
    });
  });

  describe('watched', () => {
    let feed: HolderFeed;
    let news: HolderNews[];
    let end: { value?: unknown; error?: unknown };

    beforeEach(() => {
      feed = service.administration.watch({});
      news = [];
      end = outcomeOf(
        (async () => {
          for await (const page of feed) {
            news.push(page);
          }
        })(),
      );
    });

    const kinds = () =>
      news.flatMap(({ changes }) =>
        changes.map((change) => (change.kind === 'ended' ? change.reason : change.kind)),
      );

    it('begins with a gap', async () => {
      await clock.settle();
      expect(news).to.deep.equal([{ isGap: true, changes: [] }]);
    });

    it('tells of a change when it is kept, and not before', async () => {
      const { key } = acquire(ann);
      await clock.settle();
      expect(kinds()).to.deep.equal([]);
      await settle();
      service.release({ name: 'printer', key }).catch(() => undefined);
      await settle();
      expect(kinds()).to.deep.equal(['granted', 'released']);
    });

    it('tells of what an operator takes away', async () => {
      await hold(1, { size: 1 });
      service.administration.revoke({ name: 'printer' }).catch(() => undefined);
      await settle();
      await hold(1, { size: 1 });
      service.administration.kick(ann).catch(() => undefined);
      await settle();
      expect(kinds()).to.deep.equal(['granted', 'revoked', 'granted', 'session-ended']);
    });

    it('says every ten seconds that it is there', async () => {
      await clock.advance(9_999);
      expect(news).to.have.lengthOf(1);
      await clock.advance(1);
      expect(news.at(-1)).to.deep.equal({ isGap: false, changes: [] });
    });

    it('ends when the server stops, after what was told before', async () => {
      acquire(ann);
      const drained = service.drain();
      await settle();
      await drained;
      await clock.settle();
      expect(kinds()).to.deep.equal(['granted']);
      expect('value' in end).to.equal(true);
    });

    it('ends at once when nobody listens any more, and costs nothing from then on', async () => {
      await clock.settle();
      const alarmCount = clock.alarmCount;
      feed.close();
      await clock.settle();
      expect('value' in end).to.equal(true);
      expect(clock.alarmCount).to.equal(alarmCount - 1);
      await hold(1);
      expect(kinds()).to.deep.equal([]);
    });

    it('fails as the store does', async () => {
      acquire(ann);
      const failure = store.fail();
      await clock.settle();
      expect(end.error).to.equal(failure);
      expect(
        await everything(service.administration.watch({})).catch((error: unknown) => error),
      ).to.equal(failure);
    });

    it('ends at once if the server stops already', async () => {
      await service.drain();
      expect(await everything(service.administration.watch({}))).to.deep.equal([]);
    });
  });
});
