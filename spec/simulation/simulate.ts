/**
 * `npm run simulate -- --seeds 10000`: runs that many seeds on all cores, and exits with 1 at the first that fails. `SEED=n npm run
 * simulate` runs one again, twice, and shows how it is cut short; with `--trace` it prints all that happens.
 */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isLike, shortestFailing } from './shrink.js';
import { type SimulationReport, simulate } from './simulation.js';
import { addTo, emptyTotals, idlenessOf, verdictOn } from './verdict.js';

const USAGE = `npm run simulate -- [--seeds N] [--from SEED]
SEED=n npm run simulate -- [--trace]
`;

/** Seeds that a process is given at a time. */
const SHARE = 10;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

if (values.help) {
  console.log(USAGE);
} else if (process.env.SEED !== undefined) {
  process.exitCode = await replay(numberOf('SEED', process.env.SEED), values.trace);
} else {
  process.exitCode = await runMany(
    numberOf('--from', values.from),
    numberOf('--seeds', values.seeds),
  );
}

function numberOf(what: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) {
    console.error(`${what} takes a whole number from 1 on, not ${text}`);
    process.exit(2);
  }
  return number;
}

async function replay(seed: number, traces: boolean): Promise<number> {
  const report = await simulate({ seed, ...(traces && { print: (line) => console.log(line) }) });
  const again = await simulate({ seed });
  const faults = [...verdictOn(report)];
  if (again.traceHash !== report.traceHash) {
    faults.push(`the same seed went another way: ${report.traceHash}, then ${again.traceHash}`);
  }
  console.log({ ...report, violations: report.violations.length });
  await tell(report, faults);
  return faults.length === 0 ? 0 : 1;
}

async function tell(report: SimulationReport, faults: readonly string[]): Promise<void> {
  for (const fault of faults) {
    console.log(fault);
  }
  if (report.violations.length > 0) {
    const { seed } = report;
    const shortest = await shortestFailing(report.operationCount, async (operationCount) =>
      isLike(report, await simulate({ seed, operationCount })),
    );
    console.log(`SEED=${seed} fails with ${shortest} operations and more.`);
  }
}

async function runMany(from: number, count: number): Promise<number> {
  const startedAt = performance.now();
  const totals = emptyTotals();
  let nextSeed = from;
  let doneCount = 0;
  let failed: SimulationReport | undefined;
  const share = () => {
    const length = failed === undefined ? Math.min(SHARE, from + count - nextSeed) : 0;
    nextSeed += length;
    return Array.from({ length }, (_, index) => nextSeed - length + index);
  };
  const workers = Array.from({ length: Math.min(availableParallelism(), 8) }, () => {
    const child = fork(new URL('simulation-process.ts', import.meta.url), {
      execArgv: ['--import', 'tsx'],
    });
    let left = 0;
    const giveMore = () => {
      const seeds = share();
      left = seeds.length;
      if (seeds.length > 0) {
        child.send(seeds);
      } else {
        child.disconnect();
      }
    };
    child.on('message', (report: SimulationReport) => {
      doneCount += 1;
      addTo(totals, report);
      failed ??= verdictOn(report).length > 0 ? report : undefined;
      progress(doneCount, count, startedAt);
      left -= 1;
      if (left === 0) {
        giveMore();
      }
    });
    giveMore();
    return new Promise<number>((resolve) => {
      child.on('exit', (code) => resolve(code ?? 1));
    });
  });
  const codes = await Promise.all(workers);
  const seconds = (performance.now() - startedAt) / 1000;
  console.log(`\n${doneCount} seeds in ${seconds.toFixed(0)} s:`, totals);
  if (failed !== undefined) {
    console.log(`SEED=${failed.seed} fails:`);
    await tell(failed, verdictOn(failed));
    return 1;
  }
  const idleness = idlenessOf(totals, doneCount);
  console.log(idleness.join('\n') || 'No violation.');
  return idleness.length === 0 && doneCount === count && codes.every((code) => code === 0) ? 0 : 1;
}

function progress(doneCount: number, count: number, startedAt: number): void {
  if (process.stderr.isTTY || doneCount % 500 === 0 || doneCount === count) {
    const filled = Math.round((30 * doneCount) / count);
    const leftSeconds = ((performance.now() - startedAt) * (count / doneCount - 1)) / 1000;
    const bar = `[${'='.repeat(filled)}${' '.repeat(30 - filled)}]`;
    const line = `${bar} ${doneCount}/${count} seeds, ${leftSeconds.toFixed(0)} s left`;
    process.stderr.write(process.stderr.isTTY ? `\r${line}  ` : `${line}\n`);
  }
}
