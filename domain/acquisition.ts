/** Why: a request to acquire from the moment it is made until nobody asks for it any more. */
import type { Granted } from './decision.js';
import { type Refused, refused } from './refusal.js';
import type { AcquireCommand, Waiter } from './waiter.js';

/** What a PendingAcquisition needs of the service that made it. */
export interface AcquisitionOwner {
  withdraw(acquisition: PendingAcquisition): void;
  isHeld(acquisition: PendingAcquisition): boolean;
}

/**
 * Undecided → decided (granted or refused) → answered, when the decision is kept. Withdrawn at any of
 * these: an undecided one leaves the queue, a granted one is released. Implements the port's Acquisition.
 */
export class PendingAcquisition implements AcquireCommand {
  readonly answer: Promise<Granted | Refused>;
  /** Its place in a queue, if it had to wait. */
  waiter: Waiter<PendingAcquisition> | undefined;
  decision: Granted | Refused | undefined;
  isWithdrawn = false;
  readonly #owner: AcquisitionOwner;
  #resolve!: (answer: Granted | Refused | Promise<never>) => void;

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
    this.#owner = owner;
    this.answer = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  readonly sessionId: string;
  readonly name: string;
  readonly size: number;
  readonly waitMs: number;
  readonly leaseMs: number;

  /** Answers with the decision as soon as `kept` says that it would survive. */
  decide(decision: Granted | Refused, kept: Promise<void>): void {
    this.decision = decision;
    kept.then(
      () => this.#resolve(this.#told(decision)),
      (failure: unknown) => this.fail(failure),
    );
  }

  /** It cannot be known what became of it. */
  fail(failure: unknown): void {
    // Someone who withdrew does not listen any more; the failure is then nobody's.
    this.answer.catch(() => undefined);
    this.#resolve(Promise.reject(failure));
  }

  /** A store slower than the lease was long: a slot that is someone else's by now is not told as granted. */
  #told(decision: Granted | Refused): Granted | Refused {
    return decision.kind === 'granted' && !this.#owner.isHeld(this)
      ? refused('lease-ended')
      : decision;
  }

  withdraw(): void {
    this.#owner.withdraw(this);
  }
}
