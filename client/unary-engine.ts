/**
 * Why: a server of old has no session stream. By single calls the connection is the session, so that every lock is
 * lost with it, and times are whole seconds; what can be promised beyond that is promised here.
 */
import { type ServiceError, status } from '@grpc/grpc-js';
import {
  decodeLockResponse,
  decodeUnlockResponse,
  ERROR_CODE,
  encodeKeyRequest,
  encodeLockRequest,
  UNARY_PATHS,
  type UnaryAnswer,
} from '../proto/unary-messages.js';
import type { TellEvent } from './client-events.js';
import { type GrpcAccess, withoutWrapping } from './grpc-link.js';
import { HeldLock } from './held-lock.js';
import {
  ClosedError,
  InvalidArgumentError,
  type LdlmError,
  LockLostError,
  type LossReason,
  ProtocolError,
  SizeMismatchError,
  TooManyWaitersError,
  UnauthenticatedError,
  UnavailableError,
  WaitTimeoutError,
} from './ldlm-error.js';
import type { AcquireAttempt, AcquireOrder, LockEngine } from './lock-engine.js';
import { traceWordsOf } from './lock-traces.js';
import { ReconnectDelays } from './reconnect-delays.js';
import type { Timer, Timing } from './timing.js';
import { type UnaryCall, UnaryConnection } from './unary-connection.js';

export interface UnaryEngineOptions {
  readonly addresses: readonly string[];
  readonly access: GrpcAccess;
  readonly timing: Timing;
  readonly random: () => number;
  readonly unavailableTimeoutMs: number;
  readonly tell: TellEvent;
}

/** The greatest time on the wire, in seconds. */
const SECONDS_MAX = 2 ** 31 - 1;

/** A lease renews itself when this part of its time has passed. */
const RENEWED_AFTER = 1 / 3;

/** What somebody waits for, until it is granted, refused, or not wanted any more. */
class UnaryAttempt implements AcquireAttempt {
  readonly outcome: Promise<HeldLock | undefined>;
  isAbandoned = false;
  /** Why the last try came to nothing. */
  unreachable: string | undefined;
  resolve!: (lock: HeldLock | undefined) => void;
  fail!: (reason: unknown) => void;
  cancel: () => void = () => undefined;

  constructor(readonly order: AcquireOrder) {
    this.outcome = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.fail = reject;
    });
  }

  abandon(reason: unknown): void {
    this.isAbandoned = true;
    this.fail(reason);
    this.cancel();
  }
}

/** Open → closed. */
export class UnaryEngine implements LockEngine {
  readonly #options: UnaryEngineOptions;
  readonly #timing: Timing;
  readonly #delays: ReconnectDelays;
  readonly #attempts = new Set<UnaryAttempt>();
  /** What is held, each by the connection that it was granted to. */
  readonly #held = new Map<HeldLock, UnaryConnection>();
  readonly #leaseTimers = new Map<HeldLock, Timer>();
  #connection: UnaryConnection | undefined;
  #renewPath: string = UNARY_PATHS.renew;
  #isClosed = false;

  constructor(options: UnaryEngineOptions) {
    this.#options = options;
    this.#timing = options.timing;
    this.#delays = new ReconnectDelays(options.random);
  }

  acquire(order: AcquireOrder): AcquireAttempt {
    const attempt = new UnaryAttempt(order);
    this.#attempts.add(attempt);
    const { waitUntil } = order;
    const waitTimer =
      waitUntil === undefined || waitUntil === Number.POSITIVE_INFINITY
        ? undefined
        : this.#timing.setTimer(waitUntil - this.#timing.now(), () =>
            attempt.abandon(new WaitTimeoutError(order.name, this.#unreachableFor(attempt))),
          );
    this.#lock(attempt)
      .then(attempt.resolve, attempt.fail)
      .finally(() => {
        waitTimer?.cancel();
        this.#attempts.delete(attempt);
      });
    return attempt;
  }

  async release(lock: HeldLock): Promise<void> {
    await this.#unlock(this.#connectionOf(lock), lock);
  }

  async renew(lock: HeldLock, leaseMs: number): Promise<void> {
    this.#connectionOf(lock);
    if (lock.leaseMs === undefined) {
      throw new InvalidArgumentError('a lock without a lease time has no end to move');
    }
    lock.renewalMs = leaseMs;
    await this.#renew(lock, leaseMs);
  }

  heldForMs(lock: HeldLock): number {
    return lock.loss === undefined && !lock.isReleasing && this.#held.get(lock)?.isOpen === true
      ? Math.max(0, lock.deadlineAt - this.#timing.now())
      : 0;
  }

  /** The end of the connection gives everything back, and withdraws what waits. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const attempt of this.#attempts) {
      attempt.abandon(new ClosedError());
    }
    this.#loseAll();
    this.#connection?.close();
  }

  /** Tries address after address, until it is answered or not wanted any more. */
  async #lock(attempt: UnaryAttempt): Promise<HeldLock | undefined> {
    const failAt = this.#timing.now() + this.#options.unavailableTimeoutMs;
    for (;;) {
      if (this.#isClosed) {
        throw new ClosedError();
      }
      if (attempt.isAbandoned) {
        return undefined;
      }
      const connection = this.#connected();
      try {
        return await this.#lockBy(connection, attempt);
      } catch (error) {
        const isOver = this.#timing.now() >= failAt;
        if (!(error instanceof UnavailableError) || attempt.isAbandoned || isOver) {
          throw error;
        }
        attempt.unreachable = error.details;
        await this.#pause(attempt);
      }
    }
  }

  /** Why no server is reached at the moment; undefined while one is. */
  #unreachableFor({ unreachable }: UnaryAttempt): string | undefined {
    return this.#connection?.isOpen === true ? undefined : unreachable;
  }

  async #lockBy(connection: UnaryConnection, attempt: UnaryAttempt): Promise<HeldLock | undefined> {
    const { order } = attempt;
    const { name, leaseMs, isRenewed } = order;
    const sentAt = this.#timing.now();
    const answer = await this.#ask(connection, lockCall(order, sentAt), attempt);
    if (!answer.isDone) {
      if (answer.error === undefined) {
        return undefined;
      }
      throw refusal(name, answer.error);
    }
    if (connection.isOver) {
      throw new UnavailableError('the connection ended with the lock that it was granted');
    }
    const deadlineAt = leaseMs === undefined ? Number.POSITIVE_INFINITY : sentAt + leaseMs;
    const terms = { leaseMs, deadlineAt, isRenewed };
    const lock = new HeldLock(name, answer.key, answer.fencingToken, terms);
    this.#held.set(lock, connection);
    if (leaseMs !== undefined && this.#timing.now() - sentAt > leaseMs * RENEWED_AFTER) {
      // It waited, nobody knows how long of that: the lease is known of again from a renewal on.
      await this.#vouchFor(lock, leaseMs);
    } else {
      this.#watchLease(lock, sentAt);
    }
    if (attempt.isAbandoned) {
      this.#giveBack(lock);
    }
    return lock;
  }

  async #vouchFor(lock: HeldLock, leaseMs: number): Promise<void> {
    try {
      await this.#renew(lock, leaseMs);
    } catch (error) {
      this.#giveBack(lock);
      throw error;
    }
  }

  async #unlock(connection: UnaryConnection, lock: HeldLock): Promise<void> {
    const { name, key } = lock;
    lock.isReleasing = true;
    this.#forget(lock);
    const answer = await this.#ask(connection, {
      path: UNARY_PATHS.unlock,
      request: encodeKeyRequest({ name, key, leaseSeconds: undefined }),
      decode: decodeUnlockResponse,
    });
    if (!answer.isDone) {
      throw lock.lose('unknown');
    }
  }

  /** Of a lock that nobody was given. */
  #giveBack(lock: HeldLock): void {
    const connection = this.#held.get(lock);
    if (connection !== undefined) {
      this.#unlock(connection, lock).catch(() => undefined);
    }
  }

  async #renew(lock: HeldLock, leaseMs: number): Promise<void> {
    const connection = this.#held.get(lock);
    const sentAt = this.#timing.now();
    const renewal = {};
    lock.lastRenewal = renewal;
    if (sentAt + leaseMs < lock.deadlineAt) {
      // The server may take it at once, and its answer may never come.
      lock.deadlineAt = sentAt + leaseMs;
      this.#watchEnd(lock);
    }
    const answer =
      connection === undefined ? undefined : await this.#askToRenew(connection, lock, leaseMs);
    if (answer?.isDone !== true) {
      if (lock.isReleasing) {
        throw new LockLostError(lock.name, 'unknown');
      }
      this.#lose(lock, this.#timing.now() >= lock.deadlineAt ? 'expired' : 'unknown');
    } else if (lock.lastRenewal === renewal && lock.loss === undefined && !lock.isReleasing) {
      lock.leaseMs = leaseMs;
      lock.deadlineAt = sentAt + leaseMs;
      this.#watchLease(lock, sentAt);
    }
    if (lock.loss !== undefined) {
      throw lock.loss;
    }
  }

  async #askToRenew(
    connection: UnaryConnection,
    lock: HeldLock,
    leaseMs: number,
  ): Promise<UnaryAnswer> {
    const { name, key } = lock;
    const request = encodeKeyRequest({ name, key, leaseSeconds: secondsFrom(leaseMs) });
    const path = this.#renewPath;
    try {
      return await this.#ask(connection, { path, request, decode: decodeLockResponse });
    } catch (error) {
      if (lock.loss !== undefined) {
        throw lock.loss;
      }
      if (!(error instanceof UnknownMethodError) || path === UNARY_PATHS.refreshLock) {
        throw error;
      }
      // The name of the seed.
      this.#renewPath = UNARY_PATHS.refreshLock;
      return await this.#askToRenew(connection, lock, leaseMs);
    }
  }

  #watchLease(lock: HeldLock, beganAt: number): void {
    if (lock.leaseMs === undefined) {
      return;
    }
    const renewAt = beganAt + lock.leaseMs * RENEWED_AFTER;
    if (!lock.isRenewed) {
      this.#watchEnd(lock);
      return;
    }
    this.#setLeaseTimer(lock, renewAt, () => {
      this.#watchEnd(lock);
      // What becomes of it shows in the lock's own end.
      this.#renew(lock, lock.renewalMs).catch(() => undefined);
    });
  }

  #watchEnd(lock: HeldLock): void {
    this.#setLeaseTimer(lock, lock.deadlineAt, () => this.#lose(lock, 'expired'));
  }

  #setLeaseTimer(lock: HeldLock, at: number, act: () => void): void {
    this.#leaseTimers.get(lock)?.cancel();
    const delayMs = Math.max(0, at - this.#timing.now());
    this.#leaseTimers.set(lock, this.#timing.setTimer(delayMs, act));
  }

  /** @throws LockLostError, ClosedError */
  #connectionOf(lock: HeldLock): UnaryConnection {
    if (this.#isClosed) {
      throw new ClosedError();
    }
    const connection = this.#held.get(lock);
    if (connection === undefined || this.heldForMs(lock) === 0) {
      const isExpired = this.#timing.now() >= lock.deadlineAt;
      throw this.#lose(lock, isExpired ? 'expired' : 'session-ended');
    }
    return connection;
  }

  #lose(lock: HeldLock, reason: LossReason): LockLostError {
    this.#forget(lock);
    return lock.lose(reason);
  }

  #loseAll(): number {
    const locks = [...this.#held.keys()];
    for (const lock of locks) {
      this.#lose(lock, 'session-ended');
    }
    return locks.length;
  }

  #forget(lock: HeldLock): void {
    this.#held.delete(lock);
    this.#leaseTimers.get(lock)?.cancel();
    this.#leaseTimers.delete(lock);
  }

  /** The connection that there is, or a new one to the address whose turn it is. */
  #connected(): UnaryConnection {
    if (this.#connection !== undefined && !this.#connection.isOver) {
      return this.#connection;
    }
    const { addresses, access, tell } = this.#options;
    const address = addresses[this.#delays.attemptCount % addresses.length] ?? '';
    const connection = new UnaryConnection({
      address,
      access,
      onOpen: () => tell('connected', { address, isResumed: false }),
      onOver: (wasOpen) => this.#over(connection, wasOpen),
    });
    this.#connection = connection;
    return connection;
  }

  /** A connection that ends takes its locks along. */
  #over({ address }: UnaryConnection, wasOpen: boolean): void {
    const lostCount = this.#loseAll();
    const { tell } = this.#options;
    if (wasOpen) {
      tell('disconnected', { reason: `the connection to ${address} ended`, safeMs: 0 });
      tell('sessionLost', { lostCount });
    } else {
      tell('unreached', { address, reason: noConnection(address) });
    }
  }

  /** Before the next try; not for longer than somebody waits. */
  #pause(attempt: UnaryAttempt): Promise<void> {
    const delayMs = this.#delays.next(this.#options.addresses.length);
    return new Promise((resolve) => {
      const timer = this.#timing.setTimer(delayMs, resolve);
      attempt.cancel = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  async #ask(
    connection: UnaryConnection,
    call: UnaryCall<UnaryAnswer>,
    attempt?: UnaryAttempt,
  ): Promise<UnaryAnswer> {
    try {
      const answer = await connection.call(call, (cancel) => {
        if (attempt !== undefined) {
          attempt.cancel = cancel;
        }
      });
      this.#delays.succeeded();
      return answer;
    } catch (error) {
      if (this.#isClosed) {
        throw new ClosedError();
      }
      throw connection.isOver
        ? new UnavailableError(noConnection(connection.address))
        : failure(error, attempt?.order.name ?? '');
    }
  }
}

function noConnection(address: string): string {
  return `there is no connection to ${address}`;
}

class UnknownMethodError extends ProtocolError {}

/** TryLock for one that does not wait. */
function lockCall(order: AcquireOrder, now: number): UnaryCall<UnaryAnswer> {
  const { name, size, waitUntil, leaseMs, metadata } = order;
  const hasEnd = waitUntil !== undefined && waitUntil !== Number.POSITIVE_INFINITY;
  return {
    path: waitUntil === undefined ? UNARY_PATHS.tryLock : UNARY_PATHS.lock,
    request: encodeLockRequest({
      name,
      size,
      waitSeconds: hasEnd ? secondsFrom(Math.max(1, waitUntil - now)) : undefined,
      // More than was asked for on the server's side: never less than this side believes in.
      leaseSeconds: leaseMs === undefined ? undefined : secondsFrom(leaseMs),
    }),
    decode: decodeLockResponse,
    words: traceWordsOf(metadata),
  };
}

const AWAY: readonly (number | undefined)[] = [
  status.UNAVAILABLE,
  status.CANCELLED,
  status.DEADLINE_EXCEEDED,
];

function failure(error: unknown, lock: string): LdlmError {
  const { code, details = String(error) } = error as Partial<ServiceError>;
  if (AWAY.includes(code)) {
    return new UnavailableError(withoutWrapping(details));
  }
  if (code === status.UNAUTHENTICATED || code === status.PERMISSION_DENIED) {
    return new UnauthenticatedError(details);
  }
  if (code === status.UNIMPLEMENTED) {
    return new UnknownMethodError(details);
  }
  return code === status.RESOURCE_EXHAUSTED
    ? new TooManyWaitersError(lock)
    : new ProtocolError(details);
}

function refusal(
  name: string,
  { code, message }: { readonly code: number; readonly message: string },
): LdlmError {
  switch (code) {
    case ERROR_CODE.lockWaitTimeout:
      return new WaitTimeoutError(name);
    case ERROR_CODE.lockSizeMismatch:
      return new SizeMismatchError(name);
    default:
      return new InvalidArgumentError(message);
  }
}

function secondsFrom(ms: number): number {
  return Math.min(SECONDS_MAX, Math.ceil(ms / 1000));
}
