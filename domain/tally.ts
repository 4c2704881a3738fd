/**
 * Why: what the rules have decided so far, counted where it is decided, which costs next to nothing there.
 * Whoever wants to know reads it, as often as they like.
 */
import { Durations } from './durations.js';
import type { LeaseEnding } from './facts.js';
import type { RefusalCode } from './refusal.js';

/** One may be handed from one machine to the next: its numbers only grow. */
export class Tally {
  #grants = 0;
  #renewals = 0;
  readonly #endings: Record<LeaseEnding, number> = {
    released: 0,
    expired: 0,
    revoked: 0,
    'session-ended': 0,
  };
  readonly #refusals: Record<RefusalCode, number> = {
    'lease-time-invalid': 0,
    'wait-time-invalid': 0,
    'name-empty': 0,
    'name-too-long': 0,
    'size-invalid': 0,
    'size-mismatch': 0,
    held: 0,
    'wait-timeout': 0,
    'lease-ended': 0,
    withdrawn: 0,
    'lock-unknown': 0,
    'key-invalid': 0,
    'key-needed': 0,
    'lease-unknown': 0,
    'session-unknown': 0,
    'too-many-sessions': 0,
    'too-many-waiters': 0,
    'server-stopping': 0,
  };
  /** How long those stood in a queue who were granted a slot from it. */
  readonly waits = new Durations();
  /** How long leases lasted, from grant to end, over restarts too. */
  readonly holds = new Durations();

  /** Slots given; one that is given back because nobody could be told of it is among them. */
  get grants(): number {
    return this.#grants;
  }

  get renewals(): number {
    return this.#renewals;
  }

  /** Leases that are over, by why. */
  get endings(): Readonly<Record<LeaseEnding, number>> {
    return this.#endings;
  }

  /** Requests that were told no, by why; those that nobody hears any more are among them. */
  get refusals(): Readonly<Record<RefusalCode, number>> {
    return this.#refusals;
  }

  granted(): void {
    this.#grants += 1;
  }

  renewed(): void {
    this.#renewals += 1;
  }

  ended(reason: LeaseEnding, heldMs: number): void {
    this.#endings[reason] += 1;
    this.holds.add(heldMs);
  }

  refused(code: RefusalCode): void {
    this.#refusals[code] += 1;
  }
}
