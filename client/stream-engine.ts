/**
 * Why: the client's engine by the session stream: an order becomes a request in the session, and its answer a lock among the
 * holdings, or an error.
 */
import { acquireRefusal } from './acquire-refusal.js';
import { ClientSession, type ClientSessionOptions } from './client-session.js';
import { HeldLock } from './held-lock.js';
import { Holdings } from './holdings.js';
import { ClosedError, ProtocolError, WaitTimeoutError } from './ldlm-error.js';
import type { AcquireAttempt, AcquireOrder, LockEngine } from './lock-engine.js';
import { AcquireRequest, type Answer } from './request.js';
import type { Timing } from './timing.js';

class StreamAttempt implements AcquireAttempt {
  constructor(
    readonly request: AcquireRequest,
    readonly abandon: (reason: unknown) => void,
  ) {}

  get outcome(): Promise<HeldLock | undefined> {
    return this.request.outcome;
  }
}

/** Open → closed. */
export class StreamEngine implements LockEngine {
  readonly #timing: Timing;
  readonly #session: ClientSession;
  readonly #holdings: Holdings;

  constructor(options: ClientSessionOptions) {
    this.#timing = options.timing;
    this.#session = new ClientSession(options, {
      onAnswer: (request, answer) => this.#answered(request, answer),
      onLost: (key, reason) => this.#holdings.lose(key, reason),
      onResumed: () => this.#holdings.checkAll(),
      onOver: (reason) => this.#holdings.loseAll(reason),
    });
    this.#holdings = new Holdings(this.#session, options.timing);
  }

  acquire(order: AcquireOrder): AcquireAttempt {
    const request = new AcquireRequest(order, this.#timing.now());
    const attempt = new StreamAttempt(request, (reason) => this.#abandon(request, reason));
    if (this.#session.isClosed) {
      request.fail(new ClosedError());
      return attempt;
    }
    if (order.waitUntil !== undefined && order.waitUntil !== Number.POSITIVE_INFINITY) {
      const waitTimer = this.#timing.setTimer(order.waitUntil - request.askedAt, () => {
        this.#abandon(request, new WaitTimeoutError(order.name, this.#session.unreachable));
      });
      const cancel = () => waitTimer.cancel();
      request.outcome.then(cancel, cancel);
    }
    this.#session.ask(request);
    return attempt;
  }

  release(lock: HeldLock): Promise<void> {
    return this.#holdings.release(lock);
  }

  renew(lock: HeldLock, leaseMs: number): Promise<void> {
    return this.#holdings.renew(lock, leaseMs);
  }

  heldForMs(lock: HeldLock): number {
    return this.#holdings.heldForMs(lock);
  }

  close(): Promise<void> {
    const closed = this.#session.close();
    this.#holdings.close();
    return closed;
  }

  #abandon(request: AcquireRequest, reason: unknown): void {
    this.#session.withdraw(request);
    request.fail(reason);
  }

  #answered(request: AcquireRequest, answer: Answer): void {
    switch (answer.kind) {
      case 'granted':
        this.#granted(request, answer);
        return;
      case 'refused': {
        const refusal = acquireRefusal(request.order, answer);
        if (refusal === undefined) {
          request.resolve(undefined);
        } else {
          request.fail(refusal);
        }
        return;
      }
      case 'done':
        request.fail(new ProtocolError('an acquire was answered as if it were none'));
        return;
      default:
        answer satisfies never;
    }
  }

  #granted(request: AcquireRequest, grant: Answer & { readonly kind: 'granted' }): void {
    const { name, leaseMs, isRenewed } = request.order;
    // It waited by the server's clock, which may have gone faster: a lease begins no later than it is heard of.
    const waitedUntil = (request.sentAt ?? request.askedAt) + grant.waitedMs;
    const beganAt = Math.min(waitedUntil, this.#timing.now());
    const deadlineAt = leaseMs === undefined ? Number.POSITIVE_INFINITY : beganAt + leaseMs;
    const terms = { leaseMs, deadlineAt, isRenewed };
    const lock = new HeldLock(name, grant.key, grant.fencingToken, terms);
    this.#holdings.add(lock);
    if (this.#timing.now() < deadlineAt) {
      this.#holdings.watchLease(lock, beganAt);
      request.resolve(lock);
    } else {
      this.#grantedLate(request, lock);
    }
  }

  /** It may live all the same: a restarted server begins leases anew. A renewal tells. */
  #grantedLate(request: AcquireRequest, lock: HeldLock): void {
    this.#holdings.extend(lock, lock.leaseMs ?? 0, false).then(
      () => {
        if (lock.loss !== undefined) {
          request.fail(lock.loss);
        } else if (request.isWithdrawn) {
          this.#holdings.giveBack(lock);
        } else if (this.#timing.now() < lock.deadlineAt) {
          request.resolve(lock);
        } else {
          // The answer was under way for longer than the lease: nobody may be told that it is held.
          this.#holdings.giveBack(lock);
          request.fail(lock.lose('expired'));
        }
      },
      (error) => {
        this.#holdings.giveBack(lock);
        request.fail(error);
      },
    );
  }
}
