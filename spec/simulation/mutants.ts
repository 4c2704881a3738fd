/** `npm run mutants`: plants each fault of the list in a copy, and prints the table of docs/TESTING.md; exits with 1 if one is not found. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { MUTANTS, type Mutant } from './mutant-list.js';
import { type Finding, MutantCopy } from './mutant-trial.js';
import { mutantRow, TABLE_HEAD } from './mutant-table.js';

const { values, positionals } = parseArgs({
  options: { seeds: { type: 'string', default: '500' } },
  allowPositionals: true,
});

const chosen = MUTANTS.filter(
  ({ does }) => positionals.length === 0 || positionals.some((part) => does.includes(part)),
);
const findings = new Map<Mutant, Finding | undefined>();
const left = [...chosen];

async function tryNext(): Promise<void> {
  for (let mutant = left.shift(); mutant !== undefined; mutant = left.shift()) {
    const copy = new MutantCopy(mutant);
    try {
      findings.set(mutant, await copy.findFault({ seedsMax: Number(values.seeds) }));
    } catch (error) {
      console.error(error);
      findings.set(mutant, undefined);
    } finally {
      copy.remove();
    }
    process.stderr.write(`${findings.size}/${chosen.length} ${mutant.does}\n`);
  }
}

await Promise.all(Array.from({ length: Math.min(availableParallelism(), 8) }, tryNext));
console.log(TABLE_HEAD);
for (const mutant of chosen) {
  console.log(mutantRow(mutant, findings.get(mutant)));
}
const missed = chosen.filter((mutant) => findings.get(mutant) === undefined);
console.log(`\n${chosen.length - missed.length} of ${chosen.length} planted faults were found.`);
process.exitCode = missed.length === 0 && chosen.length > 0 ? 0 : 1;
