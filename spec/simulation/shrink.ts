/** Why: a failing run is easier to read when it is short. */
import type { SimulationReport } from './simulation.js';

/**
 * The least number of operations with which the run still fails, as far as halving finds it. Operations are the same up
 * to where they end, so that a shorter run is the beginning of the longer one.
 */
export async function shortestFailing(
  operationCount: number,
  fails: (operationCount: number) => Promise<boolean>,
): Promise<number> {
  let [passing, failing] = [0, operationCount];
  while (failing - passing > 1) {
    const middle = Math.floor((passing + failing) / 2);
    if (await fails(middle)) {
      failing = middle;
    } else {
      passing = middle;
    }
  }
  return failing;
}

/** The same fault, and not merely one. */
export function isLike(one: SimulationReport, other: SimulationReport): boolean {
  const kind = ({ violations: [first = ''] }: SimulationReport) => first.replaceAll(/\d+/g, '');
  return kind(one).slice(0, 30) === kind(other).slice(0, 30);
}
