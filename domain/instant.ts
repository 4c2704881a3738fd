/** Why: the one way the domain speaks of time, so that it needs no clock of its own. */

/**
 * A moment, in milliseconds (fractions allowed). Only differences matter to the rules; by
 * convention the Clock port counts from the Unix epoch, so that an instant can also be shown.
 */
export type Instant = number;

/** A lease or a wait without an end. */
export const FOREVER = Number.POSITIVE_INFINITY;
