/** Why: leases are reckoned by a clock that only goes on, and specs move it by hand. */

export interface Timer {
  cancel(): void;
}

export interface Timing {
  /** Milliseconds of a monotonic clock, with fractions. */
  now(): number;
  /** Calls `act` once, after `ms` or a little later, never from within. */
  setTimer(ms: number, act: () => void): Timer;
}

/** As far as a timer of Node reaches. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The machine's own. Its timers keep the process alive, as an open connection does. */
export const systemTiming: Timing = {
  now: () => performance.now(),
  setTimer: (ms, act) => {
    if (ms <= TIMER_MS_MAX) {
      const timeout = setTimeout(act, Math.max(0, Math.ceil(ms)));
      return { cancel: () => clearTimeout(timeout) };
    }
    let timer: Timer | undefined;
    const timeout = setTimeout(() => {
      timer = systemTiming.setTimer(ms - TIMER_MS_MAX, act);
    }, TIMER_MS_MAX);
    return {
      cancel: () => {
        clearTimeout(timeout);
        timer?.cancel();
      },
    };
  },
};
