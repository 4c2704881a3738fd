import { expect } from 'chai';
import type { PendingAcquisition } from '../../domain/acquisition.js';
import type { HolderDescription } from '../../domain/descriptions.js';
import type { Fact } from '../../domain/facts.js';
import { FOREVER } from '../../domain/instant.js';
import { InvariantError } from '../../domain/invariant.js';
import type { KeptLease } from '../../domain/kept-state.js';
import { RestoreError } from '../../domain/lock-manager.js';
import { LockService, type LockServiceRules } from '../../domain/lock-service.js';
import type { SessionEnding } from '../../domain/session.js';
import type { AcquireCommand } from '../../domain/waiter.js';
import { type RecoveredState, StateStoreError } from '../../ports/outbound/state-store.js';
import { ControlledStateStore } from '../support/controlled-state-store.js';
import { FakeClock } from '../support/fake-clock.js';
import { FixedKeySource } from '../support/fixed-key-source.js';
import { RecordingLogger } from '../support/recording-logger.js';

const STARTED_AT = 1_000_000;
const COLLECTION_MS = 1_800_000;

const RULES: LockServiceRules = {
  shardCount: 4,
  nameBytesMax: 64,
  restoredLeaseMs: 60_000,
  keepLeasesOnDisconnect: false,
  sessionsMax: 100_000,
  waitersPerLockMax: 100_000,
  waitersMax: 1_000_000,
  idleCollectionIntervalMs: COLLECTION_MS,
  idleMinMs: 300_000,
};

interface ServiceOptions {
  readonly rules?: Partial<LockServiceRules>;
  readonly recovered?: RecoveredState;
  readonly keys?: readonly string[];
  readonly logLevel?: 'debug' | 'info';
}

let clock: FakeClock;
let store: ControlledStateStore;
let logger: RecordingLogger;
let service: LockService;
let ann: string;
let bob: string;
let cid: string;
/** What callers were told, in that order: 'ann granted', 'bob failed: the disk is full'. */
let heard: string[];
/** What `onFailure` was called with. */
let failures: unknown[];

/** A service on a slow store, and three sessions. */
async function start(options: ServiceOptions = {}): Promise<void> {
  clock = new FakeClock(STARTED_AT);
  store = new ControlledStateStore(options.recovered);
  logger = new RecordingLogger(options.logLevel);
  heard = [];
  failures = [];
  service = await LockService.start({
    rules: { ...RULES, ...options.rules },
    clock,
    store,
    keys: new FixedKeySource('session-ann', 'session-bob', 'session-cid', ...(options.keys ?? [])),
    logger,
    onFailure: (failure) => failures.push(failure),
  });
  [ann, bob, cid] = [open('ann'), open('bob'), open('cid')];
}

function open(peer: string, idleMs: number = FOREVER): string {
  const opened = service.openSession({ kind: 'connection', peer, idleMs });
  return opened.kind === 'opened' ? opened.sessionId : opened.code;
}

/** What it answers is heard by the specs that are about it. */
function end(sessionId: string, cause: SessionEnding = 'gone'): void {
  service.endSession(sessionId, cause).catch(() => undefined);
}

/** Asks for the lock 'printer', for ever; what is answered is heard under the session's name. */
function acquire(
  sessionId: string,
  { label = nameOf(sessionId), ...options }: Partial<AcquireCommand> & { label?: string } = {},
): PendingAcquisition {
  const defaults = { sessionId, name: 'printer', size: 1, waitMs: FOREVER, leaseMs: FOREVER };
  const acquisition = service.acquire({ ...defaults, ...options });
  hear(label, acquisition.answer);
  return acquisition;
}

function tryAcquire(sessionId: string, options: Partial<AcquireCommand> = {}): PendingAcquisition {
  return acquire(sessionId, { ...options, waitMs: 0 });
}

function release(lease: { readonly key: string }): void {
  hear('release', service.release({ name: 'printer', key: lease.key }));
}

function renew(lease: { readonly key: string }, leaseMs: number): void {
  hear('renew', service.renew({ name: 'printer', key: lease.key, leaseMs }));
}

function hear(
  who: string,
  answer: Promise<{ readonly kind: string } | { readonly kind: 'refused'; readonly code: string }>,
): void {
  answer.then(
    (told) => heard.push(`${who} ${'code' in told ? told.code : told.kind}`),
    (failure: Error) => heard.push(`${who} failed: ${failure.message}`),
  );
}

/** What has no answer but its end is heard as 'done'. */
function hearEnd(who: string, end: Promise<unknown>): void {
  hear(
    who,
    end.then(() => ({ kind: 'done' })),
  );
}

function nameOf(sessionId: string): string {
  return sessionId.replace('session-', '');
}

/** Lets everybody hear what there is to be heard, with the disk as it is. */
async function listen(): Promise<readonly string[]> {
  await clock.settle();
  return heard;
}

/** The same, with the disk done with everything. */
async function listenToAll(): Promise<readonly string[]> {
  store.resolveAll();
  return listen();
}

async function holders(): Promise<string[]> {
  const pages: string[][] = [];
  for await (const page of service.administration.holders()) {
    pages.push(page.map((holder) => holder.key));
  }
  return pages.flat();
}

function factsOf(facts: readonly Fact[] | undefined): string[] {
  return (facts ?? []).map((fact) =>
    fact.type === 'lease-ended'
      ? `${fact.reason} ${fact.key}`
      : `${fact.type} ${'key' in fact ? fact.key : fact.sessionId}`,
  );
}

describe('LockService', () => {
  beforeEach(() => start());

  describe('an answer', () => {
    it('is not given before its facts are kept', async () => {
      acquire(ann);
      expect(await listen()).to.deep.equal([]);

      store.resolveNext();
      expect(await listen()).to.deep.equal(['ann granted']);
    });

    it('to a grant is the fencing token under the key that was foretold', async () => {
      const acquisition = acquire(ann);
      store.resolveAll();

      expect(await acquisition.answer).to.deep.equal({
        kind: 'granted',
        key: acquisition.key,
        fencingToken: STARTED_AT * 1_000 + 1,
        waitedMs: 0,
      });
      expect(await holders()).to.deep.equal([acquisition.key]);
    });

    it('to a release waits for the store', async () => {
      const lease = acquire(ann);
      await listenToAll();
      release(lease);
      expect(await listen()).not.to.include('release released');
      expect(await listenToAll()).to.include('release released');
    });

    it('to a renewal waits for the store', async () => {
      const lease = acquire(ann, { leaseMs: 1_000 });
      await listenToAll();
      renew(lease, 2_000);
      expect(await listen()).not.to.include('renew renewed');
      expect(await listenToAll()).to.include('renew renewed');
    });

    it('to a revocation waits for the store', async () => {
      acquire(ann);
      await listenToAll();
      hear('revoke', service.administration.revoke({ name: 'printer' }));
      expect(await listen()).not.to.include('revoke revoked');
      expect(await listenToAll()).to.include('revoke revoked');
    });

    it('to a waiter waits until the release that serves it is kept', async () => {
      const lease = acquire(ann);
      acquire(bob);
      await listenToAll();
      release(lease);
      expect(await listen()).to.deep.equal(['ann granted']);
      expect(await listenToAll()).to.have.members([
        'ann granted',
        'bob granted',
        'release released',
      ]);
    });

    it('that refuses waits for the grant it was decided upon', async () => {
      acquire(ann);
      tryAcquire(bob);
      expect(await listen()).to.deep.equal([]);

      expect(await listenToAll()).to.deep.equal(['ann granted', 'bob held']);
    });

    it('that refuses waits for the release it was decided upon', async () => {
      const lease = acquire(ann);
      await listenToAll();
      release(lease);
      hear('again', service.release({ name: 'printer', key: lease.key }));
      expect(await listen()).to.deep.equal(['ann granted']);

      expect(await listenToAll()).to.include('again key-invalid');
    });

    it('that refuses is given at once when everything is kept', async () => {
      acquire(ann);
      await listenToAll();
      tryAcquire(bob);

      expect(await listen()).to.deep.equal(['ann granted', 'bob held']);
    });

    it('is given when its own facts are kept, with later ones under way', async () => {
      acquire(ann);
      acquire(bob, { name: 'scanner' });
      store.resolveNext();

      expect(await listen()).to.deep.equal(['ann granted']);
    });

    it('is given in the order of the commands', async () => {
      acquire(ann);
      tryAcquire(bob);
      acquire(cid, { name: 'scanner' });
      tryAcquire(ann, { name: 'scanner' });
      acquire(bob, { name: 'plotter' });

      expect(await listenToAll()).to.deep.equal([
        'ann granted',
        'bob held',
        'cid granted',
        'ann held',
        'bob granted',
      ]);
    });
  });

  describe('the store', () => {
    it('is handed each command’s facts by one call, in order', () => {
      const lease = acquire(ann);
      const next = acquire(bob);
      release(lease);

      expect(store.appended.map(factsOf)).to.deep.equal([
        [`lease-granted ${lease.key}`],
        [`released ${lease.key}`, `lease-granted ${next.key}`],
      ]);
    });

    it('is not troubled with commands that change nothing', () => {
      acquire(ann);
      acquire(bob);
      tryAcquire(cid);
      renew({ key: 'wrong' }, 1_000);

      expect(store.calls).to.deep.equal(['open', 'append']);
    });
  });

  describe('a request', () => {
    it('that is withdrawn from the queue is refused and makes way', async () => {
      const lease = acquire(ann);
      acquire(bob).withdraw();
      acquire(cid);
      await listenToAll();
      release(lease);

      expect(await listenToAll()).to.have.members([
        'ann granted',
        'bob withdrawn',
        'cid granted',
        'release released',
      ]);
    });

    it('that is withdrawn before its grant is kept leaves the slot to the next', async () => {
      const lease = acquire(ann);
      const next = acquire(bob);
      lease.withdraw();

      expect(store.appended.map(factsOf)).to.deep.equal([
        [`lease-granted ${lease.key}`],
        [`released ${lease.key}`, `lease-granted ${next.key}`],
      ]);
      expect(await listenToAll()).to.have.members(['ann lease-ended', 'bob granted']);
    });

    it('that is withdrawn after its grant was told leaves the slot to the next', async () => {
      const lease = acquire(ann);
      acquire(bob);
      await listenToAll();
      lease.withdraw();

      expect(await listenToAll()).to.deep.equal(['ann granted', 'bob granted']);
    });

    it('that waited, was granted and is withdrawn leaves the slot to the next', async () => {
      const lease = acquire(ann);
      const second = acquire(bob);
      const third = acquire(cid);
      release(lease);
      second.withdraw();
      await listenToAll();

      expect(await holders()).to.deep.equal([third.key]);
    });

    it('that is granted while it is being withdrawn leaves the slot to the next', async () => {
      let withdraw = (): void => undefined;
      // Before the service's own alarm: the lease ends by the withdrawal's being looked at.
      clock.setAlarm(STARTED_AT + 1_000, () => withdraw());
      acquire(ann, { leaseMs: 1_000 });
      const second = acquire(bob);
      withdraw = () => second.withdraw();
      const third = acquire(cid);
      await clock.advance(1_000);
      await listenToAll();

      expect(await holders()).to.deep.equal([third.key]);
      expect(heard).to.include('cid granted');
    });

    it('may be withdrawn again and again', async () => {
      const lease = acquire(ann);
      lease.withdraw();
      lease.withdraw();
      const next = acquire(bob);
      lease.withdraw();
      await listenToAll();

      expect(await holders()).to.deep.equal([next.key]);
    });

    it('that was released by its key takes nothing from the next when withdrawn', async () => {
      const lease = acquire(ann);
      const next = acquire(bob);
      release(lease);
      lease.withdraw();
      await listenToAll();

      expect(await holders()).to.deep.equal([next.key]);
    });

    it('that was refused may be withdrawn', async () => {
      acquire(ann);
      tryAcquire(bob).withdraw();

      expect(await listenToAll()).to.deep.equal(['ann granted', 'bob held']);
      expect(store.calls).to.deep.equal(['open', 'append']);
    });

    it('that timed out may be withdrawn', async () => {
      acquire(ann);
      const late = acquire(bob, { waitMs: 10 });
      await clock.advance(10);
      late.withdraw();

      expect(await listenToAll()).to.deep.equal(['ann granted', 'bob wait-timeout']);
    });
  });

  describe('a session', () => {
    it('is shown with what it holds', async () => {
      acquire(ann);
      store.resolveAll();
      const [page] = await collect(service.administration.holders());

      expect(page?.[0]).to.include({ sessionId: ann, session: 'connection ann' });
    });

    it('takes its leases with it and hands them on', async () => {
      const lease = acquire(ann);
      const next = acquire(bob);
      end(ann);

      expect(store.appended.map(factsOf)[1]).to.deep.equal([
        `session-ended ${lease.key}`,
        `lease-granted ${next.key}`,
      ]);
    });

    it('takes its waiters with it', async () => {
      acquire(ann);
      acquire(bob);
      end(bob);

      expect(await listenToAll()).to.deep.equal(['ann granted', 'bob withdrawn']);
    });

    it('that ends before its grant is kept is not told of it', async () => {
      acquire(ann);
      end(ann);

      expect(await listenToAll()).to.deep.equal(['ann lease-ended']);
    });

    it('leaves its leases when the rules say so', async () => {
      await start({ rules: { keepLeasesOnDisconnect: true } });
      const lease = acquire(ann);
      acquire(ann, { label: 'again' });
      end(ann);

      expect(await listenToAll()).to.deep.equal(['ann granted', 'again withdrawn']);
      expect(await holders()).to.deep.equal([lease.key]);
    });

    it('that leaves its leases is told of a grant all the same', async () => {
      await start({ rules: { keepLeasesOnDisconnect: true } });
      acquire(ann);
      end(ann);

      expect(await listenToAll()).to.deep.equal(['ann granted']);
    });

    it('is unknown once it has ended', async () => {
      end(ann);
      acquire(ann);

      expect(await listen()).to.deep.equal(['ann session-unknown']);
    });

    it('may end twice, and may never have been', async () => {
      const ends = [ann, ann, 'nobody'].map((id) => service.endSession(id, 'gone'));

      expect(await Promise.all(ends)).to.deep.equal([true, false, false]);
      expect([failures, store.calls]).to.deep.equal([[], ['open']]);
    });

    it('has its end told when the ends of its leases are kept, not before', async () => {
      acquire(ann);
      await listenToAll();
      hear(
        'end',
        service.endSession(ann, 'closed').then(() => ({ kind: 'told' })),
      );
      expect(await listen()).to.deep.equal(['ann granted']);

      expect(await listenToAll()).to.deep.equal(['ann granted', 'end told']);
    });

    it('that was closed leaves no leases, whatever the rules say of those that are gone', async () => {
      await start({ rules: { keepLeasesOnDisconnect: true } });
      acquire(ann);
      end(ann, 'closed');

      expect(await listenToAll()).to.deep.equal(['ann lease-ended']);
    });

    it('past the bound is refused, and nobody is disturbed', async () => {
      await start({ rules: { sessionsMax: 3 } });
      expect(open('dee')).to.equal('too-many-sessions');
      acquire(ann);
      expect(await listenToAll()).to.deep.equal(['ann granted']);

      await service.endSession(bob, 'closed');
      expect(open('dee')).to.match(/^key-/);
    });

    it('that went unheard of for its idle time ends, by one alarm with all deadlines', async () => {
      const ida = open('ida', 1_000);
      const lease = acquire(ida);
      await clock.advance(999);
      expect([service.touchSession(ida), clock.alarmCount]).to.deep.equal([true, 2]);

      await clock.advance(999);
      expect(store.appended).to.have.length(1);

      await clock.advance(1);
      expect(factsOf(store.appended[1])).to.deep.equal([`session-ended ${lease.key}`]);
      expect(service.touchSession(ida)).to.equal(false);
    });

    it('is touched without troubling the store', () => {
      expect([service.touchSession(ann), service.touchSession('nobody')]).to.deep.equal([
        true,
        false,
      ]);
      expect(store.calls).to.deep.equal(['open']);
    });
  });

  describe('time', () => {
    it('ends a lease and serves the next', async () => {
      const lease = acquire(ann, { leaseMs: 1_000 });
      const next = acquire(bob);
      await clock.advance(999);
      expect(store.appended).to.have.length(1);

      await clock.advance(1);
      expect(factsOf(store.appended[1])).to.deep.equal([
        `expired ${lease.key}`,
        `lease-granted ${next.key}`,
      ]);
    });

    it('ends a wait', async () => {
      acquire(ann);
      acquire(bob, { waitMs: 1_000 });
      await listenToAll();
      await clock.advance(1_000);

      expect(heard).to.deep.equal(['ann granted', 'bob wait-timeout']);
    });

    it('that outlasts a lease before its grant is kept makes it lease-ended', async () => {
      acquire(ann, { leaseMs: 1_000 });
      await clock.advance(1_000);

      expect(await listenToAll()).to.deep.equal(['ann lease-ended']);
    });

    it('that outlasts a lease before its renewal is kept makes it lease-unknown', async () => {
      const lease = acquire(ann, { leaseMs: 1_000 });
      await listenToAll();
      renew(lease, 500);
      await clock.advance(500);

      expect(await listenToAll()).to.deep.equal(['ann granted', 'renew lease-unknown']);
    });

    it('that outlasts a lease is told of when the lease’s end is kept, not before', async () => {
      acquire(ann, { leaseMs: 1_000 });
      await clock.advance(1_000);
      store.resolveNext();
      expect(await listen()).to.deep.equal([]);

      expect(await listenToAll()).to.deep.equal(['ann lease-ended']);
    });

    it('that outlasts a renewed lease is told of when its end is kept, not before', async () => {
      const lease = acquire(ann, { leaseMs: 1_000 });
      await listenToAll();
      renew(lease, 500);
      await clock.advance(500);
      store.resolveNext();
      expect(await listen()).to.deep.equal(['ann granted']);

      expect(await listenToAll()).to.deep.equal(['ann granted', 'renew lease-unknown']);
    });

    it('that outlasts a lease whose alarm is late ends it before that is told', async () => {
      const lease = acquire(ann, { leaseMs: 1_000 });
      clock.now = () => STARTED_AT + 1_000;
      store.resolveNext();
      expect(await listen()).to.deep.equal([]);

      expect(factsOf(store.appended[1])).to.deep.equal([`expired ${lease.key}`]);
      expect(await listenToAll()).to.deep.equal(['ann lease-ended']);
    });

    it('is watched by one alarm for all deadlines, and one for collection', async () => {
      const counts = new Set<number>();
      for (let number = 0; number < 100; number += 1) {
        const deadline = 1_000 + ((number * 37) % 100);
        const lease = acquire(ann, { name: `lock-${number}`, leaseMs: deadline });
        acquire(bob, { name: `lock-${number}`, waitMs: deadline / 2 });
        renew({ key: lease.key }, deadline);
        counts.add(clock.alarmCount);
      }
      for (let tick = 0; tick < 50; tick += 1) {
        await clock.advance(21);
        counts.add(clock.alarmCount);
      }

      expect([...counts].sort()).to.deep.equal([2]);
    });

    it('needs no alarm for what never ends', () => {
      acquire(ann);
      acquire(bob);

      expect(clock.alarmCount).to.equal(1);
    });

    it('is not missed when a nearer deadline comes after a farther one', async () => {
      acquire(ann, { leaseMs: 5_000 });
      acquire(bob, { name: 'scanner', leaseMs: 1_000 });
      await clock.advance(1_000);

      expect(factsOf(store.appended[2])).to.deep.equal(['expired key-2']);
    });

    it('is not missed when the nearest deadline moves out', async () => {
      const lease = acquire(ann, { leaseMs: 1_000 });
      renew(lease, 5_000);
      await clock.advance(4_999);
      expect(store.appended).to.have.length(2);

      await clock.advance(1);
      expect(factsOf(store.appended[2])).to.deep.equal([`expired ${lease.key}`]);
    });

    it('is not missed when the nearest deadline moves in', async () => {
      const lease = acquire(ann, { leaseMs: 5_000 });
      renew(lease, 1_000);
      await clock.advance(1_000);

      expect(factsOf(store.appended[2])).to.deep.equal([`expired ${lease.key}`]);
    });

    it('that rings early is asked again', async () => {
      const setAlarm = clock.setAlarm.bind(clock);
      clock.setAlarm = (at, ring) => {
        clock.setAlarm = setAlarm;
        return setAlarm(at - 10, ring);
      };
      const lease = acquire(ann, { leaseMs: 1_000 });
      await clock.advance(999);
      expect(store.appended).to.have.length(1);

      await clock.advance(1);
      expect(factsOf(store.appended[1])).to.deep.equal([`expired ${lease.key}`]);
    });

    it('brings a crowd of deadlines to its end', async () => {
      for (let number = 0; number < 2_500; number += 1) {
        acquire(ann, { name: `lock-${number}`, leaseMs: 1_000 });
      }
      await clock.advance(1_000);

      expect(store.appended.slice(2_500).map((facts) => facts.length)).to.deep.equal([
        1_000, 1_000, 500,
      ]);
      expect(service.leaseCount).to.equal(0);
    });
  });

  describe('collection', () => {
    beforeEach(async () => {
      await start({ logLevel: 'info' });
      for (let number = 0; number < 100; number += 1) {
        acquire(ann, { name: `lock-${number}` });
      }
      acquire(bob);
      end(ann);
    });

    it('forgets idle locks at its interval, and says how many', async () => {
      await clock.advance(COLLECTION_MS - 1);
      expect(logger.lines).to.deep.equal([]);

      await clock.advance(1);
      expect(logger.lines).to.deep.equal([
        { level: 'info', message: 'Idle locks forgotten', fields: { count: 100 } },
      ]);
    });

    it('comes again, and says nothing when there is nothing', async () => {
      await clock.advance(COLLECTION_MS);
      await clock.advance(COLLECTION_MS);
      expect(logger.lines).to.have.length(1);

      end(bob);
      await clock.advance(COLLECTION_MS);
      expect(logger.lines.map((line) => line.fields)).to.deep.equal([{ count: 100 }, { count: 1 }]);
    });

    it('leaves alone what has not been idle for long enough', async () => {
      await clock.advance(COLLECTION_MS - RULES.idleMinMs + 1);
      end(bob);
      await clock.advance(RULES.idleMinMs - 1);

      expect(logger.lines.map((line) => line.fields)).to.deep.equal([{ count: 100 }]);
    });

    it('sweeps one shard in a turn of its own', async () => {
      const knownCounts: Promise<number>[] = [];
      const watch = (): void => {
        knownCounts.push(knownCount());
        if (knownCounts.length < RULES.shardCount) {
          clock.setAlarm(clock.now(), watch);
        }
      };
      store.resolveAll();
      clock.setAlarm(STARTED_AT + COLLECTION_MS, watch);
      await clock.advance(COLLECTION_MS);

      const [first = 0, second = 0, third = 0, last] = await Promise.all(knownCounts);
      expect(first).to.be.within(second + 1, 99);
      expect(second).to.be.within(third + 1, 99);
      expect(third).to.be.above(0);
      expect(last).to.equal(0);
    });

    /** How many of the idle locks are known at this moment. */
    async function knownCount(): Promise<number> {
      const releases = Array.from({ length: 100 }, (_, number) =>
        service.release({ name: `lock-${number}`, key: 'wrong' }),
      );
      const answers = await Promise.all(releases);
      return answers.filter((one) => 'code' in one && one.code === 'key-invalid').length;
    }
  });

  describe('a store that fails', () => {
    let failure: StateStoreError;

    async function breakStore(): Promise<void> {
      failure = store.fail();
      await clock.settle();
    }

    it('rejects every answer that is owed', async () => {
      const lease = acquire(ann, { leaseMs: 1_000 });
      tryAcquire(bob, { leaseMs: 1_000 });
      renew(lease, 2_000);
      release(lease);
      acquire(cid, { name: 'scanner' });
      await breakStore();

      expect(heard).to.have.members([
        'ann failed: the disk is full',
        'bob failed: the disk is full',
        'renew failed: the disk is full',
        'release failed: the disk is full',
        'cid failed: the disk is full',
      ]);
    });

    it('rejects who waits', async () => {
      acquire(ann);
      await listenToAll();
      acquire(bob);
      acquire(cid);
      acquire(ann, { name: 'scanner', label: 'the fatal one' });
      await breakStore();

      expect(heard).to.have.members([
        'ann granted',
        'the fatal one failed: the disk is full',
        'bob failed: the disk is full',
        'cid failed: the disk is full',
      ]);
    });

    it('is reported once, however many appends were under way', async () => {
      acquire(ann);
      acquire(bob, { name: 'scanner' });
      acquire(cid, { name: 'plotter' });
      await breakStore();
      acquire(ann);

      expect(failures).to.deep.equal([failure]);
    });

    it('takes back nothing that was answered before', async () => {
      acquire(ann);
      acquire(bob, { name: 'scanner' });
      store.resolveNext();
      await listen();
      await breakStore();

      expect(heard).to.deep.equal(['ann granted', 'bob failed: the disk is full']);
    });

    it('has every later command reject with that failure', async () => {
      const lease = acquire(ann);
      await breakStore();
      heard = [];
      acquire(bob);
      release(lease);
      renew(lease, 1_000);
      hear('revoke', service.administration.revoke({ name: 'printer' }));
      hearEnd('holders', collect(service.administration.holders()));

      expect(await listen()).to.have.members([
        'bob failed: the disk is full',
        'release failed: the disk is full',
        'renew failed: the disk is full',
        'revoke failed: the disk is full',
        'holders failed: the disk is full',
      ]);
    });

    it('is handed nothing more', async () => {
      const lease = acquire(ann, { leaseMs: 1_000 });
      await breakStore();
      release(lease);
      lease.withdraw();
      end(ann);

      expect(store.appended).to.have.length(1);
    });

    it('has sessions open no more and end with that failure, and changes none', async () => {
      acquire(ann);
      await breakStore();
      hear(
        'end',
        service.endSession(ann, 'gone').then(() => ({ kind: 'told' })),
      );

      expect(await listen()).to.include('end failed: the disk is full');
      expect([open('dee'), service.touchSession(ann)]).to.deep.equal(['server-stopping', true]);
    });

    it('silences the alarms', async () => {
      acquire(ann, { leaseMs: 1_000 });
      await breakStore();
      expect(clock.alarmCount).to.equal(0);

      await clock.advance(COLLECTION_MS);
      expect(store.appended).to.have.length(1);
    });

    it('while nobody asks, at a lease’s end, is reported too', async () => {
      acquire(ann, { leaseMs: 1_000 });
      await listenToAll();
      await clock.advance(1_000);
      await breakStore();

      expect(failures).to.deep.equal([failure]);
    });

    it('is nobody’s surprise when all who asked have gone', async () => {
      const terms = { name: 'printer', size: 1, waitMs: FOREVER, leaseMs: FOREVER };
      service.acquire({ ...terms, sessionId: ann }).withdraw();
      service.acquire({ ...terms, sessionId: bob });
      service.acquire({ ...terms, sessionId: cid });
      await breakStore();

      expect(failures).to.deep.equal([failure]);
    });
  });

  describe('a store that throws instead of rejecting', () => {
    it('rejects the command and all that come later, and is reported once', async () => {
      const thrown = new StateStoreError('write-failed', 'the disk is gone');
      store.thrown = thrown;
      acquire(ann);
      acquire(bob);

      expect(await listen()).to.have.members([
        'ann failed: the disk is gone',
        'bob failed: the disk is gone',
      ]);
      expect(failures).to.deep.equal([thrown]);
    });

    it('rejects who waited, the one included whose turn it was', async () => {
      const lease = acquire(ann);
      acquire(bob);
      acquire(cid);
      await listenToAll();
      store.thrown = new StateStoreError('write-failed', 'the disk is gone');
      release(lease);

      expect(await listen()).to.have.members([
        'ann granted',
        'release failed: the disk is gone',
        'bob failed: the disk is gone',
        'cid failed: the disk is gone',
      ]);
    });

    it('shows no holder from then on', async () => {
      store.thrown = new StateStoreError('write-failed', 'the disk is gone');
      acquire(ann);
      hearEnd('holders', collect(service.administration.holders()));

      expect(await listen()).to.include('holders failed: the disk is gone');
    });

    it('does so to the alarm without a crash', async () => {
      acquire(ann, { leaseMs: 1_000 });
      await listenToAll();
      store.thrown = new StateStoreError('write-failed', 'the disk is gone');
      await clock.advance(1_000);

      expect(failures).to.deep.equal([store.thrown]);
    });
  });

  describe('a broken invariant', () => {
    beforeEach(async () => {
      await start({ keys: ['key', 'plotter-key', 'scanner-key', 'key'] });
      acquire(ann, { size: 2 });
      acquire(ann, { name: 'plotter' });
      await listenToAll();
      acquire(bob, { name: 'scanner' });
      hear('release', service.release({ name: 'plotter', key: 'plotter-key' }));
      acquire(cid, { size: 2 });
    });

    it('is reported, once', () => {
      expect(failures).to.have.length(1);
      expect(failures[0]).to.be.instanceOf(InvariantError);
    });

    it('rejects the command that broke it, and all that come later', async () => {
      acquire(ann, { name: 'fax', label: 'later' });

      expect(await listen()).to.include.members([
        'cid failed: a key is given once',
        'later failed: a key is given once',
      ]);
    });

    it('rejects answers that are owed, though their facts are kept', async () => {
      expect(await listenToAll()).to.include.members([
        'bob failed: a key is given once',
        'release failed: a key is given once',
      ]);
    });

    it('silences the alarms', () => {
      expect(clock.alarmCount).to.equal(0);
    });
  });

  describe('an invariant that breaks in the grant to a waiter', () => {
    beforeEach(async () => {
      await start({ keys: ['key', 'other', 'key'] });
      acquire(ann, { size: 2 });
      acquire(bob, { size: 2 });
      acquire(cid, { size: 2 });
      await listenToAll();
      await service.endSession(bob, 'gone').catch(() => undefined);
    });

    it('is reported, though nobody waits for the command', () => {
      expect(failures).to.have.length(1);
      expect(failures[0]).to.be.instanceOf(InvariantError);
    });

    it('rejects that waiter', async () => {
      expect(await listen()).to.include('cid failed: a key is given once');
    });
  });

  describe('while draining', () => {
    it('refuses who waits as server-stopping', async () => {
      acquire(ann);
      acquire(bob);
      await listenToAll();
      await service.drain();

      expect(await listen()).to.deep.equal(['ann granted', 'bob server-stopping']);
    });

    it('refuses who comes as server-stopping', async () => {
      await service.drain();
      acquire(ann);

      expect(await listen()).to.deep.equal(['ann server-stopping']);
      expect(store.calls).to.deep.equal(['open']);
    });

    it('lets holders release, renew and be revoked', async () => {
      const lease = acquire(ann, { leaseMs: 1_000 });
      acquire(bob, { name: 'scanner' });
      await listenToAll();
      await service.drain();
      renew(lease, 2_000);
      await listenToAll();
      release(lease);
      hear('revoke', service.administration.revoke({ name: 'scanner' }));

      expect(await listenToAll()).to.include.members([
        'renew renewed',
        'release released',
        'revoke revoked',
      ]);
    });

    it('keeps the leases of sessions that end, for the next start', async () => {
      const lease = acquire(ann);
      await listenToAll();
      await service.drain();
      expect(await service.endSession(ann, 'gone')).to.equal(false);

      expect(store.appended).to.have.length(1);
      expect(await holders()).to.deep.equal([lease.key]);
    });

    it('opens no sessions, and leaves alone those that are touched', async () => {
      const ida = open('ida', 1_000);
      await service.drain();
      await clock.advance(2_000);

      expect([open('dee'), service.touchSession(ida)]).to.deep.equal(['server-stopping', true]);
    });

    it('undoes a grant that could not be delivered', async () => {
      const lease = acquire(ann);
      await listenToAll();
      await service.drain();
      lease.withdraw();

      expect(factsOf(store.appended[1])).to.deep.equal([`released ${lease.key}`]);
    });

    it('ends no lease by an alarm of its own', async () => {
      acquire(ann, { leaseMs: 1_000 });
      await listenToAll();
      await service.drain();
      expect(clock.alarmCount).to.equal(0);

      await clock.advance(COLLECTION_MS);
      expect(store.appended).to.have.length(1);
    });

    it('tells nobody of a grant whose lease has ended meanwhile', async () => {
      acquire(ann, { leaseMs: 1_000 });
      const drained = service.drain();
      await clock.advance(1_000);

      expect(await listenToAll()).to.deep.equal([]);
      expect(factsOf(store.appended[1])).to.deep.equal(['expired key-1']);
      expect(await listenToAll()).to.deep.equal(['ann lease-ended']);
      await drained;
    });

    it('renews no lease that has ended meanwhile', async () => {
      const lease = acquire(ann, { leaseMs: 1_000 });
      await listenToAll();
      await service.drain();
      await clock.advance(1_000);
      renew(lease, 1_000);

      expect(await listenToAll()).to.include('renew lease-unknown');
    });

    it('is done when every answer that was decided is kept', async () => {
      acquire(ann);
      hearEnd('drain', service.drain());
      expect(await listen()).to.deep.equal([]);

      expect(await listenToAll()).to.have.members(['ann granted', 'drain done']);
    });

    it('is done all the same when the store fails', async () => {
      acquire(ann);
      hearEnd('drain', service.drain());
      store.fail();

      expect(await listen()).to.have.members(['ann failed: the disk is full', 'drain done']);
    });

    it('may be asked to drain again', async () => {
      acquire(ann);
      await listenToAll();
      await service.drain();
      await service.drain();

      expect([failures, heard]).to.deep.equal([[], ['ann granted']]);
    });
  });

  describe('close', () => {
    it('drains, then closes the store, once', async () => {
      acquire(ann);
      acquire(bob);
      store.resolveAll();
      await service.close();

      expect(heard).to.deep.equal(['ann granted', 'bob server-stopping']);
      expect(store.calls).to.deep.equal(['open', 'append', 'close']);
      expect(store.isClosed).to.equal(true);
    });

    it('waits for what is on its way to the store', async () => {
      acquire(ann);
      hearEnd('close', service.close());
      expect(await listen()).to.deep.equal([]);
      expect(store.calls).not.to.include('close');

      expect(await listenToAll()).to.have.members(['ann granted', 'close done']);
    });

    it('leaves what is held in the store', async () => {
      acquire(ann);
      store.resolveAll();
      await service.close();
      end(ann);

      expect(store.kept.map((fact) => fact.type)).to.deep.equal(['lease-granted']);
    });

    it('has everything that comes later refused as server-stopping', async () => {
      const lease = acquire(ann, { leaseMs: 1_000 });
      store.resolveAll();
      await service.close();
      heard = [];
      acquire(bob);
      release(lease);
      renew(lease, 1_000);
      hear('revoke', service.administration.revoke({ name: 'printer' }));
      lease.withdraw();

      expect(await listen()).to.have.members([
        'bob server-stopping',
        'release server-stopping',
        'renew server-stopping',
        'revoke server-stopping',
      ]);
      expect(store.appended).to.have.length(1);
    });

    it('closes a store that has failed', async () => {
      acquire(ann);
      store.fail();
      await service.close();

      expect(store.isClosed).to.equal(true);
    });
  });

  describe('start', () => {
    const kept: KeptLease = {
      name: 'printer',
      size: 1,
      key: 'kept',
      fencingToken: 7,
      leaseMs: 1,
      sessionId: 'gone',
      at: 0,
    };

    it('takes up the leases that the store kept, from now on', async () => {
      await start({ recovered: { leases: [kept], sessions: [], fencingToken: 7 } });
      acquire(ann);
      await clock.advance(RULES.restoredLeaseMs - 1);
      expect(await holders()).to.deep.equal(['kept']);

      await clock.advance(1);
      expect(factsOf(store.appended[0])).to.deep.equal(['expired kept', 'lease-granted key-1']);
    });

    it('begins the fencing tokens above the clock’s microseconds', async () => {
      await start({
        recovered: { leases: [], sessions: [], fencingToken: STARTED_AT * 1_000 - 1 },
      });
      const { answer } = acquire(ann);
      store.resolveAll();

      expect(await answer).to.include({ fencingToken: STARTED_AT * 1_000 + 1 });
    });

    it('begins the fencing tokens above the greatest ever kept', async () => {
      await start({
        recovered: { leases: [], sessions: [], fencingToken: STARTED_AT * 1_000 + 5 },
      });
      const { answer } = acquire(ann);
      store.resolveAll();

      expect(await answer).to.include({ fencingToken: STARTED_AT * 1_000 + 6 });
    });

    it('rejects when the store does not open', async () => {
      const failure = new StateStoreError('in-use', 'another server has it open');
      store = new ControlledStateStore();
      store.openFailure = failure;

      expect(await startOn(store)).to.equal(failure);
      expect([store.calls, clock.alarmCount]).to.deep.equal([['open'], 1]);
    });

    it('rejects, and closes the store, when what was kept contradicts the rules', async () => {
      const leases = [kept, { ...kept, key: 'one too many' }];
      store = new ControlledStateStore({ leases, sessions: [], fencingToken: 7 });

      expect(await startOn(store)).to.be.instanceOf(RestoreError);
      expect(store.calls).to.deep.equal(['open', 'close']);
    });

    async function startOn(state: ControlledStateStore): Promise<unknown> {
      const keys = new FixedKeySource();
      const onFailure = (): void => undefined;
      return LockService.start({ rules: RULES, clock, store: state, keys, logger, onFailure }).then(
        () => 'started',
        (failure: unknown) => failure,
      );
    }
  });

  describe('holders', () => {
    let pages: AsyncIterator<readonly HolderDescription[]>;

    beforeEach(async () => {
      await start({ rules: { shardCount: 1 } });
      pages = service.administration.holders()[Symbol.asyncIterator]();
    });

    it('come in pages of 1000', async () => {
      acquireMany(2_500);
      store.resolveAll();
      const lengths: number[] = [];
      for (let page = await pages.next(); page.done !== true; page = await inNextTurn()) {
        lengths.push(page.value.length);
      }

      expect(lengths).to.deep.equal([1_000, 1_000, 500]);
    });

    it('come after a full page in another turn of the event loop', async () => {
      acquireMany(1_500);
      store.resolveAll();
      await pages.next();
      heard = [];
      hearEnd('operator', pages.next());
      expect(await listen()).to.deep.equal([]);

      await clock.advance(0);
      expect(await listen()).to.deep.equal(['operator done']);
    });

    it('are no pages when nobody holds anything', async () => {
      expect(await collect(service.administration.holders())).to.deep.equal([]);
    });

    for (const holderCount of [1, 1_000]) {
      it(`are shown when they are kept, not before, holders: ${holderCount}`, async () => {
        acquireMany(holderCount);
        hearEnd('operator', pages.next());
        expect(await listen()).to.deep.equal([]);

        expect(await listenToAll()).to.include('operator done');
      });

      it(`are so on later pages too, holders: ${holderCount}`, async () => {
        acquireMany(1_000);
        store.resolveAll();
        await pages.next();
        acquireMany(holderCount, 'later');
        heard = [];
        hearEnd('operator', pages.next());
        await clock.advance(0);
        expect(await listen()).to.deep.equal([]);

        expect(await listenToAll()).to.include('operator done');
      });
    }

    function acquireMany(count: number, name = 'lock'): void {
      for (let number = 0; number < count; number += 1) {
        acquire(ann, { name: `${name}-${number}` });
      }
    }

    /** The next page, with the turn of the event loop that it waits for. */
    async function inNextTurn(): Promise<IteratorResult<readonly HolderDescription[]>> {
      const next = pages.next();
      await clock.advance(0);
      return next;
    }
  });

  describe('log lines', () => {
    it('tell of sessions, grants, renewals and ends at debug', async () => {
      const lease = acquire(ann, { leaseMs: 1_000 });
      renew(lease, 2_000);
      acquire(bob).withdraw();
      lease.withdraw();
      end(ann);
      await listenToAll();

      expect(logger.messages.slice(3)).to.deep.equal([
        'Lock granted',
        'Lease renewed',
        'Lease ended',
        'Grant undone: its requester is gone',
        'Session ended',
      ]);
      expect(new Set(logger.lines.map((line) => line.level))).to.deep.equal(new Set(['debug']));
    });

    it('show the beginnings of keys and names', async () => {
      await start({ keys: ['12345678-secret'], rules: { nameBytesMax: 1_000 } });
      const name = 'n'.repeat(500);
      acquire(ann, { name }).withdraw();

      const text = JSON.stringify(logger.lines);
      expect(text)
        .to.include('12345678…')
        .and.include(`${'n'.repeat(128)}…`);
      expect(text).not.to.include('secret').and.not.include('n'.repeat(129));
    });

    it('of requests do not exist at info', async () => {
      await start({ logLevel: 'info' });
      const lease = acquire(ann, { leaseMs: 1_000 });
      renew(lease, 2_000);
      release(lease);
      end(ann);

      expect(logger.messages).to.deep.equal([]);
    });
  });
});

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = [];
  for await (const item of items) {
    collected.push(item);
  }
  return collected;
}
