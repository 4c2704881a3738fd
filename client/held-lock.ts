/** Why: what a client knows of a lock that it was granted, and when it has to stop believing in it. */
import { LockLostError, type LossReason } from './ldlm-error.js';

/** Held → releasing → over, or lost at any time before that. */
export class HeldLock {
  /** When the lease is over, by this program's clock; Infinity for a lease without an end. */
  deadlineAt: number;
  /** undefined for a lease without an end. */
  leaseMs: number | undefined;
  /** Whether it is to renew itself. */
  readonly isRenewed: boolean;
  /** The time that it renews itself to: what its holder asked for last. */
  renewalMs: number;
  /** The renewal that was asked for last; only its answer tells when the lease ends. */
  lastRenewal: object | undefined;
  isReleasing = false;
  /** Whether its renewal is under way: what is next is its end. */
  isRenewing = false;
  loss: LockLostError | undefined;
  /** Is told once how it ended, if anybody follows it. */
  onOver: ((ending: LossReason | 'released') => void) | undefined;
  #controller: AbortController | undefined;

  constructor(
    readonly name: string,
    readonly key: string,
    /** undefined from a server that has none. */
    readonly fencingToken: number | undefined,
    terms: {
      readonly leaseMs: number | undefined;
      readonly deadlineAt: number;
      readonly isRenewed: boolean;
    },
  ) {
    this.leaseMs = terms.leaseMs;
    this.deadlineAt = terms.deadlineAt;
    this.isRenewed = terms.isRenewed;
    this.renewalMs = terms.leaseMs ?? 0;
  }

  /** Made when it is first asked for: most locks are released before anybody does. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.loss !== undefined) {
        this.#controller.abort(this.loss);
      }
    }
    return this.#controller.signal;
  }

  /** The first loss counts. */
  lose(reason: LossReason): LockLostError {
    if (this.loss === undefined) {
      this.loss = new LockLostError(this.name, reason);
      this.#controller?.abort(this.loss);
      this.onOver?.(reason);
    }
    return this.loss;
  }
}
