/**
 * Why: a client whose server crashed under it comes back and asks again for what has no answer yet.
 * This knows what the store kept of that.
 */
import type { Instant } from './instant.js';
import type { KeptLease } from './kept-state.js';
import type { Lease } from './lease.js';

/** Unclaimed → claimed, when the session is resumed. What is asked for again is given once. */
export class RestoredClaims {
  isUnclaimed = true;
  readonly #terms = new Map<Lease, number>();
  readonly #grants = new Map<number, Lease>();
  readonly #releases: Set<number>;

  /** @param releases the numbers of requests that released something. */
  constructor(releases: readonly number[]) {
    this.#releases = new Set(releases);
  }

  add(lease: Lease, { leaseMs, requestId }: KeptLease): void {
    this.#terms.set(lease, leaseMs);
    if (requestId !== undefined) {
      this.#grants.set(requestId, lease);
    }
  }

  /** The session is back. @returns each lease that lives, and when it ends by its own terms. */
  claim(now: Instant): readonly (readonly [Lease, Instant])[] {
    this.isUnclaimed = false;
    const claimed = [...this.#terms].filter(([lease]) => lease.isLive);
    this.#terms.clear();
    return claimed.map(([lease, leaseMs]) => [lease, Math.max(lease.deadlineAt, now + leaseMs)]);
  }

  /** Whether it is a lease that the session has not come back for. */
  isWaitingFor(lease: Lease): boolean {
    return this.#terms.has(lease);
  }

  /** The lease that this request was granted, if it lives. */
  grantOf(requestId: number | undefined): Lease | undefined {
    const lease = requestId === undefined ? undefined : this.#grants.get(requestId);
    return lease?.isLive ? lease : undefined;
  }

  isReleasedBy(requestId: number | undefined): boolean {
    return requestId !== undefined && this.#releases.has(requestId);
  }
}
