/**
 * What `npm test` runs: every spec but those that need what few machines have, which `--needing go` runs (`*.needs-go.spec.ts`); or
 * the files named. As many files at once as there are cores, each in one of as many processes. The very last line it prints is
 * `N passed, N failed`, which CI reads; whatever keeps a run from its end counts as a failure.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { SpecReport } from './spec-process.js';

const PROGRAM = fileURLToPath(new URL('spec-process.ts', import.meta.url));
const PROCESSES_MAX = 4;
const FAILURE_LENGTH_MAX = 400;

/**
 * What goes over the same lines thousands of times, begun first. Node does not note what that covers: other specs cover it too,
 * and noting it takes half as long again.
 */
const REPEATING = [
  'spec/crash-points/crash-points.spec.ts',
  'spec/simulation/mutants.spec.ts',
  'spec/adapters/outbound/journal/journal-damage.spec.ts',
  'spec/simulation/simulation.spec.ts',
  'spec/soak/soak.spec.ts',
  'spec/fuzz/fuzz.spec.ts',
  'spec/simulation/process-history.spec.ts',
  'spec/simulation/failover-mutants.needs-etcd.spec.ts',
  'spec/simulation/failover-history.needs-etcd.spec.ts',
];

/** What takes longest of the rest: nothing long is left to run alone at the end. */
const LONGEST = [
  'spec/house/package.spec.ts',
  'spec/bootstrap/ldlm-server.spec.ts',
  'spec/compatibility/py-ldlm.spec.ts',
];

/** What takes all cores itself, or asks for a quiet machine. */
const BEARS_NO_COMPANY: readonly string[] = ['go', 'debian', 'chromium'];

let passed = 0;
/** What failed, in a line each, told again at the end, where it is found. */
const failures: string[] = [];
let ended = false;

/** @param need what specs need that the rest does not; undefined for the rest. */
function specFiles(need: string | undefined): readonly string[] {
  const files = readdirSync('spec', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.spec.ts'))
    .filter((file) => /\.needs-(\w+)\.spec\.ts$/.exec(file)?.[1] === need)
    .sort()
    .map((file) => join('spec', file));
  return [...LONGEST.filter((file) => files.includes(file)), ...without(LONGEST, files)];
}

function without(some: readonly string[], files: readonly string[]): readonly string[] {
  return files.filter((file) => !some.includes(file));
}

/** Runs files that are left in a process of its own, until none is, or until that breaks off. */
async function runInProcess(left: string[], environment: NodeJS.ProcessEnv): Promise<void> {
  if (left.length === 0) {
    return;
  }
  const child = fork(PROGRAM, { env: environment });
  let file: string | undefined;
  const handOut = (): void => {
    file = left.shift();
    // Without a file it ends. Who is gone meanwhile is seen by its exit.
    child.send({ file }, () => undefined);
  };
  child.on('message', (report: SpecReport) => {
    if ('text' in report) {
      process.stdout.write(report.text);
      handOut();
    } else if (report.state === 'failed') {
      fail(`${report.file}: ${report.what}`);
    } else {
      passed += 1;
    }
  });
  handOut();
  const [code, signal] = await once(child, 'exit');
  if (code !== 0 || file !== undefined) {
    fail(
      `${file ?? 'After the last spec'}: the process of specs ended early, by ${signal ?? code}`,
    );
  }
}

/** @param what in any number of lines, of which one is told. */
function fail(what: string): void {
  failures.push(what.replace(/\s+/g, ' ').slice(0, FAILURE_LENGTH_MAX));
}

process.on('exit', (code) => {
  if (failures.length === 0 && (code !== 0 || passed === 0 || !ended)) {
    fail(ended && code === 0 ? 'No spec ran.' : 'The run broke off before its end.');
  }
  process.exitCode = failures.length === 0 ? 0 : 1;
  for (const failure of failures) {
    console.log(`FAILED ${failure}`);
  }
  console.log(`${passed} passed, ${failures.length} failed`);
});

const { values, positionals: named } = parseArgs({
  options: { needing: { type: 'string' } },
  allowPositionals: true,
});
const files = named.length > 0 ? named : specFiles(values.needing);
const repeating = REPEATING.filter((file) => files.includes(file));
const others = [...without(REPEATING, files)];
// What has just been built is what would be shipped, and starts in half the time: server-process.ts.
const environment = { ...process.env, PROGRAMS_FROM: 'dist' };
const runUntilNoneIsLeft = async (): Promise<void> => {
  await runInProcess(repeating, { ...environment, NODE_V8_COVERAGE: '' });
  await runInProcess(others, environment);
};
const processCount = BEARS_NO_COMPANY.includes(values.needing ?? '') ? 1 : availableParallelism();
await Promise.all(
  Array.from({ length: Math.min(processCount, PROCESSES_MAX, files.length) }, runUntilNoneIsLeft),
);
ended = repeating.length + others.length === 0;
