/** Why: how long a server with very many held locks in its journal is away when it restarts. */
import type { BenchLine } from './bench-line.js';
import { figure } from './bench-table.js';
import { ChildProgram } from './child-program.js';
import { journalOfHeldLeases } from './held-leases.js';
import { compare } from './side-by-side.js';
import type { StartTrial } from './start-process.js';

const SECONDS_MAX = 10;

export const start: BenchLine = async ({ isQuick, folder }) => {
  const count = isQuick ? 100_000 : 1_000_000;
  const file = await journalOfHeldLeases(folder, count);
  const starts: number[] = [];
  const parses: number[] = [];
  for (let round = 0; round < 2; round += 1) {
    starts.push(await secondsOf({ file, how: 'start' }));
    parses.push(await secondsOf({ file, how: 'parse' }));
  }
  const { measured, yardstick, ratio } = compare(starts, parses);
  return [
    {
      what: `start, ${figure(count)} locks in the journal`,
      measured: `${figure(measured.median)} s`,
      yardstick: `JSON.parse: ${figure(yardstick.median)} s`,
      ratio,
      aim: { text: `under ${SECONDS_MAX} s`, isMet: measured.median < SECONDS_MAX },
    },
  ];
};

/** Each trial in a process of its own, as a start is. */
async function secondsOf(trial: StartTrial): Promise<number> {
  const program = ChildProgram.start('start-process.ts', trial);
  try {
    return await program.ask<number>('seconds');
  } finally {
    await program.end();
  }
}
