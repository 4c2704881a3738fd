/** Why: the table of docs/TESTING.md is what the script prints. */
import type { Mutant } from './mutant-list.js';
import type { Finding } from './mutant-trial.js';

export const TABLE_HEAD = '| The planted fault | Found by seed | As |\n| --- | --- | --- |';

const WORDS_MAX = 80;

export function mutantRow({ does }: Pick<Mutant, 'does'>, finding: Finding | undefined): string {
  if (finding === undefined) {
    return `| ${does} | **not found** | |`;
  }
  // Keys, tokens and times are of that run alone.
  const violation = finding.violation.split(/[{\n]/)[0]?.replaceAll('|', '/').trim() ?? '';
  return `| ${does} | ${finding.seed} | ${violation.slice(0, WORDS_MAX)} |`;
}
