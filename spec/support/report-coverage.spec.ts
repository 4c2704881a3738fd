/** Sees the report of what the specs covered tell lines that ran from lines that did not, and fail below a bound. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { PlantedTree, type Ran, TOOL_TIMEOUT_MS } from './planted-tree.js';

const reporter = 'spec/support/report-coverage.ts';

/** Twenty lines, of which all run but as many as are told to be missed. */
function twentyLines(missed: number): string {
  return [
    'export function f(runs: boolean): number {',
    '  let x = 0;',
    ...Array<string>(15 - missed).fill('  x += 1;'),
    '  if (runs) return x;',
    ...Array<string>(missed).fill('  x += 1;'),
    '  return x;',
    '}\n',
  ].join('\n');
}

async function report(files: Readonly<Record<string, string>>): Promise<Ran> {
  const tree = new PlantedTree({ ...files, [reporter]: readFileSync(reporter, 'utf8') });
  await tree.runCommand('NODE_V8_COVERAGE=coverage/raw node --import tsx spec/run.ts');
  const ran = await tree.run('coverage', 0);
  tree.remove();
  return ran;
}

describe('The report of what the specs covered', () => {
  const run = "import { f } from '../domain/f.js';\nf(true);\n";
  const faces = {
    'ports/port.ts': '/** Types leave nothing to run. */\nexport interface Port {}\n',
    'ports/ports.ts': "/** Nor do re-exports. */\nexport * from './port.js';\n",
    'adapters/.keep': '',
    'bootstrap/.keep': '',
  };
  let met: Ran;
  let missed: Ran;

  before(async function () {
    this.timeout(TOOL_TIMEOUT_MS);
    [met, missed] = await Promise.all([
      report({ ...faces, 'spec/run.ts': run, 'domain/f.ts': twentyLines(1) }),
      report({
        ...faces,
        'spec/run.ts': run,
        'domain/f.ts': twentyLines(3),
        'bootstrap/never-loaded.ts': 'export const a = 1;\nexport const b = 2;\n',
      }),
    ]);
  });

  it('is content while the bounds are met, and counts no line that holds no code', () => {
    expect(met.stdout).to.include('Lines covered of domain/: 95.00 % (met: at least 95 %)');
    expect(met.stdout).to.match(/^Lines covered of all of .*: 95\.00 % \(met: at least 85 %\)$/m);
    expect(met.status).to.equal(0);
  });

  it('fails below a bound, and counts files that were never loaded', () => {
    expect(missed.stdout).to.include('Lines covered of domain/: 85.00 % (MISSED: at least 95 %)');
    expect(missed.stdout).to.match(/never-loaded\.ts +\| +0 \|/);
    expect(missed.stdout).to.match(/^Lines covered of all of .* \(MISSED: at least 85 %\)$/m);
    expect(missed.status).to.equal(1);
  });
});
