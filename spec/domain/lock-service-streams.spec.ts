/** The LockService with stream sessions: who hears what when a slow or failing store stands between. */
import { expect } from 'chai';
import type { PendingAcquisition } from '../../domain/acquisition.js';
import type { SessionNotice } from '../../domain/decision.js';
import { FOREVER } from '../../domain/instant.js';
import { LeaseLedger } from '../../domain/lease-ledger.js';
import { LockService, type LockServiceRules } from '../../domain/lock-service.js';
import type { SessionEnding } from '../../domain/session.js';
import type { AcquireCommand } from '../../domain/waiter.js';
import type { RecoveredState, StateStoreError } from '../../ports/outbound/state-store.js';
import { ControlledStateStore } from '../support/controlled-state-store.js';
import { FakeClock } from '../support/fake-clock.js';
import { FixedKeySource } from '../support/fixed-key-source.js';
import { RecordingLogger } from '../support/recording-logger.js';

const STARTED_AT = 1_000_000;
const RECOVERY_MS = 10_000;

const RULES: LockServiceRules = {
  shardCount: 4,
  nameBytesMax: 64,
  restoredLeaseMs: 60_000,
  keepLeasesOnDisconnect: false,
  idleCollectionIntervalMs: 1_800_000,
  idleMinMs: 300_000,
};

interface Told {
  readonly kind: string;
  readonly code?: string;
}

let clock: FakeClock;
let store: ControlledStateStore;
let logger: RecordingLogger;
let service: LockService;
/** A connection. */
let bob: string;
/** What was told, in that order: answers, such as 'ann granted', and notices, such as 'ann lost key-1 expired'. */
let heard: string[];
let failures: unknown[];

async function start(
  options: { readonly rules?: Partial<LockServiceRules>; readonly recovered?: RecoveredState } = {},
): Promise<void> {
  clock = new FakeClock(STARTED_AT);
  store = new ControlledStateStore(options.recovered);
  logger = new RecordingLogger('debug');
  heard = [];
  failures = [];
  service = await LockService.start({
    rules: { ...RULES, ...options.rules },
    clock,
    store,
    keys: new FixedKeySource('session-bob'),
    logger,
    onFailure: (failure) => failures.push(failure),
  });
  const opened = service.openSession({ kind: 'connection', peer: 'bob' });
  bob = opened.kind === 'opened' ? opened.sessionId : opened.code;
}

/** What was handed over, kept or not, is what the next server finds. Keys begin anew, with others. */
async function restart(): Promise<void> {
  const ledger = new LeaseLedger();
  for (const fact of store.appended.flat()) {
    ledger.apply(fact);
  }
  const leases = [...ledger.leases.values()].map((lease) => ({
    ...lease,
    key: `old-${lease.key}`,
  }));
  const sessions = [...ledger.sessions.values()].map((session) => session.copy());
  await start({ recovered: { leases, sessions, fencingToken: ledger.fencingToken } });
}

function hear(who: string, answer: Promise<Told>): void {
  answer.then(
    (told) => heard.push(`${who} ${told.code ?? told.kind}`),
    (failure: Error) => heard.push(`${who} failed: ${failure.message}`),
  );
}

function listenerOf(who: string): (notice: SessionNotice) => void {
  return (notice) =>
    heard.push(
      notice.kind === 'session-ended'
        ? `${who} hears: session ended`
        : `${who} hears: lost ${notice.key} ${notice.reason}`,
    );
}

function open(sessionId: string, recoveryMs = RECOVERY_MS): void {
  const listener = listenerOf(sessionId);
  hear(sessionId, service.openStreamSession({ sessionId, peer: sessionId, recoveryMs, listener }));
}

function resume(sessionId: string, label = sessionId): void {
  const listener = listenerOf(label);
  hear(label, service.resumeSession({ sessionId, peer: label, listener }));
}

function acquire(sessionId: string, options: Partial<AcquireCommand> = {}): PendingAcquisition {
  const defaults = { sessionId, name: 'printer', size: 1, waitMs: FOREVER, leaseMs: FOREVER };
  const acquisition = service.acquire({ ...defaults, ...options });
  hear(sessionId.replace('session-', ''), acquisition.answer);
  return acquisition;
}

function end(sessionId: string, cause: SessionEnding = 'closed'): void {
  hear(
    `end of ${sessionId}`,
    service.endSession(sessionId, cause).then((hasLived) => ({ kind: `${hasLived}` })),
  );
}

/** What was heard since the last time, with the disk as it is. */
async function news(): Promise<readonly string[]> {
  await clock.settle();
  return heard.splice(0);
}

/** The same, with the disk done with everything. */
async function newsOfAll(): Promise<readonly string[]> {
  store.resolveAll();
  return news();
}

describe('LockService, of stream sessions,', () => {
  beforeEach(async () => {
    await start();
    open('ann');
    await newsOfAll();
  });

  describe('opens one', () => {
    it('when that is kept, not before', async () => {
      open('eve');
      expect(await news()).to.deep.equal([]);
      expect(await newsOfAll()).to.deep.equal(['eve opened']);
    });

    it('and refuses one too many when what that was decided upon is kept', async () => {
      await start({ rules: { sessionsMax: 2 } });
      open('ann');
      open('eve');
      expect(await news()).to.deep.equal([]);
      expect(await newsOfAll()).to.deep.equal(['ann opened', 'eve too-many-sessions']);
    });

    it('and takes what is asked in it before it is kept, answering in that order', async () => {
      open('eve');
      acquire('eve');
      store.resolveNext();
      expect(await news()).to.deep.equal(['eve opened']);
      expect(await newsOfAll()).to.deep.equal(['eve granted']);
    });

    it('that may be detached before it is kept', async () => {
      open('eve');
      service.detachSession('eve');
      await clock.advance(RECOVERY_MS);
      expect(await newsOfAll()).to.have.members(['eve opened', 'eve hears: session ended']);
      resume('eve');
      expect(await news()).to.deep.equal(['eve session-unknown']);
    });

    it('and says so at debug, with its end', async () => {
      end('ann');
      await newsOfAll();
      const lines = logger.lines.filter(({ message }) => message.startsWith('Stream session'));
      expect(lines.map(({ message, fields }) => `${message}: ${fields?.session}`)).to.deep.equal([
        'Stream session opened: ann',
        'Stream session ended: ann',
      ]);
    });
  });

  describe('tells a listener', () => {
    it('of an expiry when that is kept, not before', async () => {
      const { key } = acquire('ann', { leaseMs: 1_000 });
      await newsOfAll();
      await clock.advance(1_000);
      expect(await news()).to.deep.equal([]);
      expect(await newsOfAll()).to.deep.equal([`ann hears: lost ${key} expired`]);
    });

    it('of a revocation in the order of what is kept', async () => {
      const { key } = acquire('ann');
      await newsOfAll();
      hear('revoke', service.administration.revoke({ name: 'printer' }));
      expect(await news()).to.deep.equal([]);
      expect(await newsOfAll()).to.have.members([
        `ann hears: lost ${key} revoked`,
        'revoke revoked',
      ]);
    });

    it('of a lease’s loss, and nobody of its grant, when it is lost before that is kept', async () => {
      const { key } = acquire('ann');
      hear('revoke', service.administration.revoke({ name: 'printer' }));
      store.resolveNext();
      expect(await news()).to.deep.equal([]);
      expect(await newsOfAll()).to.have.members([
        `ann hears: lost ${key} revoked`,
        'ann lease-ended',
        'revoke revoked',
      ]);
    });

    it('that its session has ended when that is kept, once', async () => {
      service.detachSession('ann');
      await clock.advance(RECOVERY_MS);
      expect(await news()).to.deep.equal([]);
      expect(await newsOfAll()).to.deep.equal(['ann hears: session ended']);
      end('ann');
      expect(await newsOfAll()).to.deep.equal(['end of ann false']);
    });

    it('nothing when the store fails', async () => {
      acquire('ann', { leaseMs: 1_000 });
      await newsOfAll();
      await clock.advance(1_000);
      store.fail();
      expect(await news()).to.deep.equal([]);
    });

    it('that came last, of what is decided from then on', async () => {
      const { key } = acquire('ann');
      await newsOfAll();
      resume('ann', 'ann again');
      hear('revoke', service.administration.revoke({ name: 'printer' }));
      expect(await newsOfAll()).to.include(`ann again hears: lost ${key} revoked`);
    });

    it('that came before, of what was decided before the next one came', async () => {
      const { key } = acquire('ann');
      await newsOfAll();
      hear('revoke', service.administration.revoke({ name: 'printer' }));
      resume('ann', 'ann again');
      expect(await newsOfAll()).to.include(`ann hears: lost ${key} revoked`);
    });
  });

  describe('resumes one', () => {
    it('at once when everything is kept', async () => {
      resume('ann');
      expect(await news()).to.deep.equal(['ann resumed']);
    });

    it('when what is being kept is', async () => {
      acquire('ann');
      resume('ann', 'ann again');
      expect(await news()).to.deep.equal([]);
      expect(await newsOfAll()).to.deep.equal(['ann granted', 'ann again resumed']);
    });

    it('that does not end meanwhile, however slow the disk', async () => {
      service.detachSession('ann');
      acquire(bob);
      await clock.advance(RECOVERY_MS - 1);
      resume('ann');
      await clock.advance(RECOVERY_MS);
      expect(await newsOfAll()).to.deep.equal(['bob granted', 'ann resumed']);
    });

    it('that is detached before the answer, from that moment on', async () => {
      acquire(bob);
      resume('ann');
      service.detachSession('ann');
      await clock.advance(RECOVERY_MS - 1);
      expect(await newsOfAll()).to.deep.equal(['bob granted', 'ann resumed']);
      await clock.advance(1);
      expect(await newsOfAll()).to.deep.equal(['ann hears: session ended']);
    });

    it('no more after its end, which is kept when that is told', async () => {
      service.detachSession('ann');
      await clock.advance(RECOVERY_MS);
      resume('ann', 'ann again');
      expect(await news()).to.deep.equal([]);
      expect(await newsOfAll()).to.have.members([
        'ann hears: session ended',
        'ann again session-unknown',
      ]);
    });

    it('not from the very end of its window on, though the alarm is to ring yet', async () => {
      service.detachSession('ann');
      await clock.advance(RECOVERY_MS - 1);
      const now = clock.now.bind(clock);
      clock.now = () => now() + 1;
      resume('ann', 'ann again');
      expect(await newsOfAll()).to.include('ann again session-unknown');
    });

    it('and refuses a connection’s', async () => {
      resume(bob, 'bob');
      expect(await news()).to.deep.equal(['bob session-unknown']);
    });
  });

  describe('has a grant that is being kept', () => {
    it('told to one that was detached meanwhile', async () => {
      acquire('ann');
      service.detachSession('ann');
      await clock.advance(RECOVERY_MS - 1);
      expect(await newsOfAll()).to.deep.equal(['ann granted']);
    });

    it('end with the window that is shorter than the disk is slow', async () => {
      acquire('ann');
      acquire(bob);
      service.detachSession('ann');
      await clock.advance(RECOVERY_MS);
      store.resolveNext();
      expect(await news()).to.deep.equal([]);
      expect(await newsOfAll()).to.have.members([
        'ann lease-ended',
        'ann hears: session ended',
        'bob granted',
      ]);
    });

    it('end at once with one that has no window', async () => {
      open('eve', 0);
      acquire('eve');
      acquire(bob);
      service.detachSession('eve');
      expect(await newsOfAll()).to.have.members([
        'eve opened',
        'eve lease-ended',
        'eve hears: session ended',
        'bob granted',
      ]);
    });

    it('undone by a withdrawal, which is no news, and the slot goes on', async () => {
      const acquisition = acquire('ann');
      acquire(bob);
      acquisition.withdraw();
      expect(await newsOfAll()).to.have.members(['ann lease-ended', 'bob granted']);
    });

    it('undone once, though it is withdrawn as its session ends', async () => {
      const acquisition = acquire('ann');
      acquire(bob);
      service.detachSession('ann');
      await clock.advance(RECOVERY_MS);
      acquisition.withdraw();
      expect(await newsOfAll()).to.include('bob granted');
      expect(service.leaseCount).to.equal(1);
    });
  });

  describe('has a waiter', () => {
    beforeEach(async () => {
      acquire(bob, { leaseMs: RECOVERY_MS });
      await newsOfAll();
    });

    it('granted to while it is detached, and told so', async () => {
      acquire('ann');
      await clock.advance(1);
      service.detachSession('ann');
      await clock.advance(RECOVERY_MS - 1);
      expect(await newsOfAll()).to.deep.equal(['ann granted']);
    });

    it('withdrawn when its window ends as the lease before it does', async () => {
      acquire('ann');
      service.detachSession('ann');
      await clock.advance(RECOVERY_MS);
      expect(await newsOfAll()).to.have.members(['ann withdrawn', 'ann hears: session ended']);
      expect(service.leaseCount).to.equal(0);
    });

    it('answered once when its patience, its window and the lease before it end together', async () => {
      acquire('ann', { waitMs: RECOVERY_MS });
      service.detachSession('ann');
      await clock.advance(RECOVERY_MS);
      const told = await newsOfAll();
      expect(told.filter((line) => !line.includes('hears'))).to.have.length(1);
      expect(service.leaseCount).to.equal(0);
    });

    it('withdrawn as the slot comes free, which nobody has then', async () => {
      const acquisition = acquire('ann');
      await clock.advance(RECOVERY_MS - 1);
      const now = clock.now.bind(clock);
      clock.now = () => now() + 1;
      acquisition.withdraw();
      await newsOfAll();
      expect(service.leaseCount).to.equal(0);
    });
  });

  describe('asked again under a number', () => {
    it('while it lives takes that for another request: its door knows what it has asked', async () => {
      acquire('ann', { requestId: 1 });
      acquire('ann', { requestId: 1, waitMs: 0 });
      expect(await newsOfAll()).to.deep.equal(['ann granted', 'ann held']);
    });

    describe('after a restart', () => {
      let key: string;

      beforeEach(async () => {
        key = `old-${acquire('ann', { requestId: 1 }).key}`;
        await restart();
        resume('ann');
        await newsOfAll();
      });

      it('answers when what is being kept is', async () => {
        acquire(bob, { name: 'scanner' });
        const again = acquire('ann', { requestId: 1 });
        expect(await news()).to.deep.equal([]);
        expect(await newsOfAll()).to.deep.equal(['bob granted', 'ann granted']);
        expect(await again.answer).to.include({ key });
      });

      it('answers twice with one lease', async () => {
        const answers = [acquire('ann', { requestId: 1 }), acquire('ann', { requestId: 1 })];
        for (const { answer } of answers) {
          expect(await answer).to.include({ key });
        }
        expect(service.leaseCount).to.equal(1);
      });

      it('does not answer with a lease that is lost meanwhile', async () => {
        acquire(bob, { name: 'scanner' });
        acquire('ann', { requestId: 1 });
        hear('revoke', service.administration.revoke({ name: 'printer' }));
        expect(await newsOfAll()).to.have.members([
          'bob granted',
          'ann lease-ended',
          `ann hears: lost ${key} revoked`,
          'revoke revoked',
        ]);
      });

      it('gives the lease up when that request is withdrawn', async () => {
        acquire(bob);
        acquire('ann', { requestId: 1 }).withdraw();
        expect(await newsOfAll()).to.deep.equal(['bob granted', 'ann lease-ended']);
      });

      it('is the same as before when it was detached in between', async () => {
        service.detachSession('ann');
        resume('ann', 'ann again');
        const again = acquire('ann', { requestId: 1 });
        expect(await again.answer).to.include({ key });
      });
    });

    it('after a restart watches the end of one that nobody came back to', async () => {
      acquire('ann', { requestId: 1 });
      await restart();
      acquire(bob);
      await clock.advance(RULES.restoredLeaseMs);
      expect(await newsOfAll()).to.deep.equal(['bob granted']);
      resume('ann');
      expect(await news()).to.deep.equal(['ann session-unknown']);
    });
  });

  describe('while draining', () => {
    it('opens and resumes none', async () => {
      await service.drain();
      open('eve');
      resume('ann');
      expect(await news()).to.deep.equal(['eve server-stopping', 'ann server-stopping']);
    });

    it('keeps one whose stream ends for the next server', async () => {
      const { key } = acquire('ann');
      await newsOfAll();
      await service.drain();
      service.detachSession('ann');
      end('ann', 'gone');
      await clock.advance(RECOVERY_MS);
      hear('check', service.check({ name: 'printer', key }));
      expect(await newsOfAll()).to.deep.equal(['end of ann false', 'check held']);
      expect(store.appended.flat().map(({ type }) => type)).to.deep.equal([
        'session-opened',
        'lease-granted',
      ]);
    });

    it('ends none whose window is over by an alarm of its own', async () => {
      service.detachSession('ann');
      await service.drain();
      await clock.advance(RECOVERY_MS);
      expect(await newsOfAll()).to.deep.equal([]);
      expect(service.leaseCount).to.equal(0);
      expect(store.appended).to.have.length(1);
    });

    it('refuses its waiters as server-stopping', async () => {
      acquire(bob);
      acquire('ann');
      await newsOfAll();
      await service.drain();
      expect(await news()).to.deep.equal(['ann server-stopping']);
    });

    it('ends one that says goodbye', async () => {
      acquire('ann');
      await newsOfAll();
      await service.drain();
      end('ann');
      expect(await newsOfAll()).to.deep.equal(['ann hears: session ended', 'end of ann true']);
    });

    it('releases for one, and tells others of their losses', async () => {
      open('eve');
      const { key } = acquire('ann');
      await newsOfAll();
      await service.drain();
      const by = { sessionId: 'eve', requestId: 1, heardBelow: 1 };
      hear('release', service.release({ name: 'printer', key, by }));
      expect(await newsOfAll()).to.have.members([
        `ann hears: lost ${key} released`,
        'release released',
      ]);
    });
  });

  describe('when closed', () => {
    it('ends, detaches and resumes none', async () => {
      await service.close();
      service.detachSession('ann');
      end('ann');
      resume('ann');
      expect(await news()).to.have.members(['end of ann false', 'ann server-stopping']);
      expect(store.appended).to.have.length(1);
    });
  });

  describe('on a store that fails', () => {
    let failure: StateStoreError;

    it('answers nobody who opens, resumes, ends, asks or waits', async () => {
      acquire(bob, { name: 'scanner' });
      await newsOfAll();
      acquire('ann', { name: 'scanner' });
      open('eve');
      resume('ann', 'ann again');
      acquire('eve');
      end('ann');
      failure = store.fail();
      expect(await news()).to.have.members(
        ['eve', 'ann again', 'eve', 'end of ann', 'ann'].map(
          (who) => `${who} failed: the disk is full`,
        ),
      );
      expect(failures).to.deep.equal([failure]);
    });

    it('answers nobody who comes later, and hands it nothing more', async () => {
      acquire('ann');
      store.fail();
      await news();
      open('eve');
      resume('ann');
      end('ann');
      service.detachSession('ann');
      await clock.advance(RECOVERY_MS);
      expect(await news()).to.have.members(
        ['eve', 'ann', 'end of ann'].map((who) => `${who} failed: the disk is full`),
      );
      expect(store.appended).to.have.length(2);
    });
  });
});
