/**
 * Why: the deterministic machine in the middle. A command and an instant go in; an outcome, facts and
 * the ends of others' waits come out. The rules of exclusion, fairness and fencing over all locks stand here.
 */
import type { Census, KindOfSession } from './census.js';
import { DeadlineHeap } from './deadline-heap.js';
import type {
  Decision,
  Granted,
  Held,
  Kicked,
  Released,
  Renewed,
  Revoked,
  RevokedMany,
  SessionNotice,
  SessionOpened,
  SessionResumed,
  Settlement,
  Waiting,
} from './decision.js';
import {
  describedLease,
  describedLock,
  describedSession,
  describedWaiter,
  type HolderChange,
  type HolderDescription,
  type LockCounts,
  type LockDescription,
  type SessionDescription,
  type WaiterDescription,
} from './descriptions.js';
import type { Fact, LeaseEnded, LeaseEnding, LeaseGranted, StreamRelease } from './facts.js';
import { FOREVER, type Instant } from './instant.js';
import { invariant } from './invariant.js';
import type { KeptLease, KeptSession } from './kept-state.js';
import { Lease } from './lease.js';
import type { Lock } from './lock.js';
import { LockTable } from './lock-table.js';
import { isLongerThan } from './name-length.js';
import { type RefusalCode, type Refused, refused } from './refusal.js';
import { RestoredClaims } from './restored-claims.js';
import { Session, type SessionEnding, type SessionTerms } from './session.js';
import { Tally } from './tally.js';
import { type AcquireCommand, Waiter } from './waiter.js';

/** The greatest size a lock may have: that of an int32, as the wire has it. */
export const SIZE_MAX = 2_147_483_647;

/** How many deadlines that have passed one command sees to, so that a crowd of them stops nobody. */
const EXPIRED_PER_COMMAND = 1_000;

const NOTHING: readonly never[] = [];

/**
 * What a fact may lack is written into it: copies by `...` outlive young collections, which costs a busy server more than
 * deciding does.
 */
type InTheMaking<Made extends Fact> = { -readonly [Member in keyof Made]: Made[Member] };

const UNBOUNDED = {
  sessionsMax: Number.POSITIVE_INFINITY,
  waitersPerLockMax: Number.POSITIVE_INFINITY,
  waitersMax: Number.POSITIVE_INFINITY,
  keepLeasesOfGone: false,
  tally: undefined,
};

export interface LockManagerOptions {
  /** Into how many maps the lock table is split: 1 or more. */
  readonly shardCount: number;
  /** The longest name, in bytes of UTF-8. */
  readonly nameBytesMax: number;
  /** How many sessions, waiters of one lock, and waiters in all there may be; any number unless given. */
  readonly sessionsMax?: number;
  readonly waitersPerLockMax?: number;
  readonly waitersMax?: number;
  /** Whether the leases of a session live on whose client is found to be gone; they do not unless given. */
  readonly keepLeasesOfGone?: boolean;
  /** The last fencing token given, or a number that is as good: the next one is greater. */
  readonly fencingToken: number;
  /** What it decides is counted there, after what was counted before; in a new one unless given. */
  readonly tally?: Tally | undefined;
}

/** What is restored contradicts the rules: more holders than slots, or two sizes of one lock. */
export class RestoreError extends Error {
  override readonly name = 'RestoreError';
}

/**
 * Instants given to its methods never go back. Every command first sees to the deadlines that have
 * passed, so that a late timer changes nothing: what has expired is neither renewed nor released, and
 * its slot goes to whom it belongs. `Command` is what callers hand in and get back when a wait ends.
 */
export class LockManager<Command extends AcquireCommand = AcquireCommand> {
  readonly #options: Required<LockManagerOptions>;
  readonly #tally: Tally;
  readonly #table: LockTable;
  readonly #sessions = new Map<string, Session>();
  readonly #deadlines = new DeadlineHeap<Lease | Waiter | Session>();
  #fencingToken: number;
  #leaseCount = 0;
  #waiterCount = 0;
  readonly #sessionCounts: Record<KindOfSession, number> = { connection: 0, rest: 0, stream: 0 };
  /** Whether decisions tell of changes: descriptions that nobody looks at are not made. */
  isWatched = false;
  /** What the command under way has brought about so far; `#decision` hands them out and begins anew. */
  #facts: Fact[] = [];
  #settlements: Settlement<Command>[] = [];
  #notices: SessionNotice[] = [];
  #changes: HolderChange[] = [];

  constructor(options: LockManagerOptions) {
    this.#options = { ...UNBOUNDED, ...options };
    this.#tally = options.tally ?? new Tally();
    this.#table = new LockTable(options.shardCount);
    this.#fencingToken = options.fencingToken;
  }

  get leaseCount(): number {
    return this.#leaseCount;
  }

  get census(): Census {
    return {
      locks: this.#table.lockCount,
      leases: this.#leaseCount,
      waiters: this.#waiterCount,
      sessions: { ...this.#sessionCounts },
    };
  }

  get counts(): LockCounts {
    const { grants, renewals, endings } = this.#tally;
    return {
      lockCount: this.#table.lockCount,
      leaseCount: this.#leaseCount,
      waiterCount: this.#waiterCount,
      sessionCount: this.#sessions.size,
      grantCount: grants,
      renewalCount: renewals,
      endCounts: { ...endings },
      fencingToken: this.#fencingToken,
    };
  }

  get shardCount(): number {
    return this.#table.shardCount;
  }

  /** When `expire` has something to do; FOREVER for never. */
  get nextDeadlineAt(): Instant {
    return this.#deadlines.first()?.deadlineAt ?? FOREVER;
  }

  /**
   * Takes in what the store kept, before the first command; in several parts if need be, sessions no later than their leases.
   * Each lease lasts for `leaseMs`, or for as long as the client of a stream session may believe in it, and `graceMs`, if that
   * is longer.
   * @throws RestoreError when leases contradict one another.
   */
  restore(
    kept: { readonly leases: Iterable<KeptLease>; readonly sessions: Iterable<KeptSession> },
    terms: { readonly leaseMs: number; readonly graceMs?: number },
    now: Instant,
  ): void {
    const { leaseMs, graceMs = 0 } = terms;
    for (const { sessionId: id, recoveryMs, owner, releases } of kept.sessions) {
      const stream = { recoveryMs, ...(owner && { owner }) };
      const session = new Session({ id, kind: 'stream', stream }, now);
      session.claims = new RestoredClaims(releases);
      session.deadlineAt = now + Math.max(leaseMs, session.believedMs + graceMs);
      this.#sessions.set(id, session);
      this.#sessionCounts[session.kind] += 1;
      if (session.deadlineAt !== FOREVER) {
        this.#deadlines.add(session);
      }
    }
    this.#restoreLeases(kept.leases, { leaseMs, graceMs }, now);
  }

  #restoreLeases(
    leases: Iterable<KeptLease>,
    { leaseMs, graceMs }: { readonly leaseMs: number; readonly graceMs: number },
    now: Instant,
  ): void {
    for (const kept of leases) {
      const lock = this.#table.find(kept.name) ?? this.#table.add(kept.name, kept.size, now);
      if (lock.size !== kept.size || lock.holders.length >= lock.size) {
        throw new RestoreError(
          `lock ${JSON.stringify(kept.name)} of size ${lock.size} is kept with more, or other, ` +
            'holders than it can have: restore the store from a copy, or begin with a new one',
        );
      }
      this.#fencingToken = Math.max(this.#fencingToken, kept.fencingToken);
      const session = this.#sessions.get(kept.sessionId);
      const believedMs = session === undefined ? 0 : session.believedMs + graceMs;
      const expiresAt = now + Math.max(leaseMs, Math.min(kept.leaseMs, believedMs));
      const { key, fencingToken, at, metadata } = kept;
      const lease = new Lease(lock, key, fencingToken, at, session, expiresAt, metadata);
      session?.addLease(lease);
      session?.claims?.add(lease, kept);
      this.#hold(lease);
    }
  }

  openSession(terms: SessionTerms, now: Instant): Decision<SessionOpened | Refused, Command> {
    this.#catchUp(now, undefined);
    invariant(!this.#sessions.has(terms.id), 'a session opens once');
    if (this.#sessions.size >= this.#options.sessionsMax) {
      return this.#refuse('too-many-sessions');
    }
    const session = new Session(terms, now);
    this.#sessions.set(session.id, session);
    this.#sessionCounts[session.kind] += 1;
    if (session.deadlineAt !== FOREVER) {
      this.#deadlines.add(session);
    }
    if (session.stream !== undefined) {
      const at = Math.round(now);
      this.#facts.push({ type: 'session-opened', sessionId: session.id, ...session.stream, at });
    }
    return this.#decision({ kind: 'opened', sessionId: session.id });
  }

  /**
   * The client of a stream session is back, or here by another stream. Leases from before a restart
   * last as long as they did before.
   */
  resumeSession(
    resumption: { readonly sessionId: string; readonly peer: string },
    now: Instant,
  ): Decision<SessionResumed | Refused, Command> {
    this.#catchUp(now, undefined);
    const session = this.#present(resumption.sessionId, now);
    if (session?.stream === undefined) {
      return this.#refuse('session-unknown');
    }
    this.#deadlines.remove(session);
    session.deadlineAt = FOREVER;
    session.peer = resumption.peer;
    if (session.claims?.isUnclaimed) {
      for (const [lease, endsAt] of session.claims.claim(now)) {
        this.#deadlines.remove(lease);
        lease.deadlineAt = endsAt;
        if (endsAt !== FOREVER) {
          this.#deadlines.add(lease);
        }
      }
    }
    return this.#decision({ kind: 'resumed', recoveryMs: session.stream.recoveryMs });
  }

  /** A stream session is without a stream: it ends after its recovery window, unless it is resumed. */
  detachSession(sessionId: string, now: Instant): Decision<void, Command> {
    this.#catchUp(now, undefined);
    const session = this.#sessions.get(sessionId);
    const recoveryMs = session?.stream?.recoveryMs;
    if (session !== undefined && recoveryMs !== undefined && session.deadlineAt === FOREVER) {
      if (recoveryMs === 0) {
        this.#endSession(session, 'gone', now);
      } else {
        session.deadlineAt = now + recoveryMs;
        this.#deadlines.add(session);
      }
    }
    return this.#decision(undefined);
  }

  hasSession(sessionId: string): boolean {
    return this.#sessions.has(sessionId);
  }

  /** Moves the end of the session's idle time out. Tells whether the session lives. */
  touchSession(sessionId: string, now: Instant): Decision<boolean, Command> {
    this.#catchUp(now, undefined);
    return this.#decision(this.#present(sessionId, now) !== undefined);
  }

  /** Withdraws the session's waiters, then ends its leases or lets go of them. Tells whether it lived. */
  endSession(
    end: { readonly sessionId: string; readonly cause: SessionEnding },
    now: Instant,
  ): Decision<boolean, Command> {
    this.#catchUp(now, undefined);
    const session = this.#sessions.get(end.sessionId);
    if (session !== undefined) {
      this.#endSession(session, end.cause, now);
    }
    return this.#decision(session !== undefined);
  }

  /** Ends a session by an operator's will, with all that it holds and waits for. */
  kick(sessionId: string, now: Instant): Decision<Kicked | Refused, Command> {
    this.#catchUp(now, undefined);
    const session = this.#sessions.get(sessionId);
    if (session === undefined) {
      return this.#decision(refused('session-unknown'));
    }
    const { description, leases, waiters } = session;
    const [leaseCount, waiterCount] = [leases.length, waiters.length];
    for (const waiter of [...session.waiters]) {
      this.#settle(waiter, refused('session-unknown'));
    }
    this.#endSession(session, 'kicked', now);
    return this.#decision({
      kind: 'kicked',
      sessionId,
      session: description,
      leaseCount,
      waiterCount,
    });
  }

  acquire(command: Command, now: Instant): Decision<Granted | Waiting<Command> | Refused, Command> {
    const objection = this.#objectionTo(command);
    if (objection !== undefined) {
      return this.#refuse(objection);
    }
    const known = this.#table.find(command.name);
    this.#catchUp(now, known);
    const session = this.#present(command.sessionId, now);
    if (session === undefined) {
      return this.#refuse('session-unknown');
    }
    if (known !== undefined && known.size !== command.size) {
      return this.#refuse('size-mismatch');
    }
    const grantedBefore = session.claims?.grantOf(command.requestId);
    if (grantedBefore !== undefined) {
      const { key, fencingToken } = grantedBefore;
      return this.#decision({ kind: 'granted', key, fencingToken, waitedMs: 0 });
    }
    const lock = known ?? this.#table.add(command.name, command.size, now);
    if (lock.isOpen) {
      return this.#decision(this.#grant(lock, session, command, now));
    }
    if (command.waitMs === 0) {
      return this.#refuse('held');
    }
    const { waitersPerLockMax, waitersMax } = this.#options;
    if (lock.waiterCount >= waitersPerLockMax || this.#waiterCount >= waitersMax) {
      return this.#refuse('too-many-waiters');
    }
    const waiter = new Waiter(command, lock, session, now, now + command.waitMs);
    lock.enqueue(waiter);
    session.addWaiter(waiter);
    this.#waiterCount += 1;
    if (waiter.deadlineAt !== FOREVER) {
      this.#deadlines.add(waiter);
    }
    return this.#decision({ kind: 'waiting', waiter });
  }

  /** Ends a wait with `code`. A waiter that has been settled by now is left as it is. */
  withdraw(waiter: Waiter<Command>, code: RefusalCode, now: Instant): Decision<void, Command> {
    this.#catchUp(now, waiter.lock);
    if (waiter.isQueued) {
      this.#settle(waiter, refused(code));
    }
    return this.#decision(undefined);
  }

  /** Ends every wait with `code`. */
  withdrawAll(code: RefusalCode, now: Instant): Decision<void, Command> {
    this.#catchUp(now, undefined);
    for (const session of this.#sessions.values()) {
      for (const waiter of [...session.waiters]) {
        this.#settle(waiter, refused(code));
      }
    }
    return this.#decision(undefined);
  }

  release(
    command: { readonly name: string; readonly key: string; readonly by?: StreamRelease },
    now: Instant,
  ): Decision<Released | Refused, Command> {
    const lock = this.#find(command.name, now);
    const lease = lock?.holderWith(command.key);
    const session = command.by && this.#sessions.get(command.by.sessionId);
    if (lease !== undefined) {
      this.#endLease(lease, 'released', now, session && command.by);
      return this.#decision({ kind: 'released' });
    }
    return session?.claims?.isReleasedBy(command.by?.requestId)
      ? this.#decision({ kind: 'released' })
      : this.#refuse(lock === undefined ? 'lock-unknown' : 'key-invalid');
  }

  /** Undoes a grant that its requester does not want any more. */
  undo(
    grant: { readonly name: string; readonly key: string },
    now: Instant,
  ): Decision<void, Command> {
    const lease = this.#find(grant.name, now)?.holderWith(grant.key);
    if (lease !== undefined) {
      this.#endLease(lease, 'released', now, undefined, false);
    }
    return this.#decision(undefined);
  }

  /** Whether a lease lives. */
  check(
    lease: { readonly name: string; readonly key: string },
    now: Instant,
  ): Decision<Held | Refused, Command> {
    const held = this.#find(lease.name, now)?.holderWith(lease.key);
    return held === undefined
      ? this.#refuse('lease-unknown')
      : this.#decision({ kind: 'held', fencingToken: held.fencingToken });
  }

  /** Moves a lease's end to `leaseMs` from now; a lease without an end has none to move. */
  renew(
    command: { readonly name: string; readonly key: string; readonly leaseMs: number },
    now: Instant,
  ): Decision<Renewed | Refused, Command> {
    if (!(command.leaseMs > 0 && command.leaseMs < FOREVER)) {
      return this.#refuse('lease-time-invalid');
    }
    const lease = this.#find(command.name, now)?.holderWith(command.key);
    if (lease === undefined || lease.deadlineAt === FOREVER) {
      return this.#refuse('lease-unknown');
    }
    this.#deadlines.move(lease, now + command.leaseMs);
    const { name, key, leaseMs } = command;
    this.#facts.push({ type: 'lease-renewed', name, key, leaseMs, at: Math.round(now) });
    this.#tally.renewed();
    if (this.isWatched) {
      this.#changes.push({ kind: 'renewed', holder: describedLease(lease) });
    }
    return this.#decision({ kind: 'renewed', fencingToken: lease.fencingToken });
  }

  /** Ends a lease by an operator's will; without a key, the only one that the lock has. */
  revoke(
    command: { readonly name: string; readonly key?: string },
    now: Instant,
  ): Decision<Revoked | Refused, Command> {
    const lock = this.#find(command.name, now);
    if (lock === undefined || (command.key === undefined && lock.holders.length === 0)) {
      return this.#refuse('lock-unknown');
    }
    if (command.key === undefined && lock.holders.length > 1) {
      return this.#refuse('key-needed');
    }
    const lease = command.key === undefined ? lock.holders[0] : lock.holderWith(command.key);
    if (lease === undefined) {
      return this.#refuse('key-invalid');
    }
    this.#endLease(lease, 'revoked', now);
    return this.#decision({ kind: 'revoked', key: lease.key });
  }

  /**
   * Ends the leases of a lock, `countMax` of them at most, that were given a fencing token of `upToToken` or less: who is
   * granted a slot that comes free by that keeps it.
   */
  revokeMany(
    command: { readonly name: string; readonly upToToken: number; readonly countMax: number },
    now: Instant,
  ): Decision<RevokedMany | Refused, Command> {
    const lock = this.#find(command.name, now);
    if (lock === undefined || lock.holders.length === 0) {
      return this.#decision(refused('lock-unknown'));
    }
    const leases: Lease[] = [];
    for (const lease of lock.holders) {
      if (lease.fencingToken <= command.upToToken && leases.length < command.countMax) {
        leases.push(lease);
      }
    }
    for (const lease of leases) {
      this.#endLease(lease, 'revoked', now);
    }
    return this.#decision({ kind: 'revoked-many', count: leases.length });
  }

  /** Sees to deadlines that have passed; if there are very many, to the first of them. */
  expire(now: Instant): Decision<void, Command> {
    this.#catchUp(now, undefined);
    return this.#decision(undefined);
  }

  /** Forgets the idle locks of one shard. @returns how many. */
  collectIdle(
    sweep: { readonly shardIndex: number; readonly idleMs: number },
    now: Instant,
  ): number {
    return this.#table.collect(sweep.shardIndex, sweep.idleMs, now);
  }

  /**
   * Every lease, as it is when the iteration comes to it; undefined for each lock that has none, so that a
   * caller who takes breaks can take them there, too.
   */
  *holders(): Iterable<HolderDescription | undefined> {
    for (const lock of this.#locks()) {
      if (lock.holders.length === 0) {
        yield undefined;
      }
      for (const lease of lock.holders) {
        yield describedLease(lease);
      }
    }
  }

  /** The leases of one lock; none if it is not known. */
  *holdersOf(name: string): Iterable<HolderDescription> {
    for (const lease of this.#table.find(name)?.holders ?? []) {
      yield describedLease(lease);
    }
  }

  /** Who waits for one lock, in order. Goes on however many come and leave meanwhile. */
  *waitersOf(name: string): Iterable<WaiterDescription> {
    for (const waiter of this.#table.find(name)?.waiters ?? []) {
      yield describedWaiter(waiter);
    }
  }

  lockNamed(name: string): LockDescription | undefined {
    const lock = this.#table.find(name);
    return lock && describedLock(lock);
  }

  /** Every lock that is known, held or not. */
  *locks(): Iterable<LockDescription> {
    for (const lock of this.#locks()) {
      yield describedLock(lock);
    }
  }

  *sessions(): Iterable<SessionDescription> {
    for (const session of this.#sessions.values()) {
      yield describedSession(session);
    }
  }

  /** Everyone who waits. */
  *waiters(): Iterable<Waiter<Command>> {
    for (const session of this.#sessions.values()) {
      yield* session.waiters as readonly Waiter<Command>[];
    }
  }

  /** Whether a lease with that key lives at that instant. */
  isHeld(lease: { readonly name: string; readonly key: string }, now: Instant): boolean {
    const found = this.#table.find(lease.name)?.holderWith(lease.key);
    return found !== undefined && found.deadlineAt > now;
  }

  *#locks(): Iterable<Lock> {
    for (let shardIndex = 0; shardIndex < this.#table.shardCount; shardIndex += 1) {
      yield* this.#table.locksOf(shardIndex);
    }
  }

  #objectionTo(command: Command): RefusalCode | undefined {
    if (!(command.leaseMs > 0)) {
      return 'lease-time-invalid';
    }
    if (!(command.waitMs >= 0)) {
      return 'wait-time-invalid';
    }
    if (command.name === '') {
      return 'name-empty';
    }
    if (isLongerThan(command.name, this.#options.nameBytesMax)) {
      return 'name-too-long';
    }
    if (!(Number.isInteger(command.size) && command.size > 0 && command.size <= SIZE_MAX)) {
      return 'size-invalid';
    }
    return undefined;
  }

  #find(name: string, now: Instant): Lock | undefined {
    const lock = this.#table.find(name);
    this.#catchUp(now, lock);
    return lock;
  }

  /** Sees to passed deadlines: all of them or, if they are a crowd, the first ones and all of `lock`. */
  #catchUp(now: Instant, lock: Lock | undefined): void {
    for (let seen = 0; this.nextDeadlineAt <= now; seen += 1) {
      if (seen === EXPIRED_PER_COMMAND) {
        if (lock !== undefined) {
          this.#catchUpOn(lock, now);
        }
        return;
      }
      const due = this.#deadlines.first();
      invariant(due !== undefined, 'a deadline that has passed is someone’s');
      this.#expire(due, now);
    }
  }

  #catchUpOn(lock: Lock, now: Instant): void {
    const due = lock.holders
      .filter((lease) => lease.deadlineAt <= now)
      .sort((one, other) => one.deadlineAt - other.deadlineAt);
    for (const lease of due) {
      this.#endLease(lease, 'expired', now);
    }
  }

  #expire(due: Lease | Waiter | Session, now: Instant): void {
    if (due instanceof Lease) {
      this.#endLease(due, 'expired', now);
    } else if (due instanceof Waiter) {
      this.#settle(due, refused('wait-timeout'));
    } else if (due.stream === undefined && due.waiters.length > 0) {
      this.#deadlines.move(due, now + due.idleMs);
    } else {
      this.#endSession(due, 'gone', now);
    }
  }

  /** The session, which is heard of by this; undefined if it has ended or its idle time is over. */
  #present(sessionId: string, now: Instant): Session | undefined {
    const session = this.#sessions.get(sessionId);
    if (session === undefined || session.deadlineAt === FOREVER) {
      return session;
    }
    if (session.deadlineAt <= now) {
      // One of a crowd of passed deadlines, whose turn has not come.
      this.#expire(session, now);
      return this.#sessions.get(sessionId);
    }
    this.#heardOf(session, now);
    return session;
  }

  /** Its idle time, if it has one, begins anew. */
  #heardOf(session: Session, now: Instant): void {
    if (session.stream === undefined && session.deadlineAt !== FOREVER) {
      this.#deadlines.move(session, now + session.idleMs);
    }
  }

  #endSession(session: Session, cause: SessionEnding, now: Instant): void {
    this.#sessions.delete(session.id);
    this.#sessionCounts[session.kind] -= 1;
    this.#deadlines.remove(session);
    for (const waiter of [...session.waiters]) {
      this.#settle(waiter, refused('withdrawn'));
    }
    for (const lease of [...session.leases]) {
      // Leases from before a restart that nobody came back for have an end of their own.
      const isUnclaimed = cause !== 'kicked' && (session.claims?.isWaitingFor(lease) ?? false);
      if (isUnclaimed || (cause === 'gone' && this.#options.keepLeasesOfGone)) {
        session.removeLease(lease);
        lease.session = undefined;
      } else {
        this.#endLease(lease, 'session-ended', now);
      }
    }
    if (session.stream !== undefined) {
      const { id: sessionId } = session;
      this.#facts.push({ type: 'session-ended', sessionId, at: Math.round(now) });
      this.#notices.push({ kind: 'session-ended', sessionId });
    } else if (cause === 'kicked') {
      this.#notices.push({ kind: 'session-ended', sessionId: session.id });
    }
  }

  /** @param waiter the one whose turn it is; none for who need not wait. Until it is granted it stays in its queue. */
  #grant(lock: Lock, session: Session, command: Command, now: Instant, waiter?: Waiter): Granted {
    this.#fencingToken += 1;
    const fencingToken = this.#fencingToken;
    invariant(Number.isSafeInteger(fencingToken), 'fencing tokens are whole numbers below 2^53');
    invariant(lock.holderWith(command.key) === undefined, 'a key is given once');
    const { name, size, key, leaseMs, sessionId, requestId, metadata } = command;
    const at = Math.round(now);
    const lease = new Lease(lock, key, fencingToken, at, session, now + leaseMs, metadata);
    session.addLease(lease);
    this.#hold(lease);
    lock.grantCount += 1;
    this.#tally.granted();
    const waitedMs = now - (waiter?.queuedAt ?? now);
    if (waiter !== undefined) {
      this.#leave(waiter);
      this.#tally.waits.add(waitedMs);
    }
    if (this.isWatched) {
      this.#changes.push({ kind: 'granted', holder: describedLease(lease) });
    }
    const fact: InTheMaking<LeaseGranted> = {
      type: 'lease-granted',
      name,
      size,
      key,
      fencingToken,
      leaseMs,
      sessionId,
      at,
    };
    if (requestId !== undefined) {
      fact.requestId = requestId;
      if (metadata !== undefined) {
        fact.metadata = metadata;
      }
    }
    this.#facts.push(fact);
    return { kind: 'granted', key, fencingToken, waitedMs };
  }

  #hold(lease: Lease): void {
    lease.lock.addHolder(lease);
    this.#leaseCount += 1;
    if (lease.deadlineAt !== FOREVER) {
      this.#deadlines.add(lease);
    }
  }

  /**
   * Takes the lease from its holder and serves the waiters that its slot is free for now.
   * @param by the stream session's request that released it. @param isNews whether its session
   * would not know otherwise.
   */
  #endLease(
    lease: Lease,
    reason: LeaseEnding,
    now: Instant,
    by?: StreamRelease,
    isNews = lease.session?.id !== by?.sessionId,
  ): void {
    const { lock, key, session } = lease;
    if (this.isWatched) {
      this.#changes.push({ kind: 'ended', holder: describedLease(lease), reason });
    }
    this.#deadlines.remove(lease);
    lock.removeHolder(lease, now);
    session?.removeLease(lease);
    this.#leaseCount -= 1;
    this.#tally.ended(reason, now - lease.grantedAt);
    const { name } = lock;
    const at = Math.round(now);
    const fact: InTheMaking<LeaseEnded> = { type: 'lease-ended', name, key, reason, at };
    if (by !== undefined) {
      fact.by = by;
    }
    this.#facts.push(fact);
    if (session?.stream !== undefined && isNews && reason !== 'session-ended') {
      this.#notices.push({ kind: 'lease-lost', sessionId: session.id, name, key, reason });
    }
    // An expired lease freed its slot at its deadline, however late that is seen to.
    const freedAt = reason === 'expired' ? lease.deadlineAt : now;
    for (let waiter = lock.next; waiter !== undefined; waiter = lock.next) {
      if (waiter.deadlineAt <= freedAt) {
        this.#settle(waiter, refused('wait-timeout'));
      } else if (waiter.session.isLost(freedAt)) {
        this.#settle(waiter, refused('withdrawn'));
      } else {
        const { command, session } = waiter as Waiter<Command>;
        const outcome = this.#grant(lock, session, command, now, waiter);
        this.#settlements.push({ command, outcome });
        // While it waited it was not idle.
        this.#heardOf(session, now);
      }
    }
  }

  #settle(waiter: Waiter, outcome: Refused): void {
    this.#leave(waiter);
    this.#tally.refused(outcome.code);
    this.#settlements.push({ command: waiter.command as Command, outcome });
  }

  /** Takes a waiter out of everything that it is in. */
  #leave(waiter: Waiter): void {
    this.#deadlines.remove(waiter);
    waiter.lock.dequeue(waiter);
    waiter.session.removeWaiter(waiter);
    this.#waiterCount -= 1;
  }

  #refuse(code: RefusalCode): Decision<Refused, Command> {
    this.#tally.refused(code);
    return this.#decision(refused(code));
  }

  /** Hands out what the command has brought about; lists that were handed out are never written again. */
  #decision<Outcome>(outcome: Outcome): Decision<Outcome, Command> {
    let facts: readonly Fact[] = NOTHING;
    let settlements: readonly Settlement<Command>[] = NOTHING;
    let notices: readonly SessionNotice[] = NOTHING;
    if (this.#facts.length > 0) {
      facts = this.#facts;
      this.#facts = [];
    }
    if (this.#settlements.length > 0) {
      settlements = this.#settlements;
      this.#settlements = [];
    }
    if (this.#notices.length > 0) {
      notices = this.#notices;
      this.#notices = [];
    }
    let changes: readonly HolderChange[] = NOTHING;
    if (this.#changes.length > 0) {
      changes = this.#changes;
      this.#changes = [];
    }
    return { outcome, facts, settlements, notices, changes };
  }
}
