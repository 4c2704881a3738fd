/** Why: `npm run bench` as a whole: which lines, one after another, into one table. docs/BENCHMARKS.md tells how to read it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Row } from './bench-line.js';
import { figure, missedAims, tableHead, tableRow } from './bench-table.js';
import { ChildProgram, PROFILES_VARIABLE } from './child-program.js';
import { lines } from './lines.js';

const USAGE = `npm run bench -- [--quick] [--profiles FOLDER] [LINE...]
  LINE               ${Object.keys(lines).join(', ')};
                     all of them unless named
  --quick            a look in less time: fewer rounds, a tenth of the locks
  --profiles FOLDER  puts a CPU profile of every process there
`;

interface Wanted {
  readonly chosen: readonly string[];
  readonly isQuick: boolean;
}

/** @throws Error when it was asked for something that there is not. */
function wanted(): Wanted | 'help' {
  const { values, positionals } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      profiles: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
    allowPositionals: true,
  });
  const unknown = positionals.find((name) => !(name in lines));
  if (unknown !== undefined) {
    throw new Error(`there is no line ${unknown}`);
  }
  if (values.profiles !== undefined) {
    process.env[PROFILES_VARIABLE] = resolve(values.profiles);
  }
  const chosen = positionals.length > 0 ? positionals : Object.keys(lines);
  return values.help ? 'help' : { chosen, isQuick: values.quick };
}

async function main(): Promise<void> {
  let asked: Wanted | 'help';
  try {
    asked = wanted();
  } catch (error) {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : error}\n${USAGE}`);
    process.exitCode = 1;
    return;
  }
  if (asked === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'ldlm-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  // The processes of this one end with it.
  process.on('SIGINT', () => process.exit(130));
  await printTable(asked.chosen, { isQuick: asked.isQuick, folder });
}

async function printTable(
  chosen: readonly string[],
  scale: { readonly isQuick: boolean; readonly folder: string },
): Promise<void> {
  const startedAt = performance.now();
  process.stdout.write(
    `Node ${process.versions.node}, ${availableParallelism()} cores, ${load()}\n\n${tableHead()}`,
  );
  let missed = '';
  for (const line of chosen) {
    const program = ChildProgram.start('line-process.ts', { line, scale });
    const rows = await program.ask<readonly Row[]>('rows');
    await program.end();
    process.stdout.write(rows.map((row) => tableRow(line, row)).join(''));
    missed += missedAims(line, rows);
  }
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  process.stdout.write(
    `\n${missed}Took ${seconds} s, ${load()}.${scale.isQuick ? ' A quick look.' : ''}\n`,
  );
}

/** How many wanted a core, on average, of the last minute; the benchmark itself among them. */
function load(): string {
  return `load ${figure(loadavg()[0] ?? Number.NaN, 2)}`;
}

await main();
