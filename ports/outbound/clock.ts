/** What the server needs of time. */
import type { Instant } from '../../domain/instant.js';

/** An alarm that was set. */
export interface Alarm {
  /** It will not ring any more. Harmless after it rang. */
  cancel(): void;
}

/**
 * A clock that never goes back while the process lives.
 *
 * `now()` counts milliseconds from the Unix epoch as it stood when the process started, and from
 * then on by a monotonic clock, with fractions; steps of the wall clock do not move it.
 * It is cheap enough to ask once per command.
 */
export interface Clock {
  now(): Instant;

  /**
   * Rings once, at `at` or as soon after as the machine allows, in a turn of the event loop of its
   * own, never from within `setAlarm`. It may ring a little early: who is rung looks at `now()` and
   * sets a new one. An instant in the past rings in the next turn; FOREVER never rings.
   * What `ring` throws is not caught.
   */
  setAlarm(at: Instant, ring: () => void): Alarm;
}
