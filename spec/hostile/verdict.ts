/** What a server must come through an attack with, and whether it did. */
import type { Trial } from './trial.js';

const RATIO_MAX = 10;
/** Calm may be so calm that ten times of it is nothing to a program that waits for a lock. */
const P99_MS_FLOOR = 20;
const KEPT_BYTES_MAX = 8 * 1_048_576;
/** Who attacks must not fill the log either. */
const LINES_MAX = 100;

/** Whether all that is out of bounds is the time that answers took, which others on the machine add to. */
export function isOnlySlow(trial: Trial): boolean {
  const faults = faultsOf(trial);
  return faults.length === 1 && faults[0] === slowness(trial);
}

/** @returns what is out of bounds, in words; nothing if all is well. */
export function faultsOf(trial: Trial): readonly string[] {
  const { attack, attacked, calm, before, after, report } = trial;
  const faults: string[] = [];
  const wrong = [...calm.wrong, ...attacked.wrong];
  if (wrong.length > 0) {
    faults.push(`${wrong.length} wrong answers, such as: ${wrong[0]}`);
  }
  const slow = slowness(trial);
  if (slow !== undefined) {
    faults.push(slow);
  }
  if (after.keptBytes > before.keptBytes + KEPT_BYTES_MAX) {
    faults.push(`${((after.keptBytes - before.keptBytes) / 1_048_576).toFixed(1)} MiB are kept`);
  }
  if (after.socketCount > before.socketCount) {
    faults.push(`${after.socketCount - before.socketCount} sockets are still open`);
  }
  if (after.lineCount > before.lineCount + LINES_MAX) {
    faults.push(`${after.lineCount - before.lineCount} lines in the log`);
  }
  if (report.openMax < (attack.openMin ?? 1)) {
    const obstacle = report.obstacle === undefined ? '' : ` (${report.obstacle}: see ulimit -n)`;
    faults.push(`the attack never stood: ${report.openMax} connections${obstacle}`);
  }
  return faults;
}

function slowness({ attacked, calm }: Trial): string | undefined {
  return attacked.p99Ms > Math.max(P99_MS_FLOOR, RATIO_MAX * calm.p99Ms)
    ? `p99 is ${(attacked.p99Ms / calm.p99Ms).toFixed(1)} times calm`
    : undefined;
}
