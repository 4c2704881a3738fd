/** Why: a request to acquire from the moment it is made until nobody asks for it any more. */
import type { Granted } from './decision.js';
import type { Owner } from './owner.js';
import type { Refused } from './refusal.js';
import type { AcquireCommand, Waiter } from './waiter.js';

/** What a PendingAcquisition needs of the service that made it. */
export interface AcquisitionOwner {
  withdraw(acquisition: PendingAcquisition): void;
  /** What may be told now that the decision is kept; rejects when nothing may. */
  confirm(acquisition: PendingAcquisition): Promise<Granted | Refused> | Granted | Refused;
}

/**
 * Undecided → decided (granted or refused) → answered, when the decision is kept. Withdrawn at any of
 * these: an undecided one leaves the queue, a granted one is released. Implements the port's Acquisition.
 */
export class PendingAcquisition implements AcquireCommand {
  readonly sessionId: string;
  readonly name: string;
  readonly size: number;
  readonly waitMs: number;
  readonly leaseMs: number;
  declare readonly requestId?: number;
  declare readonly metadata?: Owner;
  readonly answer: Promise<Granted | Refused>;
  /** Its place in a queue, if it had to wait. */
  waiter: Waiter<PendingAcquisition> | undefined;
  decision: Granted | Refused | undefined;
  isWithdrawn = false;
  readonly #owner: AcquisitionOwner;
  #resolve!: (answer: Granted | Refused | Promise<Granted | Refused>) => void;

  constructor(
    request: Omit<AcquireCommand, 'key'>,
    readonly key: string,
    owner: AcquisitionOwner,
  ) {
    this.sessionId = request.sessionId;
    this.name = request.name;
    this.size = request.size;
    this.waitMs = request.waitMs;
    this.leaseMs = request.leaseMs;
    if (request.requestId !== undefined) {
      this.requestId = request.requestId;
    }
    if (request.metadata !== undefined) {
      this.metadata = request.metadata;
    }
    this.#owner = owner;
    this.answer = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Answers as soon as `kept` says that the decision would survive. */
  decide(decision: Granted | Refused, kept: Promise<void>): void {
    this.decision = decision;
    kept.then(
      () => this.#settle(this.#owner.confirm(this)),
      (failure: unknown) => this.fail(failure),
    );
  }

  /** It cannot be known what became of it. */
  fail(failure: unknown): void {
    this.#settle(Promise.reject(failure));
  }

  #settle(answer: Granted | Refused | Promise<Granted | Refused>): void {
    this.#resolve(answer);
    if (answer instanceof Promise) {
      // Someone who withdrew does not listen any more; a failure is then nobody's.
      this.answer.catch(() => undefined);
    }
  }

  withdraw(): void {
    this.#owner.withdraw(this);
  }
}
