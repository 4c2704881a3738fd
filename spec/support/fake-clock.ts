/** Why: specs, ours and other people's, move time themselves, so that none of them sleeps. */
import { type Instant, FOREVER } from '../../domain/instant.js';
import type { Alarm, Clock } from '../../ports/outbound/clock.js';

/** More than any spec rings: each alarm must be setting the next one for its own instant. */
const RINGS_MAX = 100_000;

interface SetAlarm {
  readonly at: Instant;
  readonly ring: () => void;
}

/**
 * A clock that stands still until it is told to move.
 *
 * - `now()` is the instant given at the start plus all that it was advanced by.
 * - Alarms ring only within `advance`: in the order of their instants, and in the order in which
 *   they were set where those are equal. While one rings, `now()` is its instant; one that was set
 *   for the past rings in the next `advance`, `advance(0)` included, and finds `now()` as it is.
 * - Alarms set while time advances ring in the same `advance` if they are due within it.
 * - Before the first alarm and after each, everything that is ready to run does (`settle`).
 * - What an alarm throws rejects the `advance`, which leaves the clock at that alarm's instant.
 */
export class FakeClock implements Clock {
  /** In the order of being set. */
  readonly #alarms = new Set<SetAlarm>();
  #now: Instant;
  #isAdvancing = false;

  constructor(startsAt: Instant = Date.UTC(2030, 0, 1)) {
    this.#now = startsAt;
  }

  now(): Instant {
    return this.#now;
  }

  setAlarm(at: Instant, ring: () => void): Alarm {
    const alarm: SetAlarm = { at, ring };
    if (at !== FOREVER) {
      this.#alarms.add(alarm);
    }
    return { cancel: () => void this.#alarms.delete(alarm) };
  }

  /** How many alarms are set and have not rung; none of them for FOREVER. */
  get alarmCount(): number {
    return this.#alarms.size;
  }

  /** Moves time on by `ms` and rings what falls due. Await it before the next one. */
  async advance(ms: number): Promise<void> {
    if (!(ms >= 0 && ms < FOREVER)) {
      throw new RangeError(`a clock advances by 0 ms or more, not by ${ms}`);
    }
    if (this.#isAdvancing) {
      throw new Error('the clock is advancing already: await that advance before the next');
    }
    this.#isAdvancing = true;
    try {
      await this.#advanceTo(this.#now + ms);
    } finally {
      this.#isAdvancing = false;
    }
  }

  /**
   * Lets everything run that is ready to, and what that makes ready: promise jobs, and two turns of
   * the event loop. Moves no time.
   */
  async settle(): Promise<void> {
    await nextTurn();
    await nextTurn();
  }

  async #advanceTo(until: Instant): Promise<void> {
    await this.settle();
    let ringCount = 0;
    for (let alarm = this.#due(until); alarm !== undefined; alarm = this.#due(until)) {
      ringCount += 1;
      if (ringCount > RINGS_MAX) {
        throw new Error(
          `${RINGS_MAX} alarms rang in one advance: does each set the next one for now?`,
        );
      }
      this.#alarms.delete(alarm);
      this.#now = Math.max(this.#now, alarm.at);
      alarm.ring();
      await this.settle();
    }
    this.#now = until;
  }

  /** The one to ring first, if any is due. */
  #due(until: Instant): SetAlarm | undefined {
    let first: SetAlarm | undefined;
    for (const alarm of this.#alarms) {
      if (alarm.at <= until && (first === undefined || alarm.at < first.at)) {
        first = alarm;
      }
    }
    return first;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
