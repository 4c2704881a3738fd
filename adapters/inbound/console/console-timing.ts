/** Why: what the console needs of time, so that specs move it. */

export interface ConsoleTiming {
  /** Milliseconds; never goes back. */
  now(): number;
  /** Rings once, at `at` or soon after, in a turn of the event loop of its own. */
  setAlarm(at: number, ring: () => void): { cancel(): void };
}
