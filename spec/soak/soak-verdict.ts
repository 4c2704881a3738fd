/** Why: what a server must look like after a soak, and whether it does. */
import { BASE, COMPACTION_MIN_BYTES, type Sample, type SoakReport } from './soak-course.js';
import type { ServerFigures } from './soaked-server-process.js';

/** Of a line through the figures of the second half: how much it may rise, and how much more for each lock granted then. */
export const RISE_BYTES_MAX = { keptBytes: 2 * 1_048_576, rssBytes: 24 * 1_048_576 };
export const RISE_BYTES_PER_GRANT = 16;
/** What code and caches take once they are warm, and is kept by right. */
export const KEPT_BYTES_MAX = 8 * 1_048_576;
/** A snapshot, what is written behind it until it is due, and what is written while the next one is made. */
export const STATE_FILE_BYTES_MAX = 4 * COMPACTION_MIN_BYTES;
const GRANTS_MIN = 100;

/** @returns what is out of bounds whatever the machine does meanwhile, in words; nothing if all is well. */
export function leftoversOf(report: SoakReport): readonly string[] {
  const { before, after, samples, violations } = report;
  const faults = violations.map((violation) => `a rule was broken: ${violation}`);
  for (const figure of BASE) {
    if (after[figure] > before[figure]) {
      faults.push(`${figure} is ${after[figure]} when all are gone, ${before[figure]} at first`);
    }
  }
  const greatest = Math.max(...samples.map(({ figures }) => figures.stateFileBytes));
  if (greatest > STATE_FILE_BYTES_MAX) {
    faults.push(`the state file was ${greatest} bytes, more than ${STATE_FILE_BYTES_MAX}`);
  }
  const grantCount = samples.at(-1)?.grantCount ?? 0;
  if (grantCount < GRANTS_MIN) {
    faults.push(`an idle run: ${grantCount} locks were granted`);
  }
  return faults;
}

/** @returns what grew that should not have, in words. */
export function growthOf({ before, after, samples, halfway }: SoakReport): readonly string[] {
  const half = samples.slice(halfway);
  const grantCount = (half.at(-1)?.grantCount ?? 0) - (half[0]?.grantCount ?? 0);
  const faults: string[] = [];
  for (const figure of ['keptBytes', 'rssBytes'] as const) {
    const rise = riseOf(half, figure);
    const most = RISE_BYTES_MAX[figure] + RISE_BYTES_PER_GRANT * grantCount;
    if (rise > most) {
      faults.push(`${figure} rose by ${Math.round(rise)} in the second half, more than ${most}`);
    }
  }
  const kept = after.keptBytes - before.keptBytes;
  if (kept > KEPT_BYTES_MAX) {
    faults.push(`${kept} bytes are kept when all are gone, more than ${KEPT_BYTES_MAX}`);
  }
  return faults;
}

/** How much the line of least squares rises from the first to the last. */
export function riseOf(samples: readonly Sample[], figure: keyof ServerFigures): number {
  const times = samples.map(({ atMs }) => atMs);
  const values = samples.map(({ figures }) => figures[figure]);
  const [timeMean, valueMean] = [mean(times), mean(values)];
  let covariance = 0;
  let variance = 0;
  for (const [index, time] of times.entries()) {
    covariance += (time - timeMean) * ((values[index] ?? 0) - valueMean);
    variance += (time - timeMean) ** 2;
  }
  const slope = variance === 0 ? 0 : covariance / variance;
  return slope * ((times.at(-1) ?? 0) - (times[0] ?? 0));
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / Math.max(1, numbers.length);
}
