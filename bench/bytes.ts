/** Why: how much memory a held lock takes, strings included, beside a plain Map of the same names and keys. */
import type { BenchLine, Row } from './bench-line.js';
import { figure } from './bench-table.js';
import type { BytesTrial } from './bytes-process.js';
import { ChildProgram } from './child-program.js';
import { compare } from './side-by-side.js';

const BYTES_MAX = 600;

export const bytes: BenchLine = async ({ isQuick, folder }) => {
  const count = isQuick ? 100_000 : 1_000_000;
  const map = await bytesOf({ count, folder, holder: 'map' });
  const rows: Row[] = [];
  for (const [holder, what] of HOLDERS) {
    const measured = await bytesOf({ count, folder, holder });
    rows.push({
      what: `one of ${figure(count)} held, ${what}`,
      measured: `${figure(measured)} bytes`,
      yardstick: `in a Map: ${figure(map)} bytes`,
      ratio: compare([measured], [map]).ratio,
      aim: { text: `${BYTES_MAX} bytes or less`, isMet: measured <= BYTES_MAX },
    });
  }
  return rows;
};

const HOLDERS = [
  ['memory', 'nothing kept'],
  ['journal', 'with a journal'],
  ['restored', 'restored from it'],
] as const;

async function bytesOf(trial: BytesTrial): Promise<number> {
  const program = ChildProgram.start('bytes-process.ts', trial);
  try {
    return await program.ask<number>('bytes');
  } finally {
    await program.end();
  }
}
