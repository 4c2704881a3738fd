/** Why: a client's presence; what it holds and waits for ends with it. */
import type { KindOfSession } from './census.js';
import type { Deadlined } from './deadline-heap.js';
import { FOREVER, type Instant } from './instant.js';
import { invariant } from './invariant.js';
import type { Lease } from './lease.js';
import type { Owner } from './owner.js';
import type { RestoredClaims } from './restored-claims.js';
import { swapRemove } from './swap-remove.js';
import type { Waiter } from './waiter.js';

/** Why a session ends: its client said so, or was found to be gone, or an operator would not have it any more. */
export type SessionEnding = 'closed' | 'gone' | 'kicked';

/** What a session is that outlives the streams of its client. */
export interface StreamTerms {
  /** How long it lives on without a stream; 0: not at all. */
  readonly recoveryMs: number;
  readonly owner?: Owner;
}

/** A stream session without a recovery window lives until one side has missed three heartbeats, of 5 s each (docs/STREAM.md). */
export const SILENCE_MS_WITHOUT_WINDOW = 15_000;

export interface SessionTerms {
  readonly id: string;
  /** For operators, and for counting. */
  readonly kind: KindOfSession;
  /** For operators, an `address:port`; left out while its client was not heard of since a restart. */
  readonly peer?: string;
  /** How long it may go unheard of; FOREVER, or left out, for any time. */
  readonly idleMs?: number;
  readonly stream?: StreamTerms;
}

/**
 * Open → ended; a stream session: attached ⇄ detached → ended. An ended session is in no table, holds nothing and
 * waits for nothing. `deadlineAt` is when it ends by itself, FOREVER for a session whose end is told otherwise.
 */
export class Session implements Deadlined {
  readonly id: string;
  readonly kind: KindOfSession;
  peer: string | undefined;
  readonly openedAt: Instant;
  readonly idleMs: number;
  readonly stream: StreamTerms | undefined;
  /** Of a stream session from before a restart. */
  claims: RestoredClaims | undefined;
  deadlineAt: Instant;
  heapIndex = -1;
  readonly #leases: Lease[] = [];
  readonly #waiters: Waiter[] = [];

  constructor({ id, kind, peer, idleMs = FOREVER, stream }: SessionTerms, now: Instant) {
    this.id = id;
    this.kind = kind;
    this.peer = peer;
    this.openedAt = now;
    this.idleMs = idleMs;
    this.stream = stream;
    this.deadlineAt = now + idleMs;
  }

  /** Its kind and peer in one. */
  get description(): string {
    return this.peer === undefined
      ? `${this.kind}, away since the restart`
      : `${this.kind} ${this.peer}`;
  }

  /** How long its client may go on believing in it without a word from the server; 0 unless it is a stream session. */
  get believedMs(): number {
    const { stream } = this;
    return stream === undefined ? 0 : stream.recoveryMs || SILENCE_MS_WITHOUT_WINDOW;
  }

  get leases(): readonly Lease[] {
    return this.#leases;
  }

  get waiters(): readonly Waiter[] {
    return this.#waiters;
  }

  /** Whether its recovery window is over by then, though nobody may have seen to its end yet. */
  isLost(at: Instant): boolean {
    return this.stream !== undefined && this.deadlineAt <= at;
  }

  addLease(lease: Lease): void {
    lease.indexInSession = this.#leases.push(lease) - 1;
  }

  removeLease(lease: Lease): void {
    invariant(this.#leases[lease.indexInSession] === lease, 'a lease is on its own session');
    const moved = swapRemove(this.#leases, lease.indexInSession);
    if (moved !== undefined) {
      moved.indexInSession = lease.indexInSession;
    }
    lease.indexInSession = -1;
  }

  addWaiter(waiter: Waiter): void {
    waiter.indexInSession = this.#waiters.push(waiter) - 1;
  }

  removeWaiter(waiter: Waiter): void {
    invariant(this.#waiters[waiter.indexInSession] === waiter, 'a waiter is on its own session');
    const moved = swapRemove(this.#waiters, waiter.indexInSession);
    if (moved !== undefined) {
      moved.indexInSession = waiter.indexInSession;
    }
    waiter.indexInSession = -1;
  }
}
