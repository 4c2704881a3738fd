/** Why: what operators are shown of the state; plain values that stay true to the moment they were taken. */
import type { Instant } from './instant.js';
import type { Owner } from './owner.js';

/** One lease that lives. */
export interface HolderDescription {
  readonly name: string;
  readonly size: number;
  readonly key: string;
  readonly fencingToken: number;
  readonly grantedAt: Instant;
  /** FOREVER for a lease without an end. */
  readonly expiresAt: Instant;
  /** undefined when no session holds it: restored from the store, or kept past its session. */
  readonly sessionId: string | undefined;
  /** The session's kind and peer, such as `connection 127.0.0.1:51234`; undefined with sessionId. */
  readonly session: string | undefined;
  /** What its client said of itself and of its purpose; undefined where it said nothing. */
  readonly owner: Owner | undefined;
  /** How many wait for the lock it is on. */
  readonly waiterCount: number;
}
