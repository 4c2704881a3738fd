/** `npm run soak -- --minutes 3`: a server under load, killed and started again; docs/TESTING.md tells how to read its table. */
import { availableParallelism } from 'node:os';
import { setTimeout as elapsed } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { SoakCourse } from './soak-course.js';
import { firstRow, lastRows, sampleRow, tableHead } from './soak-table.js';
import { growthOf, leftoversOf } from './soak-verdict.js';

const MINUTES_MIN = 1;
const MINUTES_MAX = 1_440;

const USAGE = `npm run soak -- [--minutes N] [--seed N]
  --minutes N     how long the load lasts, ${MINUTES_MIN} to ${MINUTES_MAX}; 3 unless given
  --seed N        chooses what the clients do; the clock's unless given

The server is killed, stopped and started again in the first half, clients are killed all along. Ends with 1 if anything
is left when all are gone, if memory rises in the second half, or if a rule was broken.
`;

const SAMPLE_MS = 3_000;
const RECOVERY_WINDOW_MS = 5_000;
/** As many times the recovery window may pass until all is gone: sessions, then idle names. */
const LOOKS_MAX = 60;
const LOOK_MS = 1_000;

function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '3' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return Promise.resolve(0);
  }
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
  if (
    !(minutes >= MINUTES_MIN && minutes <= MINUTES_MAX && Number.isSafeInteger(seed) && seed >= 0)
  ) {
    throw new RangeError(`--minutes takes ${MINUTES_MIN} to ${MINUTES_MAX}, --seed a whole number`);
  }
  return soak(minutes, seed);
}

async function soak(minutes: number, seed: number): Promise<number> {
  const sampleCount = Math.round((minutes * 60_000) / SAMPLE_MS);
  // A row for each minute or so, whatever else was done; on a terminal a line that is written over goes on in between.
  const rowEvery = Math.max(1, Math.floor(sampleCount / 12));
  let index = 0;
  let dueAt: number | undefined;
  const course = new SoakCourse({
    seed,
    recoveryWindowMs: RECOVERY_WINDOW_MS,
    sampleCount,
    untilNext: () => {
      // What a look itself takes is taken from the wait for the next, so that the load lasts as long as was asked for.
      dueAt = (dueAt ?? performance.now()) + SAMPLE_MS;
      return elapsed(dueAt - performance.now());
    },
    looksMax: LOOKS_MAX,
    untilNextLook: () => elapsed(LOOK_MS),
    tell: (sample) => {
      index += 1;
      const isServers = sample.event.startsWith('server');
      if (isServers || index % rowEvery === 0) {
        process.stdout.write(`${clearLine()}${sampleRow(sample)}`);
      }
      progress(index, sampleCount);
    },
  });
  process.stdout.write(
    `Node ${process.versions.node}, ${availableParallelism()} cores, seed ${seed}\n\n${tableHead()}`,
  );
  const report = await course.run();
  process.stdout.write(`${clearLine()}${firstRow(report.before)}${lastRows(report)}\n`);
  const faults = [...leftoversOf(report), ...growthOf(report)];
  process.stdout.write(faults.map((fault) => `${fault}\n`).join('') || 'Nothing is left.\n');
  return faults.length === 0 ? 0 : 1;
}

function progress(index: number, sampleCount: number): void {
  if (process.stderr.isTTY) {
    const seconds = Math.round(((sampleCount - index) * SAMPLE_MS) / 1_000);
    process.stderr.write(`\r${index}/${sampleCount} looks, ${seconds} s left  `);
  }
}

function clearLine(): string {
  return process.stderr.isTTY ? '\r\u001b[K' : '';
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`soak: ${error instanceof Error ? error.message : error}\n${USAGE}`);
  process.exitCode = 1;
}
