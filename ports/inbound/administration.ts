/** What an operator may ask of the server. */
import type { Kicked, Revoked, RevokedMany } from '../../domain/decision.js';
import type {
  HolderDescription,
  LockDescription,
  LockPart,
  ServerStats,
  SessionDescription,
} from '../../domain/descriptions.js';
import type { HolderFilter } from '../../domain/holder-filter.js';
import type { HolderFeed } from '../../domain/holder-watch.js';
import type { Instant } from '../../domain/instant.js';
import type { Operator } from '../../domain/operator.js';
import type { Refused } from '../../domain/refusal.js';

export interface RevokeRequest {
  readonly name: string;
  /** Which lease; may be left out while the lock has one holder. */
  readonly key?: string;
}

export type RevokeAnswer = Revoked | Refused;

export type RevokeAllAnswer = RevokedMany | Refused;

export type KickAnswer = Kicked | Refused;

/**
 * What is listed comes in pages, with a turn of the event loop after each thousand that were looked at, so that a
 * million do not stop the server. Each page is true to one moment and durable when given; what changes meanwhile may be
 * missed or shown as it was. Listings reject with StateStoreError after the store has failed, and are given up at
 * any page.
 *
 * What takes something away from somebody answers when that is kept, and then leaves a line in the log: by whom (this
 * program, unless given), what, and how many leases.
 */
export interface Administration {
  /** The server's clock, by which the instants in its descriptions are to be read. */
  now(): Instant;

  /** Every lease, or those that are wanted. */
  holders(filter?: HolderFilter): AsyncIterable<readonly HolderDescription[]>;

  /** A lock, its holders, and its waiters in order; nothing if it is not known. */
  lock(name: string): AsyncIterable<LockPart>;

  /** Every session, in the order in which they opened. */
  sessions(): AsyncIterable<readonly SessionDescription[]>;

  /** Rejects with StateStoreError. */
  stats(): Promise<ServerStats>;

  /** The locks for which most wait and, of those, which were granted most often; `count` of them, 100 at most. */
  busiest(count: number): Promise<readonly LockDescription[]>;

  /**
   * Changes from now on, when they are kept, in order; the first news is a gap, to be filled by a listing. Who does not
   * listen for 10,000 changes has another gap. Comes with no change every ten seconds. Ends when the server stops; rejects
   * with StateStoreError.
   */
  watch(filter: HolderFilter): HolderFeed;

  /**
   * Ends a lease against its holder's will and passes the slot to the next waiter. Answers when that is
   * kept. Refuses with `lock-unknown`, `key-invalid`, `key-needed` or `server-stopping`.
   */
  revoke(request: RevokeRequest, by?: Operator): Promise<RevokeAnswer>;

  /**
   * The same for every lease that a lock has at this moment, a thousand a turn of the event loop. Refuses with
   * `lock-unknown` or `server-stopping`.
   */
  revokeAll(name: string, by?: Operator): Promise<RevokeAllAnswer>;

  /**
   * Ends a session: its waiters are refused (`session-unknown`), its leases end, and its client hears of that, by the end
   * of its connection if there is no other way. Refuses with `session-unknown` or `server-stopping`.
   */
  kick(sessionId: string, by?: Operator): Promise<KickAnswer>;
}
