/** Why: the client's time on the clock that specs move. */
import type { Timing } from '../../client/timing.js';
import type { FakeClock } from './fake-clock.js';

export function fakeTiming(clock: FakeClock): Timing {
  return {
    now: () => clock.now(),
    setTimer: (ms, act) => clock.setAlarm(clock.now() + ms, act),
  };
}
