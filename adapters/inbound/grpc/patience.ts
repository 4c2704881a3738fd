/**
 * Why: work that a client makes for nothing costs the server as much as work that is wanted. A mishap is
 * borne; a connection that goes on with it is cut, which frees the others of it.
 */

const PATIENCE_MAX = 1_000;
const REGAINED_PER_SECOND = 30;

/** What an honest client does by mishap at most, and what it costs of the patience there is. */
const COSTS = {
  /** Headers many times their bound, as no client sends that was told of it. */
  'headers-gross': PATIENCE_MAX + 1,
  /** Headers past their bound. A few bytes unpack to hundreds of kilobytes of them. */
  'headers-too-large': 50,
  /** A call whose message did not come in time. It stays open until its client ends it. */
  'message-overdue': 10,
  /** An answer that its client did not take in time. It is kept until then. */
  'answer-untaken': 50,
  /** A message many times as long as one that needs no password is. */
  'open-call-too-long': 50,
  /** A call that its client took back before its message was read. */
  'call-taken-back': 5,
} as const;

export type Offence = keyof typeof COSTS;

/** Of one connection. */
export class Patience {
  #left = PATIENCE_MAX;
  #notedAt: number;

  /** @param now milliseconds of a clock that only goes forward. */
  constructor(now: number) {
    this.#notedAt = now;
  }

  /** @returns whether it lasts. */
  bears(offence: Offence, now: number): boolean {
    const regained = ((now - this.#notedAt) / 1_000) * REGAINED_PER_SECOND;
    this.#left = Math.min(PATIENCE_MAX, this.#left + regained) - COSTS[offence];
    this.#notedAt = now;
    return this.#left >= 0;
  }
}
