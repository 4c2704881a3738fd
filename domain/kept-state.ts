/** Why: what is left of the facts when the past is folded away: this is what stores give back. */
import type { LeaseGranted, StreamSessionOpened } from './facts.js';

/** A lease as the facts leave it: the grant, with the latest renewal's length. */
export type KeptLease = Omit<LeaseGranted, 'type'>;

/** A stream session as the facts leave it. */
export interface KeptSession extends Omit<StreamSessionOpened, 'type'> {
  /** The numbers of its releases that were done and whose answers it may not have heard, in their order. */
  readonly releases: readonly number[];
}
