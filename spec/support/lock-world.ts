/** Why: arranges a LockManager and its sessions in one line, and tells briefly what came of it. */
import type { Decision, Held, SessionNotice } from '../../domain/decision.js';
import type { HolderChange, HolderDescription } from '../../domain/descriptions.js';
import type { Fact, StreamRelease } from '../../domain/facts.js';
import { FOREVER, type Instant } from '../../domain/instant.js';
import type { KeptLease } from '../../domain/kept-state.js';
import { LeaseLedger } from '../../domain/lease-ledger.js';
import { LockManager, type LockManagerOptions } from '../../domain/lock-manager.js';
import type { Owner } from '../../domain/owner.js';
import type { RefusalCode, Refused } from '../../domain/refusal.js';
import type { SessionEnding } from '../../domain/session.js';
import type { AcquireCommand, Waiter } from '../../domain/waiter.js';

interface LockWorldOptions extends Partial<LockManagerOptions> {
  /** Who is there from the beginning. */
  readonly sessions?: readonly string[];
}

/** What outcomes are told as: their kind, or the code of a refusal. */
export type Word =
  | 'opened'
  | 'resumed'
  | 'granted'
  | 'waiting'
  | 'released'
  | 'renewed'
  | 'revoked'
  | RefusalCode;

/**
 * Unless a spec says otherwise: the lock is 'printer' and has one slot, a session's key is its id,
 * and sessions, waits and leases have no end, nor their number a bound that matters. Time stands at
 * `now`, which the spec moves.
 */
export class LockWorld {
  readonly manager: LockManager;
  now: Instant = 0;
  /** What the last command did: the facts, such as 'expired ann' and 'granted bob'. */
  happened: readonly string[] = [];
  /** Whose waits the last command ended, such as 'bob granted' or 'cid wait-timeout'. */
  told: readonly string[] = [];
  /** Which stream sessions hear of what, such as 'ann lost k revoked' or 'ann ended'. */
  noticed: readonly string[] = [];
  /** What the last command tells who watches, such as 'granted ann of connection of ann, 0 wait'. */
  changed: readonly string[] = [];
  /** The last command's facts as they are. */
  facts: readonly Fact[] = [];
  /** Its outcome as it is. */
  outcome: unknown;
  /** Every fact so far, those from before a restart included. */
  readonly history: Fact[] = [];
  /** Of every grant so far, in order. */
  readonly fencingTokens: number[] = [];
  readonly #waiters = new Map<string, Waiter>();
  readonly #options: LockWorldOptions;

  constructor(options: LockWorldOptions = {}) {
    this.#options = options;
    const { sessions = ['ann', 'bob', 'cid', 'dee'], ...given } = options;
    const defaults: LockManagerOptions = {
      shardCount: 1,
      nameBytesMax: 64,
      sessionsMax: 1_000_000,
      waitersPerLockMax: 1_000_000,
      waitersMax: 1_000_000,
      keepLeasesOfGone: false,
      fencingToken: 0,
    };
    this.manager = new LockManager({ ...defaults, ...given });
    this.open(...sessions);
  }

  open(...sessionIds: readonly string[]): void {
    for (const id of sessionIds) {
      this.openFor(FOREVER, id);
    }
  }

  /** Opens a session that ends when it goes unheard of for `idleMs`. */
  openFor(idleMs: number, id: string): Word {
    const opening = { id, kind: 'connection', peer: `of ${id}`, idleMs } as const;
    return wordOf(this.#note(this.manager.openSession(opening, this.now)));
  }

  /** Opens a session that outlives its streams by `recoveryMs`. */
  openStream(id: string, recoveryMs = 10, owner?: Owner): Word {
    const stream = { recoveryMs, ...(owner && { owner }) };
    const opening = { id, kind: 'stream', peer: `of ${id}`, stream } as const;
    return wordOf(this.#note(this.manager.openSession(opening, this.now)));
  }

  resume(sessionId: string, peer = `of ${sessionId}`): Word {
    const resumption = { sessionId, peer };
    return wordOf(this.#note(this.manager.resumeSession(resumption, this.now)));
  }

  detach(sessionId: string): void {
    this.#note(this.manager.detachSession(sessionId, this.now));
  }

  touch(sessionId: string): boolean {
    return this.#note(this.manager.touchSession(sessionId, this.now));
  }

  acquire(sessionId: string, options: Partial<AcquireCommand> = {}): Word {
    const defaults = { name: 'printer', size: 1, waitMs: FOREVER, leaseMs: FOREVER };
    const command = { sessionId, key: sessionId, ...defaults, ...options };
    const outcome = this.#note(this.manager.acquire(command, this.now));
    if (outcome.kind === 'waiting') {
      this.#waiters.set(command.key, outcome.waiter);
    }
    return wordOf(outcome);
  }

  tryAcquire(sessionId: string, options: Partial<AcquireCommand> = {}): Word {
    return this.acquire(sessionId, { ...options, waitMs: 0 });
  }

  release(key: string, name = 'printer'): Word {
    return wordOf(this.#note(this.manager.release({ name, key }, this.now)));
  }

  /** A stream session releases a lease by a request with a number. */
  releaseBy(
    by: Omit<StreamRelease, 'heardBelow'> & Partial<StreamRelease>,
    key: string,
    name = 'printer',
  ): Word {
    const command = { name, key, by: { heardBelow: 1, ...by } };
    return wordOf(this.#note(this.manager.release(command, this.now)));
  }

  /** Undoes a grant whose answer could not leave. */
  undo(key: string, name = 'printer'): void {
    this.#note(this.manager.undo({ name, key }, this.now));
  }

  check(key: string, name = 'printer'): Word {
    return wordOf(this.#note(this.manager.check({ name, key }, this.now)));
  }

  renew(key: string, leaseMs: number, name = 'printer'): Word {
    return wordOf(this.#note(this.manager.renew({ name, key, leaseMs }, this.now)));
  }

  revoke(command: { readonly name: string; readonly key?: string }): Word {
    return wordOf(this.#note(this.manager.revoke(command, this.now)));
  }

  /** Of the lock 'printer', any number at once. */
  revokeMany(command: { readonly upToToken: number; readonly countMax?: number }): unknown {
    const defaults = { name: 'printer', countMax: 1_000 };
    return this.#note(this.manager.revokeMany({ ...defaults, ...command }, this.now));
  }

  kick(sessionId: string): unknown {
    return this.#note(this.manager.kick(sessionId, this.now));
  }

  /** Withdraws the request with that key; it must have waited once. */
  withdraw(key: string, code: RefusalCode = 'withdrawn'): void {
    const waiter = this.#waiters.get(key);
    if (waiter === undefined) {
      throw new Error(`no request with the key '${key}' has waited`);
    }
    this.#note(this.manager.withdraw(waiter, code, this.now));
  }

  withdrawAll(code: RefusalCode): void {
    this.#note(this.manager.withdrawAll(code, this.now));
  }

  /** @returns whether the session lived. */
  end(sessionId: string, cause: SessionEnding = 'closed'): boolean {
    return this.#note(this.manager.endSession({ sessionId, cause }, this.now));
  }

  expire(): void {
    this.#note(this.manager.expire(this.now));
  }

  /**
   * What a server is after a crash that finds every fact of this one kept: restored leases last for
   * `leaseMs`, and nobody is there.
   */
  restart(leaseMs: number, { graceMs = 0 } = {}): LockWorld {
    const ledger = new LeaseLedger();
    for (const fact of this.history) {
      ledger.apply(fact);
    }
    const { leases, sessions, fencingToken } = ledger;
    const world = new LockWorld({ ...this.#options, fencingToken, sessions: [] });
    world.now = this.now;
    world.history.push(...this.history);
    const kept = { leases: leases.values(), sessions: sessions.values() };
    world.manager.restore(kept, { leaseMs, graceMs }, world.now);
    return world;
  }

  /** Restores leases, each given by what matters to the spec. */
  restore(leases: readonly Partial<KeptLease>[], leaseMs: number): void {
    const defaults = { name: 'printer', size: 1, fencingToken: 1, leaseMs: 1, sessionId: 'gone' };
    const kept = leases.map((lease, index) => ({
      ...defaults,
      key: `kept-${index}`,
      at: this.now,
      ...lease,
    }));
    this.manager.restore({ leases: kept, sessions: [] }, { leaseMs }, this.now);
  }

  /** Forgets the locks that have been idle for `idleMs`. @returns how many. */
  collect(idleMs: number, shardIndex = 0): number {
    return this.manager.collectIdle({ shardIndex, idleMs }, this.now);
  }

  /** The keys of those who hold a lock, in order of their grants. */
  holders(name = 'printer'): readonly string[] {
    return this.descriptions()
      .filter((holder) => holder.name === name)
      .sort((one, other) => one.fencingToken - other.fencingToken)
      .map((holder) => holder.key);
  }

  descriptions(): HolderDescription[] {
    return [...this.manager.holders()].filter((holder) => holder !== undefined);
  }

  /** The keys of all who wait for anything. */
  waiters(): readonly string[] {
    return [...this.manager.waiters()].map((waiter) => waiter.command.key);
  }

  #note<Outcome>(decision: Decision<Outcome, AcquireCommand>): Outcome {
    const { outcome, facts, settlements, notices, changes } = decision;
    this.changed = changes.map(changeOf);
    this.outcome = outcome;
    this.facts = facts;
    this.noticed = notices.map(noticeOf);
    this.happened = facts.map(lineOf);
    this.told = settlements.map((one) => `${one.command.key} ${wordOf(one.outcome)}`);
    for (const fact of facts) {
      this.history.push(fact);
      if (fact.type === 'lease-granted') {
        this.fencingTokens.push(fact.fencingToken);
      }
    }
    return outcome;
  }
}

function wordOf(
  outcome: { readonly kind: Exclude<Word, RefusalCode> | Held['kind'] } | Refused,
): Word {
  return outcome.kind === 'refused' ? outcome.code : outcome.kind;
}

function lineOf(fact: Fact): string {
  const verb = fact.type === 'lease-ended' ? fact.reason : fact.type.replace('lease-', '');
  return `${verb} ${'key' in fact ? fact.key : fact.sessionId}`;
}

function changeOf(change: HolderChange): string {
  const { key, session, waiterCount } = change.holder;
  const verb = change.kind === 'ended' ? change.reason : change.kind;
  return `${verb} ${key} of ${session}, ${waiterCount} wait`;
}

function noticeOf(notice: SessionNotice): string {
  const { sessionId } = notice;
  return notice.kind === 'session-ended'
    ? `${sessionId} ended`
    : `${sessionId} lost ${notice.key} ${notice.reason}`;
}
