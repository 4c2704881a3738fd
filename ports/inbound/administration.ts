/** What an operator may ask of the server. */
import type { Revoked } from '../../domain/decision.js';
import type { HolderDescription } from '../../domain/descriptions.js';
import type { Instant } from '../../domain/instant.js';
import type { Refused } from '../../domain/refusal.js';

export interface RevokeRequest {
  readonly name: string;
  /** Which lease; may be left out while the lock has one holder. */
  readonly key?: string;
}

export type RevokeAnswer = Revoked | Refused;

export interface Administration {
  /** The server's clock, by which the instants in its descriptions are to be read. */
  now(): Instant;

  /**
   * Every lease, in pages with a turn of the event loop between them, so that a million do not stop the
   * server. Each page is true to one moment and durable when given; a lease that changes meanwhile may
   * be missed or shown as it was. Rejects with StateStoreError after the store has failed.
   */
  holders(): AsyncIterable<readonly HolderDescription[]>;

  /**
   * Ends a lease against its holder's will and passes the slot to the next waiter. Answers when that is
   * kept. Refuses with `lock-unknown`, `key-invalid`, `key-needed` or `server-stopping`.
   */
  revoke(request: RevokeRequest): Promise<RevokeAnswer>;
}
