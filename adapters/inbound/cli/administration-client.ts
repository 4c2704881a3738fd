/** Why: all that the command line asks of whatever carries it to the server. */
import type { HolderDescription } from '../../../domain/descriptions.js';
import type { Instant } from '../../../domain/instant.js';
import type { RevokeAnswer, RevokeRequest } from '../../../ports/inbound/administration.js';

export interface Listing {
  readonly holders: readonly HolderDescription[];
  /** The server's clock, by which the holders' instants are to be read. */
  readonly now: Instant;
}

/** A server that cannot be reached, or fails, is a rejection whose message says what to do. */
export interface AdministrationClient {
  /** Every lease, or those of the lock of that name. */
  list(name?: string): Promise<Listing>;
  unlock(request: RevokeRequest): Promise<RevokeAnswer>;
}
