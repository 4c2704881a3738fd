/** Why: all that the command line asks of whatever carries it to the server. */
import type {
  HolderDescription,
  LockDescription,
  LockPart,
  ServerStats,
  SessionDescription,
} from '../../../domain/descriptions.js';
import type { HolderFilter } from '../../../domain/holder-filter.js';
import type { HolderNews } from '../../../domain/holder-watch.js';
import type { Instant } from '../../../domain/instant.js';
import type {
  KickAnswer,
  RevokeAllAnswer,
  RevokeAnswer,
  RevokeRequest,
} from '../../../ports/inbound/administration.js';

/**
 * A server that cannot be reached, or fails, is a rejection whose message says what to do. `now` is the server's clock, by which
 * instants are to be read.
 */
export interface AdministrationClient {
  /** Leases that are wanted, in pages; the last one has `now`. */
  holders(
    filter: HolderFilter,
  ): AsyncIterable<{ readonly holders: readonly HolderDescription[]; readonly now?: Instant }>;
  /** Nothing if the lock is not known. */
  lock(name: string): AsyncIterable<LockPart>;
  sessions(): AsyncIterable<{
    readonly sessions: readonly SessionDescription[];
    readonly now: Instant;
  }>;
  /** Ends when the server stops, and when `signal` is aborted. */
  watch(
    filter: HolderFilter,
    signal: AbortSignal,
  ): AsyncIterable<HolderNews & { readonly now: Instant }>;
  stats(): Promise<ServerStats>;
  busiest(count: number): Promise<readonly LockDescription[]>;
  unlock(request: RevokeRequest): Promise<RevokeAnswer>;
  unlockAll(name: string): Promise<RevokeAllAnswer>;
  kick(sessionId: string): Promise<KickAnswer>;
  /** Lets go of the connection, if there is one. */
  close(): void;
}
