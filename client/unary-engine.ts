/**
 * Why: a server of old has no session stream. By single calls the connection is the session, so that every lock is
 * lost with it, and times are whole seconds; what can be promised beyond that is promised here.
 */
import { Client, connectivityState, type ServiceError, status } from '@grpc/grpc-js';
import {
  decodeLockResponse,
  decodeUnlockResponse,
  ERROR_CODE,
  encodeKeyRequest,
  encodeLockRequest,
  UNARY_PATHS,
  type UnaryAnswer,
} from '../proto/unary-messages.js';
import { CHANNEL_OPTIONS, type GrpcAccess, metadataFor } from './grpc-link.js';
import { HeldLock } from './held-lock.js';
import {
  ClosedError,
  InvalidArgumentError,
  type LdlmError,
  type LockLostError,
  ProtocolError,
  SizeMismatchError,
  TooManyWaitersError,
  UnauthenticatedError,
  UnavailableError,
  WaitTimeoutError,
} from './ldlm-error.js';
import type { AcquireAttempt, AcquireOrder, LockEngine } from './lock-engine.js';
import { ReconnectDelays } from './reconnect-delays.js';
import type { Timer, Timing } from './timing.js';

export interface UnaryEngineOptions {
  readonly addresses: readonly string[];
  readonly access: GrpcAccess;
  readonly timing: Timing;
  readonly random: () => number;
  readonly unavailableTimeoutMs: number;
}

/** The greatest time on the wire, in seconds. */
const SECONDS_MAX = 2 ** 31 - 1;

/** A lease renews itself when this part of its time has passed. */
const RENEWED_AFTER = 1 / 3;

/** Open → closed. */
export class UnaryEngine implements LockEngine {
  readonly #options: UnaryEngineOptions;
  readonly #timing: Timing;
  readonly #delays: ReconnectDelays;
  readonly #held = new Set<HeldLock>();
  readonly #leaseTimers = new Map<HeldLock, Timer>();
  #client: Client;
  #renewPath: string = UNARY_PATHS.renew;
  #isClosed = false;

  constructor(options: UnaryEngineOptions) {
    this.#options = options;
    this.#timing = options.timing;
    this.#delays = new ReconnectDelays(options.random);
    this.#client = this.#connect();
  }

  acquire(order: AcquireOrder): AcquireAttempt {
    let isAbandoned = false;
    let cancel = (): void => undefined;
    let fail: (reason: unknown) => void = () => undefined;
    const abandoned = new Promise<never>((_, reject) => {
      fail = reject;
    });
    const abandon = (reason: unknown): void => {
      isAbandoned = true;
      fail(reason);
      cancel();
    };
    const hasEnd = order.waitUntil !== undefined && order.waitUntil !== Number.POSITIVE_INFINITY;
    const timer = hasEnd
      ? this.#timing.setTimer((order.waitUntil ?? 0) - this.#timing.now(), () =>
          abandon(new WaitTimeoutError(order.name)),
        )
      : undefined;
    const locked = this.#lock(order, (how) => {
      cancel = how;
      if (isAbandoned) {
        how();
      }
    });
    // A grant that comes though nobody wants it any more is given back.
    locked.then(
      (lock) => {
        if (isAbandoned && lock !== undefined) {
          this.release(lock).catch(() => undefined);
        }
      },
      () => undefined,
    );
    const outcome = Promise.race([locked, abandoned]).finally(() => timer?.cancel());
    return { outcome, abandon };
  }

  async release(lock: HeldLock): Promise<void> {
    this.#expectHeld(lock);
    lock.isReleasing = true;
    this.#forget(lock);
    const { name, key } = lock;
    const request = encodeKeyRequest({ name, key, leaseSeconds: undefined });
    const answer = await this.#call(UNARY_PATHS.unlock, request, decodeUnlockResponse);
    if (!answer.isDone) {
      lock.lose('unknown');
      throw lock.loss;
    }
  }

  async renew(lock: HeldLock, leaseMs: number): Promise<void> {
    this.#expectHeld(lock);
    if (lock.leaseMs === undefined) {
      throw new InvalidArgumentError('a lock without a lease time has no end to move');
    }
    await this.#renew(lock, leaseMs);
    if (lock.loss !== undefined) {
      throw lock.loss;
    }
  }

  isHeld(lock: HeldLock): boolean {
    return (
      lock.loss === undefined &&
      !lock.isReleasing &&
      this.#held.has(lock) &&
      this.#timing.now() < lock.deadlineAt &&
      this.#client.getChannel().getConnectivityState(false) === connectivityState.READY
    );
  }

  /** The end of the connection gives everything back. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#loseAll();
    this.#client.close();
  }

  async #lock(
    order: AcquireOrder,
    onCall: (cancel: () => void) => void,
  ): Promise<HeldLock | undefined> {
    const { name, size, waitUntil, leaseMs, isRenewed } = order;
    const sentAt = this.#timing.now();
    // More than was asked for on the server's side: never less than this side believes in.
    const leaseSeconds = leaseMs === undefined ? undefined : secondsFrom(leaseMs);
    const waitSeconds =
      waitUntil === undefined || waitUntil === Number.POSITIVE_INFINITY
        ? undefined
        : secondsFrom(Math.max(1, waitUntil - sentAt));
    const request = encodeLockRequest({ name, size, waitSeconds, leaseSeconds });
    const path = waitUntil === undefined ? UNARY_PATHS.tryLock : UNARY_PATHS.lock;
    const answer = await this.#call(path, request, decodeLockResponse, onCall);
    if (!answer.isDone) {
      if (answer.error === undefined) {
        return undefined;
      }
      throw refusal(name, answer.error);
    }
    const deadlineAt = leaseMs === undefined ? Number.POSITIVE_INFINITY : sentAt + leaseMs;
    const terms = { leaseMs, deadlineAt, isRenewed };
    const lock = new HeldLock(name, answer.key, answer.fencingToken, terms);
    this.#held.add(lock);
    if (leaseMs !== undefined && this.#timing.now() - sentAt > leaseMs * RENEWED_AFTER) {
      // It waited, nobody knows how long of that: the lease is known of again from a renewal on.
      await this.#renew(lock, leaseMs);
      if (lock.loss !== undefined) {
        throw lock.loss;
      }
    } else {
      this.#watchLease(lock, sentAt);
    }
    return lock;
  }

  async #renew(lock: HeldLock, leaseMs: number): Promise<void> {
    const { name, key } = lock;
    const sentAt = this.#timing.now();
    const request = encodeKeyRequest({ name, key, leaseSeconds: secondsFrom(leaseMs) });
    let answer: UnaryAnswer;
    try {
      answer = await this.#call(this.#renewPath, request, decodeLockResponse);
    } catch (error) {
      if (!(error instanceof UnknownMethodError) || this.#renewPath === UNARY_PATHS.refreshLock) {
        throw error;
      }
      // The name of the seed.
      this.#renewPath = UNARY_PATHS.refreshLock;
      answer = await this.#call(this.#renewPath, request, decodeLockResponse);
    }
    if (!answer.isDone) {
      this.#lose(lock, this.#timing.now() >= lock.deadlineAt ? 'expired' : 'unknown');
    } else if (lock.loss === undefined && !lock.isReleasing) {
      lock.leaseMs = leaseMs;
      lock.deadlineAt = sentAt + leaseMs;
      this.#watchLease(lock, sentAt);
    }
  }

  #watchLease(lock: HeldLock, beganAt: number): void {
    this.#leaseTimers.get(lock)?.cancel();
    if (lock.leaseMs === undefined) {
      return;
    }
    const now = this.#timing.now();
    const renewAt = beganAt + lock.leaseMs * RENEWED_AFTER;
    const isToRenew = lock.isRenewed && now < renewAt;
    const timer = this.#timing.setTimer((isToRenew ? renewAt : lock.deadlineAt) - now, () => {
      if (isToRenew) {
        this.#watchLease(lock, Number.NEGATIVE_INFINITY);
        this.#renew(lock, lock.leaseMs ?? 0).catch(() => undefined);
      } else {
        this.#lose(lock, 'expired');
      }
    });
    this.#leaseTimers.set(lock, timer);
  }

  #expectHeld(lock: HeldLock): void {
    if (this.#isClosed) {
      throw new ClosedError();
    }
    if (!this.isHeld(lock)) {
      const isOver = this.#timing.now() >= lock.deadlineAt;
      this.#lose(lock, isOver ? 'expired' : 'session-ended');
      throw lock.loss;
    }
  }

  #lose(lock: HeldLock, reason: LockLostError['reason']): void {
    this.#forget(lock);
    lock.lose(reason);
  }

  #loseAll(): void {
    for (const lock of [...this.#held]) {
      this.#lose(lock, 'session-ended');
    }
  }

  #forget(lock: HeldLock): void {
    this.#held.delete(lock);
    this.#leaseTimers.get(lock)?.cancel();
    this.#leaseTimers.delete(lock);
  }

  #connect(): Client {
    const { addresses, access } = this.#options;
    const address = addresses[this.#delays.attemptCount % addresses.length] ?? '';
    const client = new Client(address, access.credentials, CHANNEL_OPTIONS);
    this.#watchConnection(client);
    return client;
  }

  /** A connection that ends takes its locks along. */
  #watchConnection(client: Client): void {
    const channel = client.getChannel();
    const state = channel.getConnectivityState(false);
    channel.watchConnectivityState(state, Number.POSITIVE_INFINITY, (error) => {
      if (error !== undefined || this.#isClosed || this.#client !== client) {
        return;
      }
      if (state === connectivityState.READY) {
        this.#loseAll();
      }
      this.#watchConnection(client);
    });
  }

  /** Tries address after address while nothing depends on the one that there is. */
  async #call(
    path: string,
    request: Buffer,
    decode: (bytes: Buffer) => UnaryAnswer,
    onCall: (cancel: () => void) => void = () => undefined,
  ): Promise<UnaryAnswer> {
    const failAt = this.#timing.now() + this.#options.unavailableTimeoutMs;
    for (;;) {
      try {
        return await this.#callOnce(path, request, decode, onCall);
      } catch (error) {
        const isAway = error instanceof UnavailableError && !this.#isClosed;
        if (!isAway || this.#held.size > 0 || this.#timing.now() >= failAt) {
          throw error;
        }
        const delayMs = this.#delays.next(this.#options.addresses.length);
        await new Promise<void>((resolve) => {
          this.#timing.setTimer(delayMs, resolve);
        });
        this.#client.close();
        this.#client = this.#connect();
      }
    }
  }

  #callOnce(
    path: string,
    request: Buffer,
    decode: (bytes: Buffer) => UnaryAnswer,
    onCall: (cancel: () => void) => void,
  ): Promise<UnaryAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) {
        reject(new ClosedError());
        return;
      }
      const metadata = metadataFor(this.#options.access.password);
      const call = this.#client.makeUnaryRequest<Buffer, UnaryAnswer>(
        path,
        (bytes) => bytes,
        decode,
        request,
        metadata,
        (error, answer) => {
          if (error === null && answer !== undefined) {
            this.#delays.succeeded();
            resolve(answer);
          } else {
            reject(failure(error));
          }
        },
      );
      onCall(() => call.cancel());
    });
  }
}

class UnknownMethodError extends ProtocolError {}

function failure(error: ServiceError | null): LdlmError {
  const details = error?.details ?? 'there was no answer';
  switch (error?.code) {
    case status.UNAUTHENTICATED:
    case status.PERMISSION_DENIED:
      return new UnauthenticatedError(details);
    case status.UNIMPLEMENTED:
      return new UnknownMethodError(details);
    case status.RESOURCE_EXHAUSTED:
      return new TooManyWaitersError(details);
    case status.UNAVAILABLE:
    case status.CANCELLED:
    case status.DEADLINE_EXCEEDED:
      return new UnavailableError(details);
    default:
      return new ProtocolError(details);
  }
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
