/**
 * Why: what is held, and for how long that can be believed in: leases are renewed in time, and a lock is given up before
 * the server can give it away.
 */
import { ChurnMap } from './churn-map.js';
import type { HeldLock } from './held-lock.js';
import { ClosedError, InvalidArgumentError, LockLostError, type LossReason } from './ldlm-error.js';
import { LeaseWatch } from './lease-watch.js';
import { type Answer, LockRequest } from './request.js';
import type { Timing } from './timing.js';

/** The session that the locks are held in. */
export interface HoldingSession {
  readonly isClosed: boolean;
  /** Until when it lives for sure, if nothing more is heard. */
  readonly aliveUntil: number;
  ask(request: LockRequest): void;
}

/** A lease renews itself when this part of its time has passed. */
const RENEWED_AFTER = 1 / 3;

/** What is asked of a lock by its holder, who is told if no server is reached. */
const HASTY = { leaseMs: 0, isPatient: false };
/** What the client asks on its own. */
const PATIENT = { leaseMs: 0, isPatient: true };

export class Holdings {
  readonly #session: HoldingSession;
  readonly #timing: Timing;
  readonly #held = new ChurnMap<string, HeldLock>();
  /** What is next for each lock with a lease: to renew it, or to give it up. */
  readonly #leases: LeaseWatch;

  constructor(session: HoldingSession, timing: Timing) {
    this.#session = session;
    this.#timing = timing;
    this.#leases = new LeaseWatch(timing, (lock) => this.#leaseDue(lock));
  }

  /** It was granted. `watchLease` is to follow, unless that is first to be asked after. */
  add(lock: HeldLock): void {
    this.#held.set(lock.key, lock);
  }

  /** By the clock at this moment, whatever timers have rung by now. */
  heldForMs(lock: HeldLock): number {
    if (lock.loss !== undefined || lock.isReleasing || this.#held.get(lock.key) !== lock) {
      return 0;
    }
    return Math.max(0, Math.min(lock.deadlineAt, this.#session.aliveUntil) - this.#timing.now());
  }

  /** @throws LockLostError, ClosedError, UnavailableError */
  release(lock: HeldLock): Promise<void> {
    try {
      this.#expectHeld(lock);
    } catch (loss) {
      return Promise.reject(loss);
    }
    lock.isReleasing = true;
    this.#forget(lock);
    return this.#ask('release', lock).answer.then((answer) => {
      if (answer.kind === 'refused') {
        throw lock.lose('unknown');
      }
    });
  }

  /** Of a lock that nobody was given: it is released, whenever that can be. */
  giveBack(lock: HeldLock): void {
    lock.isReleasing = true;
    this.#forget(lock);
    this.#ask('release', lock, PATIENT).answer.catch(() => undefined);
  }

  /** By its holder. @throws LockLostError, ClosedError, UnavailableError, InvalidArgumentError */
  async renew(lock: HeldLock, leaseMs: number): Promise<void> {
    this.#expectHeld(lock);
    if (lock.leaseMs === undefined) {
      throw new InvalidArgumentError('a lock without a lease time has no end to move');
    }
    lock.renewalMs = leaseMs;
    await this.extend(lock, leaseMs, false);
    if (lock.loss !== undefined) {
      throw lock.loss;
    }
  }

  /** Asks for a new end of the lease. If it is refused the lock is lost, which is no error here. */
  async extend(lock: HeldLock, leaseMs: number, isPatient: boolean): Promise<void> {
    const request = this.#ask('renew', lock, { leaseMs, isPatient });
    lock.lastRenewal = request;
    const shortenedTo = request.askedAt + leaseMs;
    if (shortenedTo < lock.deadlineAt) {
      // The server may take it at once, and its answer may never come.
      lock.deadlineAt = shortenedTo;
      this.#leases.set(lock, request.askedAt, leaseMs);
    }
    const answer = await this.#answerTo(request, lock);
    if (answer.kind === 'refused') {
      if (lock.isReleasing) {
        throw new LockLostError(lock.name, 'unknown');
      }
      this.#lose(lock, this.#timing.now() >= lock.deadlineAt ? 'expired' : 'unknown');
    } else if (this.#isLastRenewal(lock, request)) {
      const sentAt = request.sentAt ?? request.askedAt;
      lock.leaseMs = leaseMs;
      lock.deadlineAt = sentAt + leaseMs;
      lock.isRenewing = false;
      this.watchLease(lock, sentAt);
    } else if (lock.loss !== undefined) {
      // It lives on at the server, for longer than anybody here knew.
      this.giveBack(lock);
    }
  }

  /** Sees to what is next for a lease: its renewal, or its end. */
  watchLease(lock: HeldLock, beganAt: number): void {
    if (lock.leaseMs !== undefined) {
      const isNextRenewal = lock.isRenewed && !lock.isRenewing;
      this.#leases.set(lock, beganAt, isNextRenewal ? lock.leaseMs * RENEWED_AFTER : lock.leaseMs);
    }
  }

  /** The server says that it is lost. */
  lose(key: string, reason: LossReason): void {
    const lock = this.#held.get(key);
    if (lock !== undefined) {
      this.#lose(lock, reason);
    }
  }

  /** @returns how many were held. */
  loseAll(reason: LossReason): number {
    const locks = [...this.#held.values()];
    for (const lock of locks) {
      this.#lose(lock, reason);
    }
    return locks.length;
  }

  /** What was lost while no stream was there nobody could tell. */
  checkAll(): void {
    for (const lock of this.#held.values()) {
      this.#ask('check', lock, PATIENT).answer.then(
        (answer) => {
          if (answer.kind === 'refused' && !lock.isReleasing) {
            this.#lose(lock, 'unknown');
          }
        },
        () => undefined,
      );
    }
  }

  close(): void {
    this.#leases.close();
  }

  #expectHeld(lock: HeldLock): void {
    if (this.#session.isClosed) {
      throw new ClosedError();
    }
    if (this.heldForMs(lock) === 0) {
      const isOver = this.#timing.now() >= lock.deadlineAt;
      const wasHeld = this.#held.get(lock.key) === lock;
      const loss = this.#lose(lock, isOver ? 'expired' : 'unreachable');
      if (wasHeld) {
        // The next word of the server may be that the session lives all the same.
        this.giveBack(lock);
      }
      throw loss;
    }
  }

  /** Asks something of a lock. The answer rejects when no server is reached for too long, unless it is patient. */
  #ask(kind: LockRequest['kind'], lock: HeldLock, { leaseMs, isPatient } = HASTY): LockRequest {
    const request = new LockRequest(kind, lock, this.#timing.now(), leaseMs, isPatient);
    this.#session.ask(request);
    return request;
  }

  /** Without an answer to a renewal that its holder asked for, the lock renews itself again. */
  async #answerTo(request: LockRequest, lock: HeldLock): Promise<Answer> {
    try {
      return await request.answer;
    } catch (error) {
      if (this.#isLastRenewal(lock, request) && this.#held.get(lock.key) === lock) {
        const { leaseMs = 0, deadlineAt } = lock;
        lock.isRenewing = false;
        // One of its own accord was due already, and is tried again after a while.
        const latestAt = deadlineAt - leaseMs * RENEWED_AFTER;
        const beganAt = Math.min(this.#timing.now(), latestAt);
        this.watchLease(lock, request.isPatient ? beganAt : deadlineAt - leaseMs);
      }
      throw error;
    }
  }

  /** The end of a lease that was asked to be moved once more is for the last answer to tell. */
  #isLastRenewal(lock: HeldLock, request: LockRequest): boolean {
    return lock.lastRenewal === request && lock.loss === undefined && !lock.isReleasing;
  }

  #leaseDue(lock: HeldLock): void {
    if (this.#timing.now() >= lock.deadlineAt) {
      this.#lose(lock, 'expired');
      return;
    }
    lock.isRenewing = true;
    this.watchLease(lock, lock.deadlineAt - (lock.leaseMs ?? 0));
    // What becomes of it shows in the lock's own end.
    this.extend(lock, lock.renewalMs, true).catch(() => undefined);
  }

  #lose(lock: HeldLock, reason: LossReason): LockLostError {
    this.#forget(lock);
    return lock.lose(reason);
  }

  #forget(lock: HeldLock): void {
    this.#held.delete(lock.key);
    this.#leases.forget(lock);
  }
}
