/**
 * Facts as a server makes them, as many as wanted: a few leases that are granted, renewed and ended
 * by chance.
 */
import type { Fact } from '../../domain/facts.js';
import { ended, granted, renewed } from '../contracts/some-facts.js';
import type { SeededRandom } from './seeded-random.js';

const LIVE_MAX = 12;

export function* livesOfLeases(random: SeededRandom): Generator<Fact, never> {
  const live: number[] = [];
  for (let index = 0; ; ) {
    const chosen = live[random.below(LIVE_MAX)];
    if (chosen === undefined) {
      index += 1;
      live.push(index);
      yield granted(index);
    } else if (random.below(2) === 0) {
      yield renewed(chosen, { leaseMs: random.below(1000) });
    } else {
      live.splice(live.indexOf(chosen), 1);
      yield ended(chosen);
    }
  }
}
