/**
 * Why: drives the machine. Runs commands in order, hands their facts to the store, answers when they
 * are kept, and keeps one alarm for the nearest deadline. It and its side for operators are the domain's files that wait for anything.
 */
import type { Alarm, Clock } from '../ports/outbound/clock.js';
import type { KeySource } from '../ports/outbound/key-source.js';
import type { Logger } from '../ports/outbound/logger.js';
import type { RecoveredState, StateStore } from '../ports/outbound/state-store.js';
import { PendingAcquisition } from './acquisition.js';
import { AdministrationService } from './administration-service.js';
import type { Census, KindOfSession } from './census.js';
import type {
  Decision,
  Granted,
  Held,
  Released,
  Renewed,
  SessionNotice,
  SessionOpened,
  SessionResumed,
} from './decision.js';
import type { ServerRole } from './descriptions.js';
import { maskedKey, shortName } from './disclosure.js';
import type { Fact, LeaseFact, StreamRelease } from './facts.js';
import { HolderWatches } from './holder-watches.js';
import { FOREVER, type Instant } from './instant.js';
import { LockManager } from './lock-manager.js';
import type { Owner } from './owner.js';
import { type RefusalCode, type Refused, refused } from './refusal.js';
import type { SessionEnding } from './session.js';
import type { Tally } from './tally.js';
import type { AcquireCommand } from './waiter.js';

/** Leases that are taken up in one turn of the event loop: some hundredths of a second. */
const RESTORED_AT_ONCE = 10_000;

export interface LockServiceRules {
  /** Into how many parts the lock table is split; collection sweeps one a turn. */
  readonly shardCount: number;
  readonly nameBytesMax: number;
  /** How long a lease that was restored from the store lasts unless renewed. */
  readonly restoredLeaseMs: number;
  /** Whether the leases of a client live on that is found to be gone. */
  readonly keepLeasesOnDisconnect: boolean;
  /** Any number unless given. */
  readonly sessionsMax?: number;
  readonly waitersPerLockMax?: number;
  readonly waitersMax?: number;
  readonly idleCollectionIntervalMs: number;
  /** How long a lock must have been idle to be forgotten. */
  readonly idleMinMs: number;
}

export interface LockServiceParts {
  readonly rules: LockServiceRules;
  readonly clock: Clock;
  readonly store: StateStore;
  readonly keys: KeySource;
  readonly logger: Logger;
  /** What is decided is counted there, after what was counted before; nowhere unless given. */
  readonly tally?: Tally | undefined;
  /** What operators are told of the server; see `ServerStats`. */
  readonly about?: { readonly version: string; readonly role: () => ServerRole };
  /** Called once, when the service can no longer vouch for its state; the process has to end. */
  readonly onFailure: (failure: unknown) => void;
}

/**
 * Running → draining (no new acquisitions, no waiters; what is held stays held) → closed.
 * From running or draining → failed: the store, or an invariant, broke, or its term is over; every answer that is still owed,
 * and every later command, rejects with that failure.
 *
 * An answer waits for everything it was decided upon, refusals too: nobody learns of a grant, or of
 * its end, that a crash could still undo.
 */
export class LockService {
  /** The same service as operators see it. */
  readonly administration: AdministrationService;
  readonly #parts: LockServiceParts;
  readonly #manager: LockManager<PendingAcquisition>;
  /** Resolves when every fact so far is kept. */
  #kept: Promise<void> = Promise.resolve();
  /** Of sessions that want to hear of their losses, by id. */
  readonly #listeners = new Map<string, (notice: SessionNotice) => void>();
  readonly #watches = new HolderWatches();
  #alarm: Alarm | undefined;
  #alarmAt: Instant = FOREVER;
  #collection: Alarm | undefined;
  #phase: 'running' | 'draining' | 'closed' = 'running';
  #failure: { readonly cause: unknown } | undefined;

  private constructor(parts: LockServiceParts, manager: LockManager<PendingAcquisition>) {
    this.#parts = parts;
    this.#manager = manager;
    const { clock, logger, about = { version: '', role: () => 'single' } } = parts;
    this.administration = new AdministrationService({
      clock,
      logger,
      manager,
      watches: this.#watches,
      about,
      answer: (command) => this.#answer(command),
      whenKept: () => this.#whenKept(),
    });
  }

  /**
   * Opens the store and takes up what it kept.
   * @throws StateStoreError when the store cannot be opened; RestoreError when what it kept contradicts the rules.
   */
  static async start(parts: LockServiceParts): Promise<LockService> {
    const { rules, clock, store, tally } = parts;
    const recovered = await store.open();
    const now = clock.now();
    const manager = new LockManager<PendingAcquisition>({
      ...rules,
      keepLeasesOfGone: rules.keepLeasesOnDisconnect,
      // Microseconds of the clock: greater than what a server without a store gave before it stopped.
      fencingToken: Math.max(recovered.fencingToken, Math.trunc(now * 1000)),
      tally,
    });
    try {
      await takeUp(manager, recovered, parts);
    } catch (error) {
      await store.close().catch(() => undefined);
      throw error;
    }
    const service = new LockService(parts, manager);
    store.term?.over.then(
      (reason) => service.#leave(reason),
      () => undefined,
    );
    service.#setAlarm();
    service.#collectLater();
    return service;
  }

  /** How many leases live. */
  get leaseCount(): number {
    return this.#manager.leaseCount;
  }

  get census(): Census {
    return this.#manager.census;
  }

  now(): Instant {
    return this.#parts.clock.now();
  }

  get hasFailed(): boolean {
    return this.#broken !== undefined;
  }

  openSession(opening: {
    readonly kind: KindOfSession;
    readonly peer: string;
    readonly idleMs?: number;
    readonly listener?: (notice: SessionNotice) => void;
  }): SessionOpened | Refused {
    if (this.#phase !== 'running' || this.#broken !== undefined) {
      return this.#refuse('server-stopping');
    }
    const { kind, peer, idleMs = FOREVER, listener } = opening;
    const session = { id: this.#parts.keys.next(), kind, peer, idleMs };
    const { outcome } = this.#decide((now) => this.#manager.openSession(session, now));
    if (outcome.kind === 'opened') {
      if (listener !== undefined) {
        this.#listeners.set(session.id, listener);
      }
      this.#parts.logger.debug('Session opened', { session: session.id, peer });
    }
    return outcome;
  }

  touchSession(sessionId: string): boolean {
    if (this.#phase !== 'running' || this.#broken !== undefined) {
      return this.#manager.hasSession(sessionId);
    }
    return this.#decide((now) => this.#manager.touchSession(sessionId, now)).outcome;
  }

  /** See the port. */
  async openStreamSession(opening: {
    readonly sessionId: string;
    readonly peer: string;
    readonly recoveryMs: number;
    readonly owner?: Owner;
    readonly listener: (notice: SessionNotice) => void;
  }): Promise<SessionOpened | Refused> {
    if (this.#phase !== 'running') {
      return this.#refuse('server-stopping');
    }
    const { sessionId: id, peer, recoveryMs, owner, listener } = opening;
    const stream = { recoveryMs, ...(owner && { owner }) };
    const terms = { id, kind: 'stream', peer, stream } as const;
    const { outcome } = this.#decide((now) => this.#manager.openSession(terms, now));
    if (outcome.kind === 'opened') {
      this.#listeners.set(id, listener);
    }
    await this.#whenKept();
    return outcome;
  }

  /** See the port. */
  async resumeSession(resumption: {
    readonly sessionId: string;
    readonly peer: string;
    readonly listener: (notice: SessionNotice) => void;
  }): Promise<SessionResumed | Refused> {
    if (this.#phase !== 'running') {
      return this.#refuse('server-stopping');
    }
    const { sessionId, peer, listener } = resumption;
    const { outcome } = this.#decide((now) =>
      this.#manager.resumeSession({ sessionId, peer }, now),
    );
    if (outcome.kind === 'resumed') {
      this.#listeners.set(sessionId, listener);
    }
    await this.#whenKept();
    return outcome;
  }

  detachSession(sessionId: string): void {
    // While draining, streams end because the server goes; their sessions wait for it in the store.
    if (this.#phase === 'running') {
      this.#perform((now) => this.#manager.detachSession(sessionId, now));
    }
  }

  async endSession(sessionId: string, cause: SessionEnding): Promise<boolean> {
    // While draining, connections end because the server goes; their leases wait for it in the store.
    if (this.#phase === 'closed' || (this.#phase === 'draining' && cause === 'gone')) {
      return false;
    }
    const { outcome } = this.#decide((now) => this.#manager.endSession({ sessionId, cause }, now));
    this.#listeners.delete(sessionId);
    await this.#whenKept();
    this.#parts.logger.debug('Session ended', { session: sessionId, cause });
    return outcome;
  }

  acquire(request: Omit<AcquireCommand, 'key'>): PendingAcquisition {
    const acquisition = new PendingAcquisition(request, this.#parts.keys.next(), this);
    if (this.#phase !== 'running') {
      acquisition.decide(this.#refuse('server-stopping'), this.#kept);
      return acquisition;
    }
    try {
      const { outcome, kept } = this.#decide((now) => this.#manager.acquire(acquisition, now));
      if (outcome.kind === 'waiting') {
        acquisition.waiter = outcome.waiter;
      } else {
        acquisition.decide(outcome, kept);
      }
    } catch (failure) {
      acquisition.fail(failure);
    }
    return acquisition;
  }

  /** Called by acquisitions; see the port's Acquisition. */
  withdraw(acquisition: PendingAcquisition): void {
    if (acquisition.isWithdrawn || this.#phase === 'closed') {
      return;
    }
    acquisition.isWithdrawn = true;
    const { waiter, name } = acquisition;
    if (waiter !== undefined && acquisition.decision === undefined) {
      this.#perform((now) => this.#manager.withdraw(waiter, 'withdrawn', now));
    }
    // Read only now: what was due before the withdrawal may have granted it.
    const { decision } = acquisition;
    if (decision?.kind === 'granted') {
      const { key } = decision;
      this.#perform((now) => this.#manager.undo({ name, key }, now));
      this.#parts.logger.debug('Grant undone: its requester is gone', {
        lock: shortName(name),
        key: maskedKey(key),
      });
    }
  }

  /** Called by acquisitions whose decision is kept by now. */
  confirm(acquisition: PendingAcquisition): Promise<Granted | Refused> | Granted | Refused {
    const { decision } = acquisition;
    if (this.#broken !== undefined || decision === undefined) {
      return Promise.reject(this.#broken?.cause);
    }
    return decision.kind === 'granted' &&
      this.#isLost({ name: acquisition.name, key: decision.key })
      ? this.#whenEndIsKept('lease-ended')
      : decision;
  }

  release(request: {
    readonly name: string;
    readonly key: string;
    readonly by?: StreamRelease;
  }): Promise<Released | Refused> {
    return this.#answer((now) => this.#manager.release(request, now));
  }

  check(lease: { readonly name: string; readonly key: string }): Promise<Held | Refused> {
    return this.#answer((now) => this.#manager.check(lease, now));
  }

  async renew(request: {
    readonly name: string;
    readonly key: string;
    readonly leaseMs: number;
  }): Promise<Renewed | Refused> {
    const answer = await this.#answer((now) => this.#manager.renew(request, now));
    return answer.kind === 'renewed' && this.#isLost(request)
      ? this.#whenEndIsKept('lease-unknown')
      : answer;
  }

  /**
   * Takes no new acquisitions from here on and refuses those that wait; releases and renewals go on.
   * Resolves when every answer that was decided is on its way.
   */
  async drain(): Promise<void> {
    if (this.#phase === 'running') {
      this.#phase = 'draining';
      this.#alarm?.cancel();
      this.#collection?.cancel();
      this.#perform((now) => this.#manager.withdrawAll('server-stopping', now));
    }
    await this.#kept.catch(() => undefined);
    this.#watches.end();
  }

  /** Drains, then closes the store. What is held stays in it. */
  async close(): Promise<void> {
    await this.drain();
    this.#phase = 'closed';
    await this.#parts.store.close();
  }

  #answer<Outcome>(
    command: (now: Instant) => Decision<Outcome, PendingAcquisition>,
  ): Promise<Outcome | Refused> {
    if (this.#phase === 'closed') {
      return Promise.resolve(this.#refuse('server-stopping'));
    }
    try {
      const { outcome, kept } = this.#decide(command);
      return kept.then(() => {
        if (this.#broken !== undefined) {
          throw this.#broken.cause;
        }
        return outcome;
      });
    } catch (failure) {
      return Promise.reject(failure);
    }
  }

  /** Resolves when every fact so far is kept, and rejects when something has broken, then or before. */
  async #whenKept(): Promise<void> {
    await this.#kept;
    if (this.#broken !== undefined) {
      throw this.#broken.cause;
    }
  }

  /** Why nothing is answered any more. A term may be over before anybody has told of it. */
  get #broken(): { readonly cause: unknown } | undefined {
    const reason = this.#parts.store.term?.whyOver();
    if (reason !== undefined) {
      this.#leave(reason);
    }
    return this.#failure;
  }

  /** The term of the store is over, by its close or before. */
  #leave(reason: unknown): void {
    if (this.#phase !== 'closed') {
      this.#fail(reason);
    }
  }

  /** Whether a lease that was granted or renewed is over already: a slow store may outlast it. */
  #isLost(lease: { readonly name: string; readonly key: string }): boolean {
    return !this.#manager.isHeld(lease, this.now());
  }

  /** Tells of a lease's end no sooner than that is kept. */
  async #whenEndIsKept(code: RefusalCode): Promise<Refused> {
    if (this.#phase !== 'closed') {
      this.#perform((now) => this.#manager.expire(now));
    }
    await this.#whenKept();
    return this.#refuse(code);
  }

  #refuse(code: RefusalCode): Refused {
    this.#parts.tally?.refused(code);
    return refused(code);
  }

  /** Runs one command, hands its facts to the store and sees that those whose wait it ended are answered. */
  #decide<Outcome>(command: (now: Instant) => Decision<Outcome, PendingAcquisition>): {
    readonly outcome: Outcome;
    readonly kept: Promise<void>;
  } {
    if (this.#broken !== undefined) {
      throw this.#broken.cause;
    }
    try {
      const { outcome, facts, settlements, notices, changes } = command(this.#parts.clock.now());
      const kept = this.#keep(facts);
      if (changes.length > 0) {
        // A failing store fails those who watch, too.
        kept.then(
          () => this.#watches.tell(changes),
          () => undefined,
        );
      }
      if (notices.length > 0) {
        this.#tell(notices, kept);
      }
      for (const settlement of settlements) {
        settlement.command.decide(settlement.outcome, kept);
      }
      this.#setAlarm();
      return { outcome, kept };
    } catch (failure) {
      this.#fail(failure);
      throw failure;
    }
  }

  /** Runs a command whose outcome nobody waits for; a failure is reported by `#fail`. */
  #perform(command: (now: Instant) => Decision<unknown, PendingAcquisition>): void {
    if (this.#broken !== undefined) {
      return;
    }
    try {
      this.#decide(command);
    } catch {
      // #fail has told whoever composed the service.
    }
  }

  /** Tells sessions what happened to them, no sooner than that is kept. */
  #tell(notices: readonly SessionNotice[], kept: Promise<void>): void {
    for (const notice of notices) {
      const listener = this.#listeners.get(notice.sessionId);
      if (notice.kind === 'session-ended') {
        this.#listeners.delete(notice.sessionId);
      }
      if (listener !== undefined) {
        // A failing store stops the server; whom it could not tell finds out by that.
        kept.then(
          () => listener(notice),
          () => undefined,
        );
      }
    }
  }

  #keep(facts: readonly Fact[]): Promise<void> {
    if (facts.length > 0) {
      const kept = this.#append(facts);
      // Stores give one promise to all whose facts they keep together.
      if (kept !== this.#kept) {
        this.#kept = kept;
        kept.catch((failure: unknown) => this.#fail(failure));
      }
      this.#log(facts);
    }
    return this.#kept;
  }

  /** A store that throws, against its contract, fails like one that rejects. */
  #append(facts: readonly Fact[]): Promise<void> {
    try {
      return this.#parts.store.append(facts);
    } catch (failure) {
      return Promise.reject(failure);
    }
  }

  #fail(failure: unknown): void {
    if (this.#failure !== undefined) {
      return;
    }
    this.#failure = { cause: failure };
    this.#alarm?.cancel();
    this.#collection?.cancel();
    for (const waiter of this.#manager.waiters()) {
      waiter.command.fail(failure);
    }
    this.#watches.fail(failure);
    this.#parts.onFailure(failure);
  }

  /** Sees to it that an alarm rings at the nearest deadline or before. */
  #setAlarm(): void {
    const at = this.#manager.nextDeadlineAt;
    if (at >= this.#alarmAt || this.#phase !== 'running') {
      return;
    }
    this.#alarm?.cancel();
    this.#alarmAt = at;
    this.#alarm = this.#parts.clock.setAlarm(at, () => {
      this.#alarmAt = FOREVER;
      this.#perform((now) => this.#manager.expire(now));
    });
  }

  #collectLater(): void {
    const at = this.now() + this.#parts.rules.idleCollectionIntervalMs;
    this.#collection = this.#parts.clock.setAlarm(at, () => this.#collect(0, 0));
  }

  /** Sweeps one shard, and the next in another turn of the event loop. */
  #collect(shardIndex: number, collectedBefore: number): void {
    const { clock, logger, rules } = this.#parts;
    const sweep = { shardIndex, idleMs: rules.idleMinMs };
    const collected = collectedBefore + this.#manager.collectIdle(sweep, clock.now());
    if (shardIndex + 1 < this.#manager.shardCount) {
      this.#collection = clock.setAlarm(clock.now(), () =>
        this.#collect(shardIndex + 1, collected),
      );
      return;
    }
    if (collected > 0) {
      logger.info('Idle locks forgotten', { count: collected });
    }
    this.#collectLater();
  }

  #log(facts: readonly Fact[]): void {
    if (!this.#parts.logger.isEnabled('debug')) {
      return;
    }
    for (const fact of facts) {
      if (fact.type === 'session-opened' || fact.type === 'session-ended') {
        this.#parts.logger.debug(LINES[fact.type], { session: fact.sessionId });
      } else {
        this.#logLease(fact);
      }
    }
  }

  #logLease(fact: LeaseFact): void {
    const { type, name, key } = fact;
    const detail =
      fact.type === 'lease-granted'
        ? { session: fact.sessionId, fencing_token: fact.fencingToken, lease_ms: fact.leaseMs }
        : fact.type === 'lease-renewed'
          ? { lease_ms: fact.leaseMs }
          : { reason: fact.reason };
    const fields = { lock: shortName(name), key: maskedKey(key), ...detail };
    this.#parts.logger.debug(LINES[type], fields);
  }
}

/** In parts, with a turn of the event loop between two: a term is to be renewed meanwhile. Throws why it is over, if it is. */
async function takeUp(
  manager: LockManager<PendingAcquisition>,
  { sessions, leases }: RecoveredState,
  { clock, store, rules: { restoredLeaseMs } }: LockServiceParts,
): Promise<void> {
  const now = clock.now();
  const terms = { leaseMs: restoredLeaseMs, graceMs: store.term?.blindMs ?? 0 };
  manager.restore({ sessions, leases: [] }, terms, now);
  for (let from = 0; from < leases.length; from += RESTORED_AT_ONCE) {
    if (from > 0) {
      await new Promise<void>((resolve) => clock.setAlarm(clock.now(), resolve));
    }
    const reason = store.term?.whyOver();
    if (reason !== undefined) {
      throw reason;
    }
    const part = leases.slice(from, from + RESTORED_AT_ONCE);
    manager.restore({ sessions: [], leases: part }, terms, now);
  }
}

const LINES: Readonly<Record<Fact['type'], string>> = {
  'lease-granted': 'Lock granted',
  'lease-renewed': 'Lease renewed',
  'lease-ended': 'Lease ended',
  'session-opened': 'Stream session opened',
  'session-ended': 'Stream session ended',
};
