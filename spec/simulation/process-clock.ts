/** Why: each process has a clock of its own, begun at another instant, which its pauses do not stop. */
import type { Timer, Timing } from '../../client/timing.js';
import { FOREVER, type Instant } from '../../domain/instant.js';
import type { Alarm, Clock } from '../../ports/outbound/clock.js';
import type { SimulatedProcess, SimulatedTime } from './simulated-time.js';

export class ProcessClock implements Clock, Timing {
  readonly #time: SimulatedTime;
  readonly #process: SimulatedProcess;
  readonly #offsetMs: number;

  /** @param offsetMs by which it is ahead of the simulation's time. */
  constructor(time: SimulatedTime, process: SimulatedProcess, offsetMs: number) {
    this.#time = time;
    this.#process = process;
    this.#offsetMs = offsetMs;
  }

  now(): Instant {
    return this.#time.now + this.#offsetMs;
  }

  setAlarm(at: Instant, ring: () => void): Alarm {
    return at === FOREVER ? { cancel: () => undefined } : this.setTimer(at - this.now(), ring);
  }

  setTimer(ms: number, act: () => void): Timer {
    if (ms === Number.POSITIVE_INFINITY) {
      return { cancel: () => undefined };
    }
    return this.#time.schedule(ms, act, this.#process, true);
  }
}
