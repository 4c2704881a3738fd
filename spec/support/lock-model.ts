/**
 * Why: what locks must do, told a second time and as plainly as can be, to hold the LockManager
 * against. Lists that are searched from end to end; no heap, no index, no linked list, no shards.
 */
import { FOREVER, type Instant } from '../../domain/instant.js';
import type { SessionEnding } from '../../domain/session.js';
import type { AcquireCommand } from '../../domain/waiter.js';
import type { Word } from './lock-world.js';

interface ModelHolder {
  readonly key: string;
  readonly requestId: number | undefined;
  sessionId: string | undefined;
  endsAt: Instant;
  /** As it was granted, or renewed last. */
  leaseMs: number;
  /** Of a lease from before a restart: how long its session takes it back for. */
  claimMs?: number;
}

interface ModelLock {
  readonly name: string;
  readonly size: number;
  readonly holders: ModelHolder[];
  readonly queue: (AcquireCommand & { readonly until: Instant })[];
  idleSince: Instant;
}

interface ModelSession {
  readonly idleMs: number;
  /** Of a stream session. */
  readonly recoveryMs?: number;
  until: Instant;
  /** Whether nobody has come back to it since a restart. */
  isUnclaimed: boolean;
  /** The numbers of the requests by which it released something. */
  readonly releases: number[];
  /** Those from before the last restart. */
  restoredReleases: readonly number[];
}

/** The bounds and the rule that the LockManager is given, too. */
export interface ModelRules {
  readonly waitersPerLockMax: number;
  readonly waitersMax: number;
  readonly keepLeasesOfGone: boolean;
}

export interface ModelEvent {
  readonly name: string;
  readonly line: string;
}

export class LockModel {
  now: Instant = 0;
  locks: ModelLock[] = [];
  readonly sessions = new Map<string, ModelSession>();
  /** What the last command granted, in order. */
  granted: ModelEvent[] = [];
  /** Which leases it ended and which waits it refused, in the words of the LockWorld. */
  ended: ModelEvent[] = [];
  /** What stream sessions hear of, in the same words. */
  noticed: string[] = [];
  /** Which of them nobody had come back to since a restart when the command began. */
  awaited: ReadonlySet<string> = new Set();

  constructor(readonly rules: ModelRules) {}

  begin(now: Instant): void {
    this.now = now;
    this.granted = [];
    this.ended = [];
    this.noticed = [];
    const awaited = [...this.sessions].filter(([, { isUnclaimed }]) => isUnclaimed);
    this.awaited = new Set(awaited.map(([id]) => id));
  }

  open(sessionId: string, idleMs: number): void {
    this.#open(sessionId, { idleMs, until: this.now + idleMs });
  }

  openStream(sessionId: string, recoveryMs: number): void {
    this.catchUp();
    this.#open(sessionId, { idleMs: FOREVER, until: FOREVER, recoveryMs });
  }

  #open(sessionId: string, session: Pick<ModelSession, 'idleMs' | 'until' | 'recoveryMs'>): void {
    const rest = { isUnclaimed: false, releases: [], restoredReleases: [] };
    this.sessions.set(sessionId, { ...session, ...rest });
  }

  detach(sessionId: string): void {
    this.catchUp();
    const session = this.sessions.get(sessionId);
    if (session?.recoveryMs === undefined || session.until !== FOREVER) {
      return;
    }
    if (session.recoveryMs === 0) {
      this.#endSession(sessionId, 'gone');
    } else {
      session.until = this.now + session.recoveryMs;
    }
  }

  resume(sessionId: string): Word {
    this.catchUp();
    const session = this.sessions.get(sessionId);
    if (session?.recoveryMs === undefined) {
      return 'session-unknown';
    }
    session.until = FOREVER;
    if (session.isUnclaimed) {
      session.isUnclaimed = false;
      for (const holder of this.#holdersOf(sessionId)) {
        holder.endsAt = Math.max(holder.endsAt, this.now + (holder.claimMs ?? 0));
      }
    }
    return 'resumed';
  }

  touch(sessionId: string): boolean {
    this.catchUp();
    const session = this.sessions.get(sessionId);
    if (session !== undefined && session.recoveryMs === undefined) {
      session.until = this.now + session.idleMs;
    }
    return session !== undefined;
  }

  acquire(command: AcquireCommand): Word {
    if (!this.touch(command.sessionId)) {
      return 'session-unknown';
    }
    const { name, size, sessionId, requestId } = command;
    let lock = this.find(name);
    if (lock === undefined) {
      lock = { name, size, holders: [], queue: [], idleSince: this.now };
      this.locks.push(lock);
    }
    if (lock.size !== size) {
      return 'size-mismatch';
    }
    const isGrantedBefore = this.#holdersOf(sessionId).some(
      (holder) =>
        holder.claimMs !== undefined && requestId !== undefined && holder.requestId === requestId,
    );
    if (isGrantedBefore) {
      return 'granted';
    }
    if (lock.queue.length === 0 && lock.holders.length < size) {
      this.#grant(lock, command);
      return 'granted';
    }
    if (command.waitMs === 0) {
      return 'held';
    }
    const { waitersPerLockMax, waitersMax } = this.rules;
    const waiterCount = this.locks.reduce((count, { queue }) => count + queue.length, 0);
    if (lock.queue.length === waitersPerLockMax || waiterCount === waitersMax) {
      return 'too-many-waiters';
    }
    lock.queue.push({ ...command, until: this.now + command.waitMs });
    return 'waiting';
  }

  release(
    name: string,
    key: string,
    by?: { readonly sessionId: string; readonly requestId: number },
  ): Word {
    this.catchUp();
    const lock = this.find(name);
    const session = by && this.sessions.get(by.sessionId);
    if (lock !== undefined && this.#end(lock, key, 'released', by?.sessionId)) {
      session?.releases.push(by?.requestId ?? 0);
      return 'released';
    }
    if (by !== undefined && session?.restoredReleases.includes(by.requestId)) {
      return 'released';
    }
    return lock === undefined ? 'lock-unknown' : 'key-invalid';
  }

  undo(name: string, key: string): void {
    this.catchUp();
    const lock = this.find(name);
    const holder = lock?.holders.find((one) => one.key === key);
    if (lock !== undefined && holder !== undefined) {
      // Who undoes a grant knows of it.
      this.#end(lock, key, 'released', holder.sessionId);
    }
  }

  renew(name: string, key: string, leaseMs: number): Word {
    this.catchUp();
    const holder = this.find(name)?.holders.find((one) => one.key === key);
    if (holder === undefined || holder.endsAt === FOREVER) {
      return 'lease-unknown';
    }
    holder.endsAt = this.now + leaseMs;
    holder.leaseMs = leaseMs;
    return 'renewed';
  }

  revoke(name: string): Word {
    this.catchUp();
    const lock = this.find(name);
    const [first, second] = lock?.holders ?? [];
    if (lock === undefined || first === undefined) {
      return 'lock-unknown';
    }
    if (second !== undefined) {
      return 'key-needed';
    }
    this.#end(lock, first.key, 'revoked');
    return 'revoked';
  }

  withdraw(name: string, key: string): void {
    this.catchUp();
    const lock = this.find(name);
    if (lock !== undefined) {
      this.#dismiss(lock, key, 'withdrawn');
    }
  }

  endSession(sessionId: string, cause: SessionEnding): boolean {
    this.catchUp();
    return this.#endSession(sessionId, cause);
  }

  #endSession(sessionId: string, cause: SessionEnding): boolean {
    const session = this.sessions.get(sessionId);
    const hasLived = this.sessions.delete(sessionId);
    for (const lock of this.locks) {
      for (const waiter of lock.queue.filter((one) => one.sessionId === sessionId)) {
        this.#dismiss(lock, waiter.key, 'withdrawn');
      }
      for (const holder of lock.holders.filter((one) => one.sessionId === sessionId)) {
        const isUnclaimed = session?.isUnclaimed && holder.claimMs !== undefined;
        if (isUnclaimed || (cause === 'gone' && this.rules.keepLeasesOfGone)) {
          holder.sessionId = undefined;
        } else {
          this.#end(lock, holder.key, 'session-ended');
        }
      }
    }
    if (session?.recoveryMs !== undefined) {
      this.ended.push({ name: '', line: `session-ended ${sessionId}` });
      this.noticed.push(`${sessionId} ended`);
    }
    return hasLived;
  }

  collect(idleMs: number): number {
    const countBefore = this.locks.length;
    this.locks = this.locks.filter(
      ({ holders, queue, idleSince }) =>
        holders.length + queue.length > 0 || this.now - idleSince < idleMs,
    );
    return countBefore - this.locks.length;
  }

  /**
   * A restart: nobody waits, nobody is there, and every lease has `leaseMs` from now, or the time for
   * which the client of its stream session may believe in it. Those sessions wait to be come back to.
   */
  restart(leaseMs: number): void {
    for (const [id, session] of this.sessions) {
      if (session.recoveryMs === undefined) {
        this.sessions.delete(id);
      } else {
        session.until = this.now + Math.max(leaseMs, believedMsOf(session));
        session.isUnclaimed = true;
        session.restoredReleases = [...session.releases];
      }
    }
    this.locks = this.locks.filter(({ holders }) => holders.length > 0);
    for (const lock of this.locks) {
      lock.queue.length = 0;
      for (const holder of lock.holders) {
        const session = this.sessions.get(holder.sessionId ?? '');
        if (session === undefined) {
          holder.sessionId = undefined;
        }
        const believedMs = Math.min(holder.leaseMs, believedMsOf(session));
        holder.endsAt = this.now + Math.max(leaseMs, believedMs);
        holder.claimMs = holder.leaseMs;
      }
    }
  }

  #holdersOf(sessionId: string): readonly ModelHolder[] {
    return this.locks
      .flatMap(({ holders }) => holders)
      .filter((holder) => holder.sessionId === sessionId);
  }

  find(name: string): ModelLock | undefined {
    return this.locks.find((lock) => lock.name === name);
  }

  /** Everything whose time has come, in the order of the deadlines. */
  catchUp(): void {
    for (;;) {
      const [due] = this.#deadlines().sort((one, other) => (one.at < other.at ? -1 : 1));
      if (due === undefined || due.at > this.now) {
        return;
      }
      due.act();
    }
  }

  #deadlines(): { readonly at: Instant; act(): void }[] {
    const ofLocks = this.locks.flatMap((lock) => [
      ...lock.holders.map(({ key, endsAt: at }) => ({
        at,
        act: () => this.#end(lock, key, 'expired'),
      })),
      ...lock.queue.map(({ key, until: at }) => ({
        at,
        act: () => this.#dismiss(lock, key, 'wait-timeout'),
      })),
    ]);
    const ofSessions = Array.from(this.sessions, ([id, session]) => ({
      at: session.until,
      act: () => this.#seeTo(id, session),
    }));
    return [...ofLocks, ...ofSessions];
  }

  /** A session that is waiting for an answer is not idle; without a stream it ends all the same. */
  #seeTo(sessionId: string, session: ModelSession): void {
    const isWaiting = this.locks.some(({ queue }) =>
      queue.some((waiter) => waiter.sessionId === sessionId),
    );
    if (isWaiting && session.recoveryMs === undefined) {
      session.until = this.now + session.idleMs;
    } else {
      this.#endSession(sessionId, 'gone');
    }
  }

  #grant(lock: ModelLock, { key, sessionId, leaseMs, requestId }: AcquireCommand): void {
    lock.holders.push({ key, requestId, sessionId, leaseMs, endsAt: this.now + leaseMs });
    this.granted.push({ name: lock.name, line: key });
  }

  #end(lock: ModelLock, key: string, reason: string, bySessionId?: string): boolean {
    const index = lock.holders.findIndex((holder) => holder.key === key);
    const [holder] = index === -1 ? [] : lock.holders.splice(index, 1);
    if (holder === undefined) {
      return false;
    }
    this.ended.push({ name: lock.name, line: `${reason} ${key}` });
    const { sessionId = '' } = holder;
    const isOfStream = this.sessions.get(sessionId)?.recoveryMs !== undefined;
    if (isOfStream && sessionId !== bySessionId) {
      this.noticed.push(`${sessionId} lost ${key} ${reason}`);
    }
    this.#dismissLate(lock, reason === 'expired' ? holder.endsAt : this.now);
    const next = lock.queue.shift();
    if (next !== undefined) {
      this.#grant(lock, next);
      const session = this.sessions.get(next.sessionId);
      if (session?.recoveryMs === undefined && session !== undefined) {
        session.until = this.now + session.idleMs;
      }
    } else if (lock.holders.length === 0) {
      lock.idleSince = this.now;
    }
    return true;
  }

  /** An end that is found late finds waiters first whose patience, or whose session, is over by then. */
  #dismissLate(lock: ModelLock, freedAt: Instant): void {
    for (let next = lock.queue[0]; next !== undefined; next = lock.queue[0]) {
      const session = this.sessions.get(next.sessionId);
      if (next.until <= freedAt) {
        this.#dismiss(lock, next.key, 'wait-timeout');
      } else if (session?.recoveryMs !== undefined && session.until <= freedAt) {
        this.#dismiss(lock, next.key, 'withdrawn');
      } else {
        return;
      }
    }
  }

  #dismiss(lock: ModelLock, key: string, reason: Word): void {
    const index = lock.queue.findIndex((waiter) => waiter.key === key);
    if (index !== -1) {
      lock.queue.splice(index, 1);
      this.ended.push({ name: lock.name, line: `${key} ${reason}` });
    }
  }
}

/** Three heartbeats of 5 s without a window. */
function believedMsOf(session: ModelSession | undefined): number {
  return session?.recoveryMs === 0 ? 15_000 : (session?.recoveryMs ?? 0);
}
