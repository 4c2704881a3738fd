/**
 * Facts as a server makes them, as many as wanted: a few leases that are granted, renewed and ended
 * by chance, some of them of stream sessions that come and go.
 */
import type { Fact, LeaseGranted } from '../../domain/facts.js';
import { ended, granted, renewed, sessionEnded, sessionOpened } from '../contracts/some-facts.js';
import type { SeededRandom } from './seeded-random.js';

const LIVE_MAX = 12;
const SESSIONS_MAX = 3;

export function* livesOfLeases(random: SeededRandom): Generator<Fact, never> {
  const live: number[] = [];
  const open: string[] = [];
  let requestId = 0;
  /** Of the sessions, or none: then the lease is a connection's. */
  const someSession = (): string | undefined => open[random.below(SESSIONS_MAX + 1)];

  function grant(index: number): LeaseGranted {
    const sessionId = someSession();
    requestId += 1;
    return granted(index, sessionId === undefined ? {} : { sessionId, requestId });
  }

  function end(index: number): Fact {
    const sessionId = someSession();
    requestId += 1;
    const heardBelow = Math.max(1, requestId - random.below(20));
    return ended(
      index,
      sessionId === undefined ? {} : { by: { sessionId, requestId, heardBelow } },
    );
  }

  for (let index = 0; ; ) {
    if (random.below(8) === 0) {
      const [gone] = open.length === SESSIONS_MAX ? open.splice(random.below(SESSIONS_MAX), 1) : [];
      if (gone === undefined) {
        requestId += 1;
        open.push(`stream-${requestId}`);
        yield sessionOpened(`stream-${requestId}`);
      } else {
        yield sessionEnded(gone);
      }
    }
    const chosen = live[random.below(LIVE_MAX)];
    if (chosen === undefined) {
      index += 1;
      live.push(index);
      yield grant(index);
    } else if (random.below(2) === 0) {
      yield renewed(chosen, { leaseMs: random.below(1000) });
    } else {
      live.splice(live.indexOf(chosen), 1);
      yield end(chosen);
    }
  }
}
