/** What the process tells whoever has started it, watches over it, and starts it anew when it must. */

/**
 * Telling never throws and never waits. What is told while an earlier word is on its way takes the place of what
 * waits there: of several words the last one counts, and nothing grows.
 */
export interface Supervisor {
  /**
   * The process does what it was started for. Told again, it changes `status` alone.
   * @param status what it does, in a few words on one line, for people.
   */
  ready(status: string): void;

  /** What it was set up with is taken up anew, while it does its work; of no effect before `ready`. */
  reloading(): void;

  /** That is over, whatever came of it. */
  reloaded(): void;

  /** It ends by itself, in order. Nothing is told after that. */
  stopping(): void;
}
