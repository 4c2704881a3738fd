/** Why: a run in which nothing much happened proves nothing, and must not pass for one that went well. */
import type { SimulationReport } from './simulation.js';

/** Each run has so many grants at least. */
const GRANTS_MIN = 5;
/** That nobody had to wait is chance in one of so many runs. */
const RUNS_PER_QUIET_ONE = 100;

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

type Counts = Record<keyof typeof AVERAGES, number>;

/** `quietCount`: of runs in which nobody had to wait. */
export type Totals = Counts & { quietCount: number };

export function emptyTotals(): Totals {
  return { grantCount: 0, contendedCount: 0, restartCount: 0, eventCount: 0, quietCount: 0 };
}

export function addTo(totals: Totals, report: Counts): void {
  for (const count of Object.keys(AVERAGES) as (keyof Counts)[]) {
    totals[count] += report[count];
  }
  totals.quietCount += report.contendedCount === 0 ? 1 : 0;
}

/** Of what many runs together have too little. */
export function idlenessOf(totals: Totals, runCount: number): readonly string[] {
  const faults = Object.entries(AVERAGES).flatMap(([count, least]) => {
    const average = totals[count as keyof Counts] / runCount;
    return average < least ? [`idle runs: ${count} is ${average.toFixed(1)} on average`] : [];
  });
  const { quietCount } = totals;
  return quietCount > Math.max(1, runCount / RUNS_PER_QUIET_ONE)
    ? [...faults, `idle runs: nobody had to wait in ${quietCount} of ${runCount}`]
    : faults;
}
