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
  sessionId: string | undefined;
  endsAt: Instant;
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
  until: Instant;
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

  constructor(readonly rules: ModelRules) {}

  begin(now: Instant): void {
    this.now = now;
    this.granted = [];
    this.ended = [];
  }

  open(sessionId: string, idleMs: number): void {
    this.sessions.set(sessionId, { idleMs, until: this.now + idleMs });
  }

  touch(sessionId: string): boolean {
    this.catchUp();
    const session = this.sessions.get(sessionId);
    if (session !== undefined) {
      session.until = this.now + session.idleMs;
    }
    return session !== undefined;
  }

  acquire(command: AcquireCommand): Word {
    if (!this.touch(command.sessionId)) {
      return 'session-unknown';
    }
    const { name, size } = command;
    let lock = this.find(name);
    if (lock === undefined) {
      lock = { name, size, holders: [], queue: [], idleSince: this.now };
      this.locks.push(lock);
    }
    if (lock.size !== size) {
      return 'size-mismatch';
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

  release(name: string, key: string): Word {
    this.catchUp();
    const lock = this.find(name);
    if (lock === undefined) {
      return 'lock-unknown';
    }
    return this.#end(lock, key, 'released') ? 'released' : 'key-invalid';
  }

  renew(name: string, key: string, leaseMs: number): Word {
    this.catchUp();
    const holder = this.find(name)?.holders.find((one) => one.key === key);
    if (holder === undefined || holder.endsAt === FOREVER) {
      return 'lease-unknown';
    }
    holder.endsAt = this.now + leaseMs;
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
    const hasLived = this.sessions.delete(sessionId);
    for (const lock of this.locks) {
      for (const waiter of lock.queue.filter((one) => one.sessionId === sessionId)) {
        this.#dismiss(lock, waiter.key, 'withdrawn');
      }
      for (const holder of lock.holders.filter((one) => one.sessionId === sessionId)) {
        if (cause === 'gone' && this.rules.keepLeasesOfGone) {
          holder.sessionId = undefined;
        } else {
          this.#end(lock, holder.key, 'session-ended');
        }
      }
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

  /** A restart: nobody waits, nobody is there, and every lease has `leaseMs` from now. */
  restart(leaseMs: number): void {
    this.locks = this.locks.filter(({ holders }) => holders.length > 0);
    for (const lock of this.locks) {
      lock.queue.length = 0;
      for (const holder of lock.holders) {
        holder.sessionId = undefined;
        holder.endsAt = this.now + leaseMs;
      }
    }
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

  /** A session that is waiting for an answer is not idle. */
  #seeTo(sessionId: string, session: ModelSession): void {
    const isWaiting = this.locks.some(({ queue }) =>
      queue.some((waiter) => waiter.sessionId === sessionId),
    );
    if (isWaiting) {
      session.until = this.now + session.idleMs;
    } else {
      this.#endSession(sessionId, 'gone');
    }
  }

  #grant(lock: ModelLock, { key, sessionId, leaseMs }: AcquireCommand): void {
    lock.holders.push({ key, sessionId, endsAt: this.now + leaseMs });
    this.granted.push({ name: lock.name, line: key });
  }

  #end(lock: ModelLock, key: string, reason: string): boolean {
    const index = lock.holders.findIndex((holder) => holder.key === key);
    if (index === -1) {
      return false;
    }
    lock.holders.splice(index, 1);
    this.ended.push({ name: lock.name, line: `${reason} ${key}` });
    // A session's end, found late, finds waiters whose patience is over by then.
    while (reason === 'session-ended' && (lock.queue[0]?.until ?? FOREVER) <= this.now) {
      this.#dismiss(lock, lock.queue[0]?.key ?? '', 'wait-timeout');
    }
    const next = lock.queue.shift();
    if (next !== undefined) {
      this.#grant(lock, next);
    } else if (lock.holders.length === 0) {
      lock.idleSince = this.now;
    }
    return true;
  }

  #dismiss(lock: ModelLock, key: string, reason: Word): void {
    const index = lock.queue.findIndex((waiter) => waiter.key === key);
    if (index !== -1) {
      lock.queue.splice(index, 1);
      this.ended.push({ name: lock.name, line: `${key} ${reason}` });
    }
  }
}
