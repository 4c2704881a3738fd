/** Sees dead files, dead exports and packages that are unused or undeclared found out. */
import { expect } from 'chai';
import { PlantedTree, TOOL_TIMEOUT_MS } from '../support/planted-tree.js';

/** The part of knip's JSON that is looked at. */
interface KnipResult {
  readonly issues: readonly ({ readonly file: string } & Readonly<
    Record<'files' | 'exports' | 'dependencies' | 'unlisted', readonly { readonly name: string }[]>
  >)[];
}

describe('The search for dead code', () => {
  let tree: PlantedTree;
  let issues: KnipResult['issues'];
  let status: number | null;

  before(async function () {
    this.timeout(TOOL_TIMEOUT_MS);
    tree = new PlantedTree({
      'bootstrap/compose.ts': "import 'long';\nimport { used } from './parts.js';\nused();\n",
      'bootstrap/parts.ts': 'export const used = () => 1;\nexport const unused = 2;\n',
      'bootstrap/forgotten.ts': 'export const a = 1;\n',
    });
    const { stdout, ...exit } = await tree.run('check:dead', 0, '--reporter json');
    ({ issues } = JSON.parse(stdout) as KnipResult);
    ({ status } = exit);
  });

  after(() => {
    tree.remove();
  });

  for (const [kind, file, name] of [
    ['files', 'bootstrap/forgotten.ts', 'bootstrap/forgotten.ts'],
    ['exports', 'bootstrap/parts.ts', 'unused'],
    ['unlisted', 'bootstrap/compose.ts', 'long'],
    ['dependencies', 'package.json', 'yaml'],
  ] as const) {
    it(`finds ${name} of ${file} among the ${kind}`, () => {
      const found = issues.filter((issue) => issue.file === file).flatMap((issue) => issue[kind]);
      expect(found.map((issue) => issue.name)).to.include(name);
    });
  }

  it('says nothing of an export that is used', () => {
    expect(issues.flatMap(({ exports }) => exports).map(({ name }) => name)).to.deep.equal([
      'unused',
    ]);
  });

  it('fails the check', () => {
    expect(status).to.equal(1);
  });
});
