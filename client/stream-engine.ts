/**
 * Why: the client's side of the session stream (docs/STREAM.md): it keeps the session alive over broken
 * streams, and stops believing in a lock before the server can give it away.
 */
import { status } from '@grpc/grpc-js';
import {
  type ClientFrame,
  emptyClientFrame,
  type Hello,
  LOSS,
  NOTICE,
  type Owner,
  REFUSAL,
  type ServerFrame,
  type Welcome,
} from '../proto/session-frames.js';
import type { TellEvent } from './client-events.js';
import { ChurnMap } from './churn-map.js';
import { HeldLock } from './held-lock.js';
import {
  ClosedError,
  InvalidArgumentError,
  LockLostError,
  type LossReason,
  ProtocolError,
  SizeMismatchError,
  TooManyWaitersError,
  UnauthenticatedError,
  UnavailableError,
  WaitTimeoutError,
} from './ldlm-error.js';
import type { Link, LinkEnd, OpenLink } from './link.js';
import type { AcquireAttempt, AcquireOrder, LockEngine } from './lock-engine.js';
import { ReconnectDelays } from './reconnect-delays.js';
import { LeaseWatch } from './lease-watch.js';
import { AcquireRequest, type Answer, LockRequest } from './request.js';
import { RequestBook } from './request-book.js';
import type { Timer, Timing } from './timing.js';

export interface StreamEngineOptions {
  readonly addresses: readonly string[];
  readonly openLink: OpenLink;
  readonly timing: Timing;
  /** 0 or more and below 1. */
  readonly random: () => number;
  readonly owner: Owner;
  readonly recoveryWindowMs: number | undefined;
  /** How long a server may take to welcome. */
  readonly connectTimeoutMs: number;
  /** How long a request goes on being tried while no server is reached. */
  readonly unavailableTimeoutMs: number;
  readonly closeTimeoutMs: number;
  readonly tell: TellEvent;
}

/** The server does not have the session stream; ask it by single calls. */
export class StreamUnsupportedError extends Error {
  override readonly name = 'StreamUnsupportedError';
}

/** A lease renews itself when this part of its time has passed. */
const RENEWED_AFTER = 1 / 3;

/** As many heartbeats may go unanswered. */
const HEARTBEATS_MISSED_MAX = 3;

/** As many streams in a row may be ended by the server, or by a fault, with nothing done on them. */
const FRUITLESS_MAX = 3;

/** What is asked of a lock by its holder, who is told if no server is reached. */
const HASTY = { leaseMs: 0, isPatient: false };
/** What the client asks on its own. */
const PATIENT = { leaseMs: 0, isPatient: true };

const LOSSES: Readonly<Record<number, LossReason>> = {
  [LOSS.expired]: 'expired',
  [LOSS.revoked]: 'revoked',
  [LOSS.released]: 'released-by-another',
  [LOSS.sessionEnded]: 'session-ended',
};

class StreamAttempt implements AcquireAttempt {
  constructor(
    readonly request: AcquireRequest,
    readonly abandon: (reason: unknown) => void,
  ) {}

  get outcome(): Promise<HeldLock | undefined> {
    return this.request.outcome;
  }
}

/**
 * Idle → connecting → open → (broken → waiting → connecting …) → closed. Idle until something is asked, and
 * again after an end that another try would not mend.
 */
export class StreamEngine implements LockEngine {
  readonly #options: StreamEngineOptions;
  readonly #timing: Timing;
  readonly #book = new RequestBook();
  readonly #delays: ReconnectDelays;
  readonly #held = new ChurnMap<string, HeldLock>();
  /** What is next for each lock with a lease: to renew it, or to give it up. */
  readonly #leases: LeaseWatch;
  #phase: 'idle' | 'connecting' | 'open' | 'waiting' | 'closed' = 'idle';
  #link: Link | undefined;
  #address = '';
  #hasSession = false;
  #token = '';
  #recoveryMs = 0;
  #heartbeatMs = 0;
  /** When the last frame was sent of which the server said that it took it. */
  #contactAt = Number.NEGATIVE_INFINITY;
  #heardAt = 0;
  #welcomedAt = 0;
  #fruitlessCount = 0;
  #saidAt = 0;
  /** Since when no server is reached. */
  #awaySince: number;
  #lastFailure = 'nothing was tried yet';
  #isScheduled = false;
  #isWriting = false;
  #isDraining = false;
  #connectTimer: Timer | undefined;
  #beatTimer: Timer | undefined;
  #aliveTimer: Timer | undefined;
  #awayTimer: Timer | undefined;
  #onClosed: ((isOrderly: boolean) => void) | undefined;

  constructor(options: StreamEngineOptions) {
    this.#options = options;
    this.#timing = options.timing;
    this.#delays = new ReconnectDelays(options.random);
    this.#leases = new LeaseWatch(options.timing, (lock) => this.#leaseDue(lock));
    this.#awaySince = options.timing.now();
  }

  acquire(order: AcquireOrder): AcquireAttempt {
    const request = new AcquireRequest(order, this.#timing.now());
    const attempt = new StreamAttempt(request, (reason) => this.#abandon(request, reason));
    if (this.#phase === 'closed') {
      request.fail(new ClosedError());
      return attempt;
    }
    if (order.waitUntil !== undefined && order.waitUntil !== Number.POSITIVE_INFINITY) {
      const waitTimer = this.#timing.setTimer(order.waitUntil - request.askedAt, () => {
        this.#abandon(request, new WaitTimeoutError(order.name));
      });
      const cancel = () => waitTimer.cancel();
      request.outcome.then(cancel, cancel);
    }
    this.#book.add(request);
    this.#want();
    return attempt;
  }

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

  async renew(lock: HeldLock, leaseMs: number): Promise<void> {
    this.#expectHeld(lock);
    if (lock.leaseMs === undefined) {
      throw new InvalidArgumentError('a lock without a lease time has no end to move');
    }
    lock.renewalMs = leaseMs;
    await this.#renew(lock, leaseMs, false);
    if (lock.loss !== undefined) {
      throw lock.loss;
    }
  }

  /** By the clock at this moment, whatever timers have rung by now. */
  heldForMs(lock: HeldLock): number {
    if (lock.loss !== undefined || lock.isReleasing || this.#held.get(lock.key) !== lock) {
      return 0;
    }
    return Math.max(0, Math.min(lock.deadlineAt, this.#aliveUntil) - this.#timing.now());
  }

  async close(): Promise<void> {
    if (this.#phase === 'closed') {
      return;
    }
    const isOpen = this.#phase === 'open';
    this.#phase = 'closed';
    for (const timer of [this.#connectTimer, this.#beatTimer, this.#aliveTimer, this.#awayTimer]) {
      timer?.cancel();
    }
    const releases: LockRequest[] = [];
    for (const request of this.#book.unanswered) {
      this.#book.drop(request);
      if (request.kind === 'release') {
        releases.push(request);
      } else {
        request.fail(new ClosedError());
      }
    }
    this.#loseAll('session-ended');
    this.#leases.close();
    const isOrderly = await this.#leave(isOpen);
    for (const release of releases) {
      // The session's end gave back all that it held.
      if (isOrderly) {
        release.settle({ kind: 'done' });
      } else {
        release.fail(new ClosedError());
      }
    }
  }

  /** @returns whether the server has said that the session is over, and all that it held given back. */
  async #leave(isOpen: boolean): Promise<boolean> {
    if (!isOpen) {
      this.#link?.cancel();
      this.#link = undefined;
    }
    if (!this.#hasSession) {
      return false;
    }
    const isOrderly = await new Promise<boolean>((resolve) => {
      this.#onClosed = resolve;
      this.#connectTimer = this.#timing.setTimer(this.#options.closeTimeoutMs, () =>
        resolve(false),
      );
      // By a stream that broke nothing can be said: another one is tried, once.
      const hello = isOpen ? undefined : this.#hello;
      const link = isOpen ? this.#link : this.#openStream();
      link?.write({ ...emptyClientFrame(), hello, goodbye: true }, () => undefined);
    });
    this.#connectTimer?.cancel();
    this.#link?.cancel();
    return isOrderly;
  }

  /** To be asked after each call of the program's own listeners: they may close the client. */
  get #isClosed(): boolean {
    return this.#phase === 'closed';
  }

  /** Until when the session lives for sure, if nothing more is heard. */
  get #aliveUntil(): number {
    if (this.#recoveryMs > 0) {
      return this.#contactAt + this.#recoveryMs;
    }
    // It ends with its stream, and that when the server has heard nothing for so long.
    return this.#phase === 'open'
      ? this.#contactAt + HEARTBEATS_MISSED_MAX * this.#heartbeatMs
      : Number.NEGATIVE_INFINITY;
  }

  #expectHeld(lock: HeldLock): void {
    if (this.#phase === 'closed') {
      throw new ClosedError();
    }
    if (this.heldForMs(lock) === 0) {
      const isOver = this.#timing.now() >= lock.deadlineAt;
      throw this.#lose(lock, isOver ? 'expired' : 'unreachable');
    }
  }

  #abandon(request: AcquireRequest, reason: unknown): void {
    this.#book.withdraw(request);
    request.fail(reason);
    this.#say();
  }

  #settleAcquire(request: AcquireRequest, answer: Answer): void {
    const { order } = request;
    switch (answer.kind) {
      case 'granted':
        this.#granted(request, answer);
        return;
      case 'done':
        request.fail(new ProtocolError('an acquire was answered as if it were none'));
        return;
      case 'refused':
        break;
      default:
        answer satisfies never;
    }
    switch (answer.code) {
      case REFUSAL.held:
        if (order.waitUntil === undefined) {
          request.resolve(undefined);
        } else {
          request.fail(new WaitTimeoutError(order.name));
        }
        return;
      case REFUSAL.waitTimeout:
        request.fail(new WaitTimeoutError(order.name));
        return;
      case REFUSAL.sizeMismatch:
        request.fail(new SizeMismatchError(order.name));
        return;
      case REFUSAL.tooManyWaiters:
        request.fail(new TooManyWaitersError(order.name));
        return;
      case REFUSAL.leaseEnded:
        request.fail(new LockLostError(order.name, 'expired'));
        return;
      case REFUSAL.serverStopping:
      case REFUSAL.withdrawn:
        // Not by us: the server, or the session, goes. The next one is asked.
        this.#isDraining ||= answer.code === REFUSAL.serverStopping;
        this.#book.again(request);
        return;
      default:
        request.fail(new InvalidArgumentError(answer.message));
    }
  }

  #granted(request: AcquireRequest, grant: Answer & { readonly kind: 'granted' }): void {
    const { name, leaseMs, isRenewed } = request.order;
    const beganAt = (request.sentAt ?? request.askedAt) + grant.waitedMs;
    const deadlineAt = leaseMs === undefined ? Number.POSITIVE_INFINITY : beganAt + leaseMs;
    const terms = { leaseMs, deadlineAt, isRenewed };
    const lock = new HeldLock(name, grant.key, grant.fencingToken, terms);
    this.#held.set(lock.key, lock);
    if (this.#timing.now() < deadlineAt) {
      this.#watchLease(lock, beganAt);
      request.resolve(lock);
      return;
    }
    // It may live all the same: a restarted server begins leases anew. A renewal tells.
    this.#renew(lock, leaseMs ?? 0, false).then(
      () => {
        if (lock.loss !== undefined) {
          request.fail(lock.loss);
        } else if (request.isWithdrawn) {
          this.#giveBack(lock);
        } else if (this.#timing.now() < lock.deadlineAt) {
          request.resolve(lock);
        } else {
          // The answer was under way for longer than the lease: nobody may be told that it is held.
          this.#giveBack(lock);
          request.fail(lock.lose('expired'));
        }
      },
      (error) => {
        this.#giveBack(lock);
        request.fail(error);
      },
    );
  }

  /** Of a lock that nobody was given: it is released, whenever that can be. */
  #giveBack(lock: HeldLock): void {
    lock.isReleasing = true;
    this.#forget(lock);
    this.#ask('release', lock, PATIENT).answer.catch(() => undefined);
  }

  /** Asks something of a lock. The answer rejects when no server is reached for too long, unless it is patient. */
  #ask(kind: LockRequest['kind'], lock: HeldLock, { leaseMs, isPatient } = HASTY): LockRequest {
    const request = new LockRequest(kind, lock, this.#timing.now(), leaseMs, isPatient);
    this.#book.add(request);
    this.#want();
    return request;
  }

  async #renew(lock: HeldLock, leaseMs: number, isPatient: boolean): Promise<void> {
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
      this.#watchLease(lock, sentAt);
    }
  }

  /** Without an answer to a renewal that its holder asked for, the lock renews itself again. */
  async #answerTo(request: LockRequest, lock: HeldLock): Promise<Answer> {
    try {
      return await request.answer;
    } catch (error) {
      if (this.#isLastRenewal(lock, request) && this.#held.get(lock.key) === lock) {
        lock.isRenewing = false;
        this.#watchLease(lock, lock.deadlineAt - (lock.leaseMs ?? 0));
      }
      throw error;
    }
  }

  /** The end of a lease that was asked to be moved once more is for the last answer to tell. */
  #isLastRenewal(lock: HeldLock, request: LockRequest): boolean {
    return lock.lastRenewal === request && lock.loss === undefined && !lock.isReleasing;
  }

  /** Sees to what is next for a lease: its renewal, or its end. */
  #watchLease(lock: HeldLock, beganAt: number): void {
    if (lock.leaseMs !== undefined) {
      const isNextRenewal = lock.isRenewed && !lock.isRenewing;
      this.#leases.set(lock, beganAt, isNextRenewal ? lock.leaseMs * RENEWED_AFTER : lock.leaseMs);
    }
  }

  #leaseDue(lock: HeldLock): void {
    if (this.#timing.now() >= lock.deadlineAt) {
      this.#lose(lock, 'expired');
      return;
    }
    lock.isRenewing = true;
    this.#watchLease(lock, lock.deadlineAt - (lock.leaseMs ?? 0));
    // What becomes of it shows in the lock's own end.
    this.#renew(lock, lock.renewalMs, true).catch(() => undefined);
  }

  #lose(lock: HeldLock, reason: LossReason): LockLostError {
    this.#forget(lock);
    return lock.lose(reason);
  }

  #loseAll(reason: LossReason): void {
    for (const lock of [...this.#held.values()]) {
      this.#lose(lock, reason);
    }
  }

  #forget(lock: HeldLock): void {
    this.#held.delete(lock.key);
    this.#leases.forget(lock);
  }

  // What follows is about the stream.

  /** Something has been asked: it is said as soon as may be. */
  #want(): void {
    if (this.#phase === 'idle') {
      this.#awaySince = this.#timing.now();
      this.#connect();
    }
    this.#watchAway();
    this.#say();
  }

  #say(): void {
    if (this.#phase === 'open' && !this.#isScheduled && !this.#isWriting) {
      this.#isScheduled = true;
      setImmediate(() => {
        this.#isScheduled = false;
        this.#write();
      });
    }
  }

  #write(): void {
    if (this.#phase !== 'open' || this.#isWriting || !this.#book.hasNews(this.#isDraining)) {
      return;
    }
    this.#send(this.#book.nextFrame(this.#timing.now(), this.#isDraining));
  }

  #send(frame: ClientFrame): void {
    const link = this.#link;
    this.#isWriting = true;
    this.#saidAt = this.#timing.now();
    link?.write(frame, () => {
      if (this.#link === link) {
        this.#isWriting = false;
        this.#write();
      }
    });
  }

  #connect(): void {
    this.#phase = 'connecting';
    this.#book.beginStream();
    this.#openStream();
    this.#connectTimer = this.#timing.setTimer(this.#options.connectTimeoutMs, () => {
      this.#break({ code: status.UNAVAILABLE, details: `${this.#address} did not answer in time` });
    });
    this.#book.frameSent(this.#timing.now());
    this.#send({ ...emptyClientFrame(), hello: this.#hello });
  }

  get #hello(): Hello {
    const { owner, recoveryWindowMs } = this.#options;
    return { token: this.#token, recoveryWindowMs, owner };
  }

  /** To the address whose turn it is. */
  #openStream(): Link {
    const { addresses, openLink } = this.#options;
    this.#address = addresses[this.#delays.attemptCount % addresses.length] ?? '';
    const link = openLink(this.#address, {
      onFrame: (frame) => {
        if (this.#link === link) {
          this.#take(frame);
        }
      },
      onEnd: (end) => {
        if (this.#link === link) {
          this.#ended(end);
        }
      },
    });
    this.#link = link;
    return link;
  }

  #take(frame: ServerFrame): void {
    if (this.#isClosed) {
      // Whether the goodbye is said in the session that it is for.
      this.#hasSession &&= frame.welcome?.resumed !== false;
      return;
    }
    this.#heardAt = this.#timing.now();
    this.#contactAt = this.#book.acknowledge(frame.received) ?? this.#contactAt;
    if (frame.welcome !== undefined) {
      this.#welcomed(frame.welcome);
      if (this.#isClosed) {
        return;
      }
    }
    if (this.#hasSession && this.#heardAt >= this.#aliveUntil) {
      // Under way for longer than the session lasts, or this program stood still: none of it holds any more.
      this.#sessionMayBeOver();
      return;
    }
    for (const { requestId, key, fencingToken, waitedMs } of frame.granted) {
      this.#answered(requestId, { kind: 'granted', key, fencingToken, waitedMs });
    }
    for (const requestId of frame.done) {
      this.#answered(requestId, { kind: 'done' });
    }
    for (const { requestId, code, message } of frame.refused) {
      this.#answered(requestId, { kind: 'refused', code, message });
    }
    for (const { key, reason } of frame.lost) {
      const lock = this.#held.get(key);
      if (lock !== undefined) {
        this.#lose(lock, LOSSES[reason] ?? 'unknown');
      }
    }
    for (const notice of frame.notices) {
      this.#noticed(notice);
    }
    this.#say();
  }

  #answered(requestId: number, answer: Answer): void {
    const request = this.#book.find(requestId);
    if (request?.kind === 'acquire' && request.isWithdrawn && answer.kind !== 'refused') {
      // The last word is a refusal, and is still to come.
      return;
    }
    this.#book.hear(requestId);
    if (request === undefined) {
      return;
    }
    this.#book.close(requestId);
    this.#fruitlessCount = 0;
    if (request.kind !== 'acquire') {
      request.settle(answer);
    } else if (!request.isWithdrawn) {
      this.#settleAcquire(request, answer);
    }
  }

  #welcomed(welcome: Welcome): void {
    this.#connectTimer?.cancel();
    this.#awayTimer?.cancel();
    this.#awayTimer = undefined;
    this.#delays.succeeded();
    this.#phase = 'open';
    this.#isDraining = false;
    this.#welcomedAt = this.#timing.now();
    this.#heartbeatMs = welcome.heartbeatMs;
    this.#recoveryMs = welcome.recoveryWindowMs;
    this.#book.frameRequestsMax = welcome.frameRequestsMax;
    this.#book.sessionRequestsMax = welcome.sessionRequestsMax;
    this.#book.limitFrames(welcome.frameBytesMax);
    if (welcome.resumed) {
      this.#book.resume();
      this.#checkAll();
    } else {
      this.#sessionLost('session-ended');
      if (this.#isClosed) {
        return;
      }
    }
    this.#hasSession = true;
    this.#token = welcome.token;
    this.#watchAlive();
    this.#beat();
    const { tell } = this.#options;
    tell('connected', { address: this.#address, isResumed: welcome.resumed });
  }

  /** What was lost while no stream was there nobody could tell. */
  #checkAll(): void {
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

  #noticed(notice: number): void {
    if (notice === NOTICE.draining) {
      this.#isDraining = true;
      this.#options.tell('draining');
    } else if (notice === NOTICE.sessionEnded) {
      // Whatever is asked from now on is for the next session.
      this.#break({ code: status.ABORTED, details: 'the server ended the session' });
    } else if (notice === NOTICE.danger && this.#phase === 'open' && !this.#isWriting) {
      this.#send(this.#book.nextFrame(this.#timing.now(), this.#isDraining));
    }
  }

  /** Keeps the session in mind of the server, and finds out whether that is still there. */
  #beat(): void {
    this.#beatTimer?.cancel();
    const beatAt = this.#saidAt + this.#heartbeatMs;
    this.#beatTimer = this.#timing.setTimer(Math.max(1, beatAt - this.#timing.now()), () => {
      if (this.#phase !== 'open') {
        return;
      }
      const now = this.#timing.now();
      if (now - this.#heardAt > HEARTBEATS_MISSED_MAX * this.#heartbeatMs) {
        this.#break({
          code: status.UNAVAILABLE,
          details: `${this.#address} was silent for three heartbeats`,
        });
        return;
      }
      if (now - this.#saidAt >= this.#heartbeatMs) {
        // A frame that does not get through is no sign of life, and another one would not be either.
        this.#saidAt = now;
        if (!this.#isWriting) {
          this.#send(this.#book.nextFrame(now, this.#isDraining));
        }
      }
      this.#beat();
    });
  }

  /** Gives everything up in time, if the server is not heard of. */
  #watchAlive(): void {
    this.#aliveTimer?.cancel();
    const now = this.#timing.now();
    this.#aliveTimer = this.#timing.setTimer(this.#aliveUntil - now, () => {
      if (this.#timing.now() < this.#aliveUntil) {
        this.#watchAlive();
      } else {
        this.#sessionMayBeOver();
      }
    });
  }

  #sessionMayBeOver(): void {
    this.#sessionLost('unreachable');
    if (this.#phase === 'open' || this.#phase === 'connecting') {
      this.#break({
        code: status.UNAVAILABLE,
        details: `${this.#address} was not heard of for as long as the session lasts`,
      });
    }
  }

  #sessionLost(reason: LossReason): void {
    if (!this.#hasSession) {
      return;
    }
    this.#hasSession = false;
    this.#token = '';
    const lostCount = this.#held.size;
    this.#loseAll(reason);
    for (const request of this.#book.renew()) {
      request.lock.lose(reason);
      request.settle({ kind: 'refused', code: REFUSAL.leaseUnknown, message: '' });
    }
    this.#options.tell('sessionLost', { lostCount });
  }

  /** We end the stream ourselves. */
  #break(end: LinkEnd): void {
    const link = this.#link;
    this.#ended(end);
    link?.cancel();
  }

  #ended({ code, details }: LinkEnd): void {
    this.#link = undefined;
    this.#isWriting = false;
    this.#connectTimer?.cancel();
    this.#beatTimer?.cancel();
    if (this.#isClosed) {
      this.#onClosed?.(code === status.OK && this.#hasSession);
      return;
    }
    const wasOpen = this.#phase === 'open';
    this.#phase = 'waiting';
    this.#lastFailure = details;
    if (wasOpen) {
      this.#broke(details, code);
    }
    if (this.#isClosed) {
      return;
    }
    switch (code) {
      case status.UNIMPLEMENTED:
        this.#sessionLost('session-ended');
        this.#giveUp(new StreamUnsupportedError(details));
        return;
      case status.UNAUTHENTICATED:
      case status.PERMISSION_DENIED:
        this.#giveUp(new UnauthenticatedError(details));
        return;
      case status.INVALID_ARGUMENT:
        this.#giveUpSession(details);
        return;
      case status.INTERNAL:
      case status.RESOURCE_EXHAUSTED:
        if (this.#isWorthAnotherTry(code, wasOpen)) {
          this.#connectLater();
        } else {
          this.#giveUpSession(details);
        }
        return;
      default:
        this.#connectLater();
    }
  }

  /**
   * A connection that broke inside the library ends with INTERNAL, too, and a bound of the server's may be another's
   * doing. But what is said again after every break must not break the next stream for ever.
   */
  #isWorthAnotherTry(code: number, wasOpen: boolean): boolean {
    if (!wasOpen) {
      return code !== status.INTERNAL;
    }
    if (this.#timing.now() - this.#welcomedAt >= this.#heartbeatMs) {
      this.#fruitlessCount = 0;
    }
    this.#fruitlessCount += 1;
    return this.#fruitlessCount < FRUITLESS_MAX;
  }

  #broke(reason: string, code: number): void {
    const now = this.#timing.now();
    this.#awaySince = now;
    this.#watchAway();
    const isSessionOver = code === status.ABORTED || this.#recoveryMs === 0;
    const safeMs = isSessionOver ? 0 : Math.max(0, this.#aliveUntil - now);
    this.#options.tell('disconnected', { reason, safeMs });
    if (isSessionOver && !this.#isClosed) {
      this.#sessionLost(code === status.ABORTED ? 'session-ended' : 'unreachable');
    }
  }

  #connectLater(): void {
    const delayMs = this.#delays.next(this.#options.addresses.length);
    this.#connectTimer = this.#timing.setTimer(delayMs, () => this.#connect());
  }

  /** The server does not take what is said: none of it is said again, and all that was held is lost. */
  #giveUpSession(details: string): void {
    this.#fruitlessCount = 0;
    this.#giveUp(new ProtocolError(details));
    this.#sessionLost('session-ended');
  }

  /** Another try would end alike: whoever waits is told, and the next one who asks tries again. */
  #giveUp(reason: Error): void {
    this.#phase = 'idle';
    this.#awayTimer?.cancel();
    this.#awayTimer = undefined;
    for (const request of this.#book.unanswered) {
      if (request.kind === 'acquire') {
        this.#book.withdraw(request);
      } else {
        this.#book.drop(request);
      }
      request.fail(reason);
    }
  }

  /** Requests are not tried for ever while no server is reached. */
  #watchAway(delayMs = this.#options.unavailableTimeoutMs): void {
    if (this.#phase === 'open' || this.#isClosed || this.#awayTimer !== undefined) {
      return;
    }
    this.#awayTimer = this.#timing.setTimer(delayMs, () => {
      this.#awayTimer = undefined;
      this.#failOverdue();
    });
  }

  #failOverdue(): void {
    const { unavailableTimeoutMs } = this.#options;
    const now = this.#timing.now();
    let nextAt = Number.POSITIVE_INFINITY;
    for (const request of this.#book.unanswered) {
      const overdueAt = Math.max(request.askedAt, this.#awaySince) + unavailableTimeoutMs;
      if (now < overdueAt) {
        nextAt = Math.min(nextAt, overdueAt);
      } else if (request.kind === 'acquire') {
        this.#book.withdraw(request);
        request.fail(new UnavailableError(this.#lastFailure));
      } else if (!request.isPatient) {
        // Whoever asked is told; a release is still to be made when a server is there again.
        if (request.kind === 'renew') {
          this.#book.drop(request);
        }
        request.fail(new UnavailableError(this.#lastFailure));
      }
    }
    if (nextAt < Number.POSITIVE_INFINITY) {
      this.#watchAway(nextAt - now);
    }
  }
}
