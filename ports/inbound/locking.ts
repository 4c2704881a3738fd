/** What programs may ask of the server, whatever wire they come by. */
import type {
  Granted,
  Held,
  Released,
  Renewed,
  SessionNotice,
  SessionOpened,
  SessionResumed,
} from '../../domain/decision.js';
import type { StreamRelease } from '../../domain/facts.js';
import type { Owner } from '../../domain/owner.js';
import type { Refused } from '../../domain/refusal.js';
import type { SessionEnding } from '../../domain/session.js';

/**
 * How a client is present. `connection`: one HTTP/2 connection, gone when it is. `rest`: a cookie or
 * token, gone when it is closed or nobody has shown it for too long.
 */
export type SessionKind = 'connection' | 'rest';

export interface SessionOpening {
  readonly kind: SessionKind;
  /** Who it is, for operators: an `address:port`. */
  readonly peer: string;
  /**
   * Milliseconds after which the session ends by itself unless `touchSession` or `acquire` names it;
   * not while one of its requests waits. FOREVER, or left out, for never.
   */
  readonly idleMs?: number;
  /** Is told once, `session-ended`, if an operator ends the session. */
  readonly listener?: SessionListener;
}

export type OpenSessionAnswer = SessionOpened | Refused;

/** What a session hears of without asking, when that is kept. */
export type SessionListener = (notice: SessionNotice) => void;

/** A session that outlives the streams of its client, and the server, by `recoveryMs`. */
export interface StreamSessionOpening {
  /** Of the caller's making: never given before, and of no use to who wants to come back to the session. */
  readonly sessionId: string;
  readonly peer: string;
  readonly recoveryMs: number;
  readonly owner?: Owner;
  readonly listener: SessionListener;
}

export interface SessionResumption {
  readonly sessionId: string;
  readonly peer: string;
  /** Takes the place of the one before. */
  readonly listener: SessionListener;
}

export type ResumeSessionAnswer = SessionResumed | Refused;

export interface AcquireRequest {
  readonly sessionId: string;
  readonly name: string;
  /** How many slots the lock has. */
  readonly size: number;
  /** Milliseconds to wait in the queue; 0 to be refused (`held`) rather than wait; FOREVER. */
  readonly waitMs: number;
  /** Milliseconds until the lease expires unless renewed; FOREVER for none. */
  readonly leaseMs: number;
  /**
   * Of a stream session: the request's number, the same when it asks again after a restart. It is then
   * answered with what it was granted before, if that lives.
   */
  readonly requestId?: number;
  /** What it is for; only with a `requestId`. */
  readonly metadata?: Owner;
}

export type AcquireAnswer = Granted | Refused;

/** A request to acquire that is under way. */
export interface Acquisition {
  /** The key that the lease has if it is granted; of no use otherwise. */
  readonly key: string;
  /**
   * Settles once it is decided and the decision would survive a crash. Rejects with StateStoreError
   * when that cannot be known.
   */
  readonly answer: Promise<AcquireAnswer>;
  /**
   * The requester is gone, or could not be told. A waiter leaves the queue; a slot that was granted,
   * even one whose answer was given, is released to the next waiter. May be called at any time,
   * any number of times.
   */
  withdraw(): void;
}

export interface ReleaseRequest {
  readonly name: string;
  readonly key: string;
  /** The request of a stream session: asked again after a restart it is answered as it was before. */
  readonly by?: StreamRelease;
}

export type ReleaseAnswer = Released | Refused;

export interface RenewRequest {
  readonly name: string;
  readonly key: string;
  /** Milliseconds from now. */
  readonly leaseMs: number;
}

export type RenewAnswer = Renewed | Refused;

export interface CheckRequest {
  readonly name: string;
  readonly key: string;
}

export type CheckAnswer = Held | Refused;

/** Answers are given when they, and everything they were decided upon, would survive a crash. */
export interface Locking {
  /**
   * Whether it vouches for nothing any more: the store has failed, or its term is over and another server may lead. A client is
   * not even to be told then that it was heard, which it takes for a sign that its session lives.
   */
  readonly hasFailed: boolean;

  /** Refuses with `too-many-sessions` or `server-stopping`. */
  openSession(opening: SessionOpening): OpenSessionAnswer;

  /** Its client is still there: moves the end of its idle time out. @returns whether the session lives. */
  touchSession(sessionId: string): boolean;

  /** Answers when the session would survive a crash. Refuses as `openSession` does. */
  openStreamSession(opening: StreamSessionOpening): Promise<OpenSessionAnswer>;

  /**
   * Its client is here by a new stream. Leases from before a restart last from now on as long as they
   * did before. Refuses with `session-unknown` or `server-stopping`.
   */
  resumeSession(resumption: SessionResumption): Promise<ResumeSessionAnswer>;

  /** Its stream has ended: the session ends with its recovery window, unless it is resumed. */
  detachSession(sessionId: string): void;

  /**
   * Its waiters leave their queues and its leases end; when its client is only `gone`, and the server is
   * set to keep the leases of those, they live on. Nothing is `gone` while the server is stopping. Resolves
   * when that is kept, with whether the session lived until then; rejects with StateStoreError.
   */
  endSession(sessionId: string, cause: SessionEnding): Promise<boolean>;

  acquire(request: AcquireRequest): Acquisition;

  /** Any session may release a lease whose key it knows. */
  release(request: ReleaseRequest): Promise<ReleaseAnswer>;

  /** Any session may renew a lease whose key it knows, if the lease has an end. */
  renew(request: RenewRequest): Promise<RenewAnswer>;

  /** Whether a lease lives. Refuses with `lease-unknown`. */
  check(request: CheckRequest): Promise<CheckAnswer>;
}
