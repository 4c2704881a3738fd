/**
 * `npm run fuzz`: a million inputs, valid ones mangled and noise, at every place where the server reads what others
 * wrote. It exits with 1 if anything is found. docs/TESTING.md tells what counts as a finding.
 */
import { parseArgs } from 'node:util';
import { fuzzInChild } from './fuzz-child.js';
import { tableHead, tableRow } from './fuzz-table.js';
import { TARGETS } from './targets.js';

const USAGE = `npm run fuzz -- [--inputs N] [TARGET...]
  TARGET        ${Object.keys(TARGETS).join(', ')};
                all of them unless named
  --inputs N    in all, shared out among the targets; 1000000 unless given
  SEED=n        runs the inputs of that seed again; the seed of a finding, with --inputs 1, that input alone
`;

const INPUTS_DEFAULT = 1_000_000;
/** A twentieth of a target's inputs takes seconds, on a busy machine a minute. */
const SILENCE_MS_MAX = 300_000;

interface Wanted {
  readonly targets: readonly { readonly name: string; readonly inputCount: number }[];
  readonly seed: number;
}

/** @throws Error when it was asked for something that there is not. */
function wanted(): Wanted | 'help' {
  const { values, positionals } = parseArgs({
    options: {
      inputs: { type: 'string', default: String(INPUTS_DEFAULT) },
      help: { type: 'boolean', short: 'h', default: false },
    },
    allowPositionals: true,
  });
  const unknown = positionals.find((name) => TARGETS[name] === undefined);
  if (unknown !== undefined) {
    throw new Error(`there is no target ${unknown}`);
  }
  const inputCount = wholeNumber('--inputs', values.inputs);
  const random = String(1 + Math.floor(Math.random() * 1e9));
  const seed = wholeNumber('SEED', process.env.SEED ?? random);
  const chosen = Object.entries(TARGETS).filter(
    ([name]) => positionals.length === 0 || positionals.includes(name),
  );
  const shares = chosen.reduce((sum, [, { share }]) => sum + share, 0);
  const targets = chosen.map(([name, { share }]) => ({
    name,
    inputCount: Math.ceil((inputCount * share) / shares),
  }));
  return values.help ? 'help' : { targets, seed };
}

function wholeNumber(what: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) {
    throw new Error(`${what} takes a whole number from 1 on, not ${text}`);
  }
  return number;
}

async function main(): Promise<void> {
  let asked: Wanted | 'help';
  try {
    asked = wanted();
  } catch (error) {
    process.stderr.write(`fuzz: ${error instanceof Error ? error.message : error}\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  if (asked === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  process.stdout.write(`SEED=${asked.seed}, Node ${process.versions.node}\n\n`);
  const rows: string[] = [];
  const faults: string[] = [];
  let inputCount = 0;
  for (const target of asked.targets) {
    const { reports, failure } = await fuzzInChild({
      targets: [target],
      seed: asked.seed,
      silenceMsMax: SILENCE_MS_MAX,
      onProgress: ({ doneCount }) => progress(target, doneCount),
    });
    for (const [name, report] of reports) {
      inputCount += report.inputCount;
      rows.push(tableRow(TARGETS[name]?.what ?? name, report));
      faults.push(...report.findings.map(({ seed, fault }) => `SEED=${seed} ${name}: ${fault}`));
    }
    if (failure !== undefined) {
      faults.push(`SEED=${asked.seed} ${target.name}: ${failure}`);
    }
  }
  process.stdout.write(`\n${tableHead()}${rows.join('')}\n`);
  process.stdout.write(faults.map((fault) => `${fault}\n`).join(''));
  process.stdout.write(
    `${inputCount.toLocaleString('en-US')} inputs, ${faults.length || 'no'} findings.\n`,
  );
  process.exitCode = faults.length === 0 ? 0 : 1;
}

function progress(target: Wanted['targets'][number], doneCount: number): void {
  const line = `${target.name}: ${doneCount}/${target.inputCount} inputs`;
  if (process.stderr.isTTY) {
    process.stderr.write(`\r${line}   ${doneCount >= target.inputCount ? '\n' : ''}`);
  } else if (doneCount === 0 || doneCount >= target.inputCount) {
    process.stderr.write(`${line}\n`);
  }
}

await main();
