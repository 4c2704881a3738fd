/** Why: the machine's time, so read that a step of the wall clock ends or stretches no lease. */
import { type Instant, FOREVER } from '../../../domain/instant.js';
import type { Alarm, Clock } from '../../../ports/outbound/clock.js';

/** Node rings at once for a longer delay than this (2^31 - 1 ms, 24.8 days). */
const DELAY_MS_MAX = 2_147_483_647;

/**
 * The wall clock when the process started, plus the monotonic clock since. While a machine is
 * suspended the monotonic clock may stand still, and with it every lease.
 *
 * An alarm that lies ahead does not keep the process alive: whoever has work to wait for holds a
 * socket or a file open.
 */
export class SystemClock implements Clock {
  now(): Instant {
    return performance.timeOrigin + performance.now();
  }

  setAlarm(at: Instant, ring: () => void): Alarm {
    return new SystemAlarm(this, at, ring);
  }
}

/** Waiting → (waiting on)* → rung | cancelled. It waits on while its instant is not reached. */
class SystemAlarm implements Alarm {
  readonly #clock: Clock;
  readonly #at: Instant;
  readonly #ring: () => void;
  #timeout: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;

  constructor(clock: Clock, at: Instant, ring: () => void) {
    this.#clock = clock;
    this.#at = at;
    this.#ring = ring;
    this.#wait(at - clock.now());
  }

  cancel(): void {
    clearTimeout(this.#timeout);
    clearImmediate(this.#immediate);
  }

  #wait(remainingMs: number): void {
    if (remainingMs === FOREVER) {
      return;
    }
    if (remainingMs > 0) {
      const delayMs = Math.min(Math.ceil(remainingMs), DELAY_MS_MAX);
      this.#timeout = setTimeout(() => this.#wake(), delayMs).unref();
    } else {
      // Not unref'ed: the loop would not wake for it.
      this.#immediate = setImmediate(this.#ring);
    }
  }

  /** A timer may go off early: by a fraction of a millisecond, or because the delay was cut. */
  #wake(): void {
    const remainingMs = this.#at - this.#clock.now();
    if (remainingMs > 0) {
      this.#wait(remainingMs);
    } else {
      this.#ring();
    }
  }
}
