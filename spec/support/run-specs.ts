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

/** What takes longest, begun first: nothing long is left to run alone at the end. */
const LONGEST = [
  'spec/crash-points/crash-points.spec.ts',
  'spec/bootstrap/ldlm-server.spec.ts',
  'spec/simulation/mutants.spec.ts',
  'spec/adapters/outbound/journal/journal-damage.spec.ts',
  'spec/simulation/simulation.spec.ts',
  'spec/compatibility/py-ldlm.spec.ts',
  'spec/soak/soak.spec.ts',
];

let passed = 0;
/** What failed, in a line each, told again at the end, where it is found. */
const failures: string[] = [];
let ended = false;
const left: string[] = [];

/** @param need what specs need that the rest does not; undefined for the rest. */
function specFiles(need: string | undefined): readonly string[] {
  const files = readdirSync('spec', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.spec.ts'))
    .filter((file) => /\.needs-(\w+)\.spec\.ts$/.exec(file)?.[1] === need)
    .sort()
    .map((file) => join('spec', file));
  const longest = LONGEST.filter((file) => files.includes(file));
  return [...longest, ...files.filter((file) => !longest.includes(file))];
}

/** Runs files that are left in a process of its own, until none is, or until that breaks off. */
async function runInProcess(): Promise<void> {
  const child = fork(PROGRAM);
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
left.push(...(named.length > 0 ? named : specFiles(values.needing)));
// What has just been built is what would be shipped, and starts in half the time: server-process.ts.
process.env.PROGRAMS_FROM = 'dist';
// What few machines have may bear no company.
const processCount = values.needing === undefined ? availableParallelism() : 1;
await Promise.all(
  Array.from({ length: Math.min(processCount, PROCESSES_MAX, left.length) }, runInProcess),
);
ended = left.length === 0;
