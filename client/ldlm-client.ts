/** Why: the face of the client: locks for programs, in as few words as they need. docs/CLIENT.md tells all of it. */
import { EventEmitter } from 'node:events';
import type { ClientEvents, TellEvent } from './client-events.js';
import { type CheckedOptions, checkedOptions, type LdlmClientOptions } from './client-options.js';
import { grpcLinks } from './grpc-link.js';
import type { HeldLock } from './held-lock.js';
import { Leadership } from './leadership.js';
import { WaitTimeoutError } from './ldlm-error.js';
import { Lock } from './lock.js';
import type { AcquireOrder, LockEngine } from './lock-engine.js';
import { type LockOptions, orderFor, type TryLockOptions, waitUntilFrom } from './lock-options.js';
import type { LockSource } from './lock-source.js';
import { LockTraces, type TracedWait } from './lock-traces.js';
import { RateLimit, type RateLimitRule } from './rate-limit.js';
import { Semaphore } from './semaphore.js';
import { StreamEngine } from './stream-engine.js';
import { StreamUnsupportedError } from './stream-unsupported-error.js';
import { systemTiming } from './timing.js';
import { UnaryEngine } from './unary-engine.js';

export type { ClientEvents } from './client-events.js';
export type { LdlmClientOptions, TlsOptions } from './client-options.js';
export { Leadership } from './leadership.js';
export * from './ldlm-error.js';
export { Lock } from './lock.js';
export type { LockOptions, TryLockOptions } from './lock-options.js';
export type { LockSource } from './lock-source.js';
export { RateLimit, type RateLimitRule } from './rate-limit.js';
export { Semaphore } from './semaphore.js';

/** What became of a task that one of many was to run. */
export type TaskOutcome<Result> =
  | { readonly ran: true; readonly result: Result }
  | { readonly ran: false };

/**
 * Open → closed. It connects when it is first asked for something, and from then on keeps a connection, and with it the
 * process, until it is closed.
 */
export class LdlmClient extends EventEmitter<ClientEvents> implements LockSource, AsyncDisposable {
  readonly #options: CheckedOptions;
  readonly #traces = LockTraces.find();
  #engine: LockEngine;
  #closing: Promise<void> | undefined;

  /** @throws InvalidArgumentError */
  constructor(options: LdlmClientOptions) {
    super();
    this.#options = checkedOptions(options);
    this.#engine = this.#options.unary ? this.#unaryEngine() : this.#streamEngine();
  }

  /**
   * Waits for the lock, first come, first served.
   * @throws WaitTimeoutError, SizeMismatchError, TooManyWaitersError, UnavailableError, UnauthenticatedError,
   * InvalidArgumentError, ClosedError; LockLostError if the lease was over before it was heard of; the reason of
   * `options.signal` once that aborts.
   */
  lock(name: string, options: LockOptions = {}): Promise<Lock> {
    if (options.waitTimeoutMs === 0) {
      return this.#lockAtOnce(name, options);
    }
    // It is told null only when it is not to wait, which is `tryLock`.
    return this.#acquire(
      () => orderFor(name, options, waitUntilFrom(systemTiming.now(), options.waitTimeoutMs)),
      options.signal,
    ) as Promise<Lock>;
  }

  /** Takes the lock if that can be done at once, or tells null. @throws as `lock`, but for the wait. */
  tryLock(name: string, options: TryLockOptions = {}): Promise<Lock | null> {
    return this.#acquire(() => orderFor(name, options, undefined), options.signal);
  }

  /**
   * Runs `work` under the lock and releases it. `lock.signal` tells the work when to stop.
   * @throws as `lock`; what `work` throws; LockLostError if the lock was lost while it ran.
   */
  async withLock<Result>(
    name: string,
    options: LockOptions,
    work: (lock: Lock) => Result | Promise<Result>,
  ): Promise<Result> {
    const lock = await this.lock(name, options);
    let result: Result;
    try {
      result = await work(lock);
    } catch (error) {
      // What went wrong in the work says more than what becomes of the lock.
      await lock.release().catch(() => undefined);
      throw error;
    }
    await lock.release();
    return result;
  }

  /**
   * Becomes the leader among all who call this with one name: resolves when that is so. `leadership.signal` aborts when
   * it is over; then stop leading, and call again to stand once more.
   * @throws as `lock`
   */
  async elect(name: string, options: LockOptions = {}): Promise<Leadership> {
    return new Leadership(await this.lock(name, options));
  }

  /**
   * Runs a task that one of many programs is to run: whoever comes first does; the others are told that it did not run.
   * @throws as `withLock`
   */
  async runTask<Result>(
    name: string,
    options: TryLockOptions,
    work: (lock: Lock) => Result | Promise<Result>,
  ): Promise<TaskOutcome<Result>> {
    const lock = await this.tryLock(name, options);
    if (lock === null) {
      return { ran: false };
    }
    let result: Result;
    try {
      result = await work(lock);
    } catch (error) {
      await lock.release().catch(() => undefined);
      throw error;
    }
    await lock.release();
    return { ran: true, result };
  }

  /** At most `permits` at once, over all programs that use this name with this number. @throws InvalidArgumentError */
  semaphore(name: string, permits: number): Semaphore {
    return new Semaphore(this, name, permits);
  }

  /** At most so many calls in so much time, over all programs. @throws InvalidArgumentError */
  rateLimit(name: string, rule: RateLimitRule): RateLimit {
    return new RateLimit(this, name, rule);
  }

  /**
   * Withdraws what waits, gives back what is held, and lets go of everything. May be called again. Never rejects.
   */
  close(): Promise<void> {
    if (this.#closing === undefined) {
      this.#traces?.close();
      this.#closing = this.#engine.close();
    }
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #lockAtOnce(name: string, options: LockOptions): Promise<Lock> {
    const lock = await this.tryLock(name, options);
    if (lock === null) {
      throw new WaitTimeoutError(name);
    }
    return lock;
  }

  /** With as few promises as there can be where nothing out of the ordinary happens. */
  #acquire(order: () => AcquireOrder, signal: AbortSignal | undefined): Promise<Lock | null> {
    try {
      const asked = order();
      const wait = this.#traces?.wait(asked);
      return this.#acquireBy(this.#engine, { order: wait?.order ?? asked, signal, wait });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #acquireBy(engine: LockEngine, request: AcquireRequest): Promise<Lock | null> {
    const { order, signal, wait } = request;
    const outcome =
      signal === undefined ? engine.acquire(order).outcome : abortable(engine, order, signal);
    return outcome.then(
      (held) => {
        if (held === undefined) {
          wait?.over();
          return null;
        }
        wait?.granted(held);
        return new Lock(engine, held);
      },
      (error: unknown) => {
        if (!(error instanceof StreamUnsupportedError) || this.#closing !== undefined) {
          wait?.over(error);
          throw error;
        }
        this.#fallBack(engine);
        return this.#acquireBy(this.#engine, request);
      },
    );
  }

  #streamEngine(): StreamEngine {
    const { credentials, password, ...rest } = this.#options;
    return new StreamEngine({
      ...rest,
      openLink: grpcLinks({ credentials, password }),
      timing: systemTiming,
      random: Math.random,
      tell: this.#tell,
    });
  }

  #unaryEngine(): UnaryEngine {
    const { addresses, credentials, password, unavailableTimeoutMs } = this.#options;
    return new UnaryEngine({
      addresses,
      access: { credentials, password },
      timing: systemTiming,
      random: Math.random,
      unavailableTimeoutMs,
      tell: this.#tell,
    });
  }

  /** The server is one of old. */
  #fallBack(from: LockEngine): void {
    if (this.#engine !== from || this.#closing !== undefined) {
      return;
    }
    this.#engine = this.#unaryEngine();
    // It has nothing left to say, and nobody to say it to.
    from.close().catch(() => undefined);
  }

  readonly #tell: TellEvent = (name, ...details) => {
    try {
      this.emit(name, ...(details as never));
    } catch (error) {
      // A listener's fault is no reason for locks to go wrong, and none to be silent about.
      process.emitWarning(error instanceof Error ? error : String(error));
    }
  };
}

interface AcquireRequest {
  readonly order: AcquireOrder;
  readonly signal: AbortSignal | undefined;
  /** undefined: nobody follows it. */
  readonly wait: TracedWait | undefined;
}

async function abortable(
  engine: LockEngine,
  order: AcquireOrder,
  signal: AbortSignal,
): Promise<HeldLock | undefined> {
  signal.throwIfAborted();
  const attempt = engine.acquire(order);
  const abandon = (): void => attempt.abandon(signal.reason);
  signal.addEventListener('abort', abandon, { once: true });
  try {
    const held = await attempt.outcome;
    if (signal.aborted) {
      // It came in the very moment in which it was not wanted any more.
      if (held !== undefined) {
        engine.release(held).catch(() => undefined);
      }
      throw signal.reason;
    }
    return held;
  } finally {
    signal.removeEventListener('abort', abandon);
  }
}
