/**
 * Why: the fold that turns facts back into leases. Recovery, compaction, stores and specs all use
 * this one, so that they cannot disagree about what a sequence of facts means.
 */
import type { Fact, LeaseGranted } from './facts.js';

/** A lease as the facts leave it: the grant, with the latest renewal's length. */
export type KeptLease = Omit<LeaseGranted, 'type'>;

/** A fact that contradicts those before it: the record it came from is damaged. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
}

/** The leases that live after the facts applied so far, by key, and the highest fencing token given. */
export class LeaseLedger {
  readonly #leases = new Map<string, KeptLease>();
  #fencingToken: number;

  /** @param fencingToken the high-water mark to begin from; 0 when nothing was ever granted. */
  constructor(fencingToken = 0) {
    this.#fencingToken = fencingToken;
  }

  get fencingToken(): number {
    return this.#fencingToken;
  }

  get leases(): ReadonlyMap<string, KeptLease> {
    return this.#leases;
  }

  /** @throws LedgerError when the fact cannot follow those before it. */
  apply(fact: Fact): void {
    switch (fact.type) {
      case 'lease-granted': {
        this.restore(fact);
        return;
      }
      case 'lease-renewed': {
        const lease = this.#find(fact);
        this.#leases.set(fact.key, { ...lease, leaseMs: fact.leaseMs });
        return;
      }
      case 'lease-ended': {
        this.#find(fact);
        this.#leases.delete(fact.key);
        return;
      }
      default:
        fact satisfies never;
    }
  }

  /** Takes in a lease as a snapshot holds it. @throws LedgerError when its key is taken. */
  restore(lease: KeptLease): void {
    if (this.#leases.has(lease.key)) {
      throw new LedgerError(`the key of lock ${JSON.stringify(lease.name)} is granted twice`);
    }
    const { name, size, key, fencingToken, leaseMs, sessionId, at } = lease;
    this.#leases.set(key, { name, size, key, fencingToken, leaseMs, sessionId, at });
    this.#fencingToken = Math.max(this.#fencingToken, fencingToken);
  }

  #find(fact: { readonly name: string; readonly key: string; readonly type: string }): KeptLease {
    const lease = this.#leases.get(fact.key);
    if (lease === undefined || lease.name !== fact.name) {
      throw new LedgerError(
        `${fact.type} of lock ${JSON.stringify(fact.name)} names a key that holds nothing`,
      );
    }
    return lease;
  }
}
