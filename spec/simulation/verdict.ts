/** Why: a run in which nothing much happened proves nothing, and must not pass for one that went well. */
import type { SimulationReport } from './simulation.js';

/** Each run has so many grants at least. That nobody had to wait in one of hundreds is chance: their averages tell of that. */
const GRANTS_MIN = 5;

/** What speaks against a run, in words; nothing if all is well. */
export function verdictOn(
  report: Pick<SimulationReport, 'violations' | 'grantCount'>,
): readonly string[] {
  const { violations, grantCount } = report;
  return grantCount < GRANTS_MIN
    ? [...violations, `an idle run: ${grantCount} grants`]
    : violations;
}

/** What many runs have of something each, on average and at least, to be worth the time. */
const AVERAGES = { grantCount: 30, contendedCount: 10, restartCount: 1, eventCount: 1_000 };

export type Totals = Record<keyof typeof AVERAGES, number>;

export function emptyTotals(): Totals {
  return { grantCount: 0, contendedCount: 0, restartCount: 0, eventCount: 0 };
}

export function addTo(totals: Totals, report: Totals): void {
  for (const count of Object.keys(AVERAGES) as (keyof Totals)[]) {
    totals[count] += report[count];
  }
}

/** Of what many runs together have too little. */
export function idlenessOf(totals: Totals, runCount: number): readonly string[] {
  return Object.entries(AVERAGES).flatMap(([count, least]) => {
    const average = totals[count as keyof Totals] / runCount;
    return average < least ? [`idle runs: ${count} is ${average.toFixed(1)} on average`] : [];
  });
}
