/**
 * Why: the client's side of the session stream (docs/STREAM.md). What is asked in a session is answered once, whatever
 * becomes of its streams, and when the session may be over, whoever relies on it is told before the server acts on that.
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
import { sayGoodbye } from './goodbye.js';
import { ClosedError, type LossReason, ProtocolError, UnauthenticatedError } from './ldlm-error.js';
import type { LinkEnd } from './link.js';
import { OverdueRequests } from './overdue-requests.js';
import { ReconnectingStream, type ReconnectingStreamOptions } from './reconnecting-stream.js';
import type { AcquireRequest, Answer, LockRequest, Request } from './request.js';
import { RequestBook } from './request-book.js';
import { SessionPulse } from './session-pulse.js';
import { StreamEnds } from './stream-ends.js';
import { StreamUnsupportedError } from './stream-unsupported-error.js';
import type { Timing } from './timing.js';

export interface ClientSessionOptions extends ReconnectingStreamOptions {
  readonly owner: Owner;
  /** How long the session is to outlive its stream; undefined: as long as the server lets it. */
  readonly recoveryWindowMs: number | undefined;
  /** How long a request goes on being tried while no server is reached. */
  readonly unavailableTimeoutMs: number;
  readonly closeTimeoutMs: number;
  readonly tell: TellEvent;
}

/** Who locks in the session. What is asked of a lock has its answer from its own promise. */
export interface SessionListener {
  /** The last word on an acquire that is still wanted. */
  onAnswer(request: AcquireRequest, answer: Answer): void;
  /** The server says that a lock is lost; it may be none that is known here. */
  onLost(key: string, reason: LossReason): void;
  /** The session was come back to. What was lost meanwhile nobody could tell. */
  onResumed(): void;
  /** The session is over, and with it whatever is held. @returns how many locks that were */
  onOver(reason: LossReason): number;
}

const LOSSES: Readonly<Record<number, LossReason>> = {
  [LOSS.expired]: 'expired',
  [LOSS.revoked]: 'revoked',
  [LOSS.released]: 'released-by-another',
  [LOSS.sessionEnded]: 'session-ended',
};

/**
 * No session → in one, from a Welcome on → none, when it is over or may be → … → closed. By which stream, and whether by
 * any at the moment, is the stream's affair.
 */
export class ClientSession {
  readonly #options: ClientSessionOptions;
  readonly #timing: Timing;
  readonly #listener: SessionListener;
  readonly #book = new RequestBook();
  readonly #stream: ReconnectingStream;
  readonly #pulse: SessionPulse;
  readonly #overdue: OverdueRequests;
  readonly #ends = new StreamEnds();
  /** What the session is come back to by; undefined without one. */
  #token: string | undefined;
  /** Of the session before, which no server was reached for: it may live there still. */
  #givenUp: string | undefined;
  #farewell: Promise<unknown> = Promise.resolve();
  /** Whether the server stops, and is to be asked for no more locks. */
  #isDraining = false;

  constructor(options: ClientSessionOptions, listener: SessionListener) {
    const { timing, unavailableTimeoutMs } = options;
    this.#options = options;
    this.#timing = timing;
    this.#listener = listener;
    this.#overdue = new OverdueRequests({ timing, book: this.#book, unavailableTimeoutMs });
    this.#stream = new ReconnectingStream(options, {
      greeting: () => this.#greeting(),
      hasNews: () => this.#book.hasNews(this.#isDraining),
      nextFrame: () => this.#nextFrame(),
      onFrame: (frame) => this.#take(frame),
      onEnd: (end, wasOpen) => this.#streamEnded(end, wasOpen),
    });
    this.#pulse = new SessionPulse(timing, {
      onBeat: () => this.#stream.sayAtOnce(),
      onSilence: () => this.#breakUnreachable('was silent for three heartbeats'),
      onOver: () => this.#mayBeOver(),
    });
  }

  /** To be asked after each call of the program's own listeners, too: they may close the client. */
  get isClosed(): boolean {
    return this.#stream.phase === 'closed';
  }

  /** Why no server is reached at the moment, in the words that askers are told; undefined while one is. */
  get unreachable(): string | undefined {
    return this.#stream.phase === 'open' ? undefined : this.#overdue.lastFailure;
  }

  /** Until when the session lives for sure, if nothing more is heard. */
  get aliveUntil(): number {
    return this.#pulse.aliveUntil;
  }

  /** It is said as soon as may be, and again until it is answered. */
  ask(request: Request): void {
    this.#book.add(request);
    if (this.#stream.phase === 'open') {
      this.#stream.say();
    } else {
      this.#seekServer();
    }
  }

  /** It is not wanted any more: it leaves the queue, or its grant is left to the server to undo. */
  withdraw(request: AcquireRequest): void {
    this.#book.withdraw(request);
    this.#stream.say();
  }

  /** Gives back all that is held. Resolves when the server has said so, or within a bound. */
  async close(): Promise<void> {
    if (this.isClosed) {
      return;
    }
    const wasOpen = this.#stream.phase === 'open';
    this.#stream.close({ keepsOpen: this.#token !== undefined });
    this.#pulse.close();
    this.#overdue.stop();
    const releases: LockRequest[] = [];
    for (const request of this.#book.unanswered) {
      this.#book.drop(request);
      if (request.kind === 'release') {
        releases.push(request);
      } else {
        request.fail(new ClosedError());
      }
    }
    this.#listener.onOver('session-ended');
    const isOrderly = await this.#leave(wasOpen);
    await this.#farewell;
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
  #leave(wasOpen: boolean): Promise<boolean> {
    if (this.#token === undefined) {
      return Promise.resolve(false);
    }
    // By a stream that broke nothing can be said: another one is tried, once.
    const hello = wasOpen ? undefined : this.#hello;
    return sayGoodbye({
      openStream: (listener) => this.#stream.openForLastWord(listener),
      frame: { ...emptyClientFrame(), hello, goodbye: true },
      timing: this.#timing,
      closeTimeoutMs: this.#options.closeTimeoutMs,
    });
  }

  /** Something is asked while no stream is open. */
  #seekServer(): void {
    if (this.#stream.phase === 'idle') {
      this.#overdue.begin();
      this.#stream.connect();
    }
    if (!this.isClosed) {
      this.#overdue.watch();
    }
  }

  get #hello(): Hello {
    const { owner, recoveryWindowMs } = this.#options;
    return { token: this.#token ?? '', recoveryWindowMs, owner };
  }

  #greeting(): ClientFrame {
    const now = this.#timing.now();
    this.#book.beginStream();
    this.#book.frameSent(now);
    this.#pulse.said(now);
    return { ...emptyClientFrame(), hello: this.#hello };
  }

  #nextFrame(): ClientFrame {
    const now = this.#timing.now();
    this.#pulse.said(now);
    return this.#book.nextFrame(now, this.#isDraining);
  }

  #take(frame: ServerFrame): void {
    if (frame.welcome === undefined && this.#stream.phase !== 'open') {
      // That the Hello has come says nothing of the session yet: the Welcome does, and counts it again.
      return;
    }
    this.#pulse.heard(this.#book.acknowledge(frame.received));
    if (frame.welcome !== undefined) {
      this.#welcomed(frame.welcome);
      if (this.isClosed) {
        return;
      }
    }
    if (this.#token !== undefined && this.#pulse.isTooLate) {
      // None of it holds any more.
      this.#mayBeOver();
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
      this.#listener.onLost(key, LOSSES[reason] ?? 'unknown');
    }
    for (const notice of frame.notices) {
      this.#noticed(notice);
    }
    this.#stream.say();
  }

  #answered(requestId: number, answer: Answer): void {
    const request = this.#book.hear(requestId, answer.kind);
    if (request === undefined) {
      return;
    }
    this.#ends.boreFruit();
    if (request.kind !== 'acquire') {
      request.settle(answer);
    } else if (!request.isWithdrawn) {
      this.#acquireAnswered(request, answer);
    }
  }

  #acquireAnswered(request: AcquireRequest, answer: Answer): void {
    const code = answer.kind === 'refused' ? answer.code : undefined;
    if (code === REFUSAL.serverStopping || code === REFUSAL.withdrawn) {
      // Not by us: the server, or the session, goes. The next one is asked.
      this.#isDraining ||= code === REFUSAL.serverStopping;
      this.#book.again(request);
    } else {
      this.#listener.onAnswer(request, answer);
    }
  }

  #welcomed(welcome: Welcome): void {
    this.#stream.welcomed();
    this.#overdue.stop();
    this.#isDraining = false;
    this.#pulse.begin(welcome);
    this.#book.frameRequestsMax = welcome.frameRequestsMax;
    this.#book.sessionRequestsMax = welcome.sessionRequestsMax;
    this.#book.limitFrames(welcome.frameBytesMax);
    if (welcome.resumed) {
      this.#book.resume();
      this.#listener.onResumed();
    } else {
      this.#over('session-ended');
      if (this.isClosed) {
        return;
      }
    }
    this.#token = welcome.token;
    this.#pulse.watch();
    this.#endGivenUp();
    const { address } = this.#stream;
    this.#options.tell('connected', { address, isResumed: welcome.resumed });
  }

  /** What a session held that was given up, the server would keep for as long as it awaits its client, be it from this very one. */
  #endGivenUp(): void {
    if (this.#givenUp !== undefined) {
      const { owner, closeTimeoutMs } = this.#options;
      const hello = { token: this.#givenUp, recoveryWindowMs: 0, owner };
      this.#givenUp = undefined;
      this.#farewell = sayGoodbye({
        openStream: (listener) => this.#stream.openBeside(listener),
        frame: { ...emptyClientFrame(), hello, goodbye: true },
        timing: this.#timing,
        closeTimeoutMs,
      });
    }
  }

  #noticed(notice: number): void {
    if (notice === NOTICE.draining) {
      this.#isDraining = true;
      this.#options.tell('draining');
    } else if (notice === NOTICE.sessionEnded) {
      // Whatever is asked from now on is for the next session.
      this.#stream.break({ code: status.ABORTED, details: 'the server ended the session' });
    } else if (notice === NOTICE.danger) {
      this.#stream.sayAtOnce();
    }
  }

  /** The server was not heard of for so long that it may give away what is held. */
  #mayBeOver(): void {
    this.#over('unreachable');
    const { phase } = this.#stream;
    if (phase === 'open' || phase === 'connecting') {
      this.#breakUnreachable('was not heard of for as long as the session lasts');
    }
  }

  #breakUnreachable(what: string): void {
    this.#stream.break({
      code: status.UNAVAILABLE,
      details: `${this.#stream.address} ${what}`,
    });
  }

  #over(reason: LossReason): void {
    if (this.#token === undefined) {
      return;
    }
    this.#givenUp = reason === 'unreachable' ? this.#token : undefined;
    this.#token = undefined;
    const lostCount = this.#listener.onOver(reason);
    for (const request of this.#book.renew()) {
      request.lock.lose(reason);
      request.settle({ kind: 'refused', code: REFUSAL.leaseUnknown, message: '' });
    }
    this.#options.tell('sessionLost', { lostCount });
  }

  #streamEnded({ code, details }: LinkEnd, wasOpen: boolean): void {
    this.#pulse.stop();
    this.#overdue.lastFailure = details;
    if (wasOpen) {
      this.#broke(code, details);
    }
    if (this.isClosed) {
      return;
    }
    const verdict = this.#ends.verdictOn(code, { wasOpen, hasLasted: this.#pulse.hasLasted });
    switch (verdict) {
      case 'unsupported':
        this.#over('session-ended');
        if (!this.isClosed) {
          this.#giveUp(new StreamUnsupportedError(details));
        }
        return;
      case 'unauthenticated':
        this.#giveUp(new UnauthenticatedError(details));
        return;
      case 'not-understood':
        // None of it is said again, and all that was held is lost.
        this.#giveUp(new ProtocolError(details));
        this.#over('session-ended');
        return;
      case 'broken':
        this.#stream.reconnect();
        if (!wasOpen) {
          this.#options.tell('unreached', { address: this.#stream.address, reason: details });
        }
        return;
      default:
        verdict satisfies never;
    }
  }

  #broke(code: number, reason: string): void {
    this.#overdue.begin();
    this.#overdue.watch();
    const isOver = code === status.ABORTED || !this.#pulse.isRecoverable;
    const safeMs = isOver ? 0 : Math.max(0, this.aliveUntil - this.#timing.now());
    this.#options.tell('disconnected', { reason, safeMs });
    if (isOver && !this.isClosed) {
      this.#over(code === status.ABORTED ? 'session-ended' : 'unreachable');
    }
  }

  /** Another try would end alike: whoever waits is told, and the next one who asks tries again. */
  #giveUp(reason: Error): void {
    this.#stream.rest();
    this.#overdue.failAll(reason);
  }
}
