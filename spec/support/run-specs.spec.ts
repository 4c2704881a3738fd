/** Sees `npm test` count, and fail, whatever may go wrong in a run of specs. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { PlantedTree, type Ran, TOOL_TIMEOUT_MS } from './planted-tree.js';

const runs: readonly (readonly [what: string, lastLine: string, ...specs: string[]])[] = [
  ['specs that pass', '2 passed, 0 failed', "it('a', () => {});", "it('b', async () => {});"],
  ['no spec', '0 passed, 1 failed', "describe('a', () => {});"],
  [
    'specs that fail, are skipped, skip themselves, are not written, or lose a rejection',
    // The spec that loses a rejection has passed before it is lost.
    '2 passed, 5 failed',
    "it('a', () => {});",
    "it('b', () => { throw new Error('no'); });",
    "it.skip('c', () => {});",
    "it('d', function () { this.skip(); });",
    "it('e');",
    "it('f', () => { Promise.reject(new Error('lost')); });",
  ],
  ['an exclusive spec', '0 passed, 1 failed', "it.only('a', () => {});", "it('b', () => {});"],
  ['a file that cannot be loaded', '0 passed, 1 failed', "import './nowhere.js';"],
  [
    'a hook that fails',
    '0 passed, 1 failed',
    "before(() => { throw new Error('no'); });",
    "it('a', () => {});",
  ],
  [
    'a spec that ends the process',
    '1 passed, 1 failed',
    "it('a', () => {});",
    "it('b', () => { process.exit(0); });",
  ],
  [
    'a rejection after the last spec',
    '1 passed, 1 failed',
    "it('a', () => { setTimeout(() => Promise.reject(new Error('lost')), 50); });",
  ],
  ['something left open', '1 passed, 1 failed', "it('a', () => { setInterval(() => {}, 1000); });"],
];

describe('The run of all specs', () => {
  const ran = new Map<string, Ran>();

  before(async function () {
    this.timeout(TOOL_TIMEOUT_MS);
    await Promise.all(
      runs.map(async ([what, , ...specs]) => {
        const runner = ['run-specs', 'spec-process', 'unhandled-rejections'].map(
          (name) => `spec/support/${name}.ts`,
        );
        const tree = new PlantedTree({
          ...Object.fromEntries(runner.map((file) => [file, readFileSync(file, 'utf8')])),
          'spec/planted.spec.ts': specs.join('\n'),
        });
        ran.set(what, await tree.run('test', 0));
        tree.remove();
      }),
    );
  });

  for (const [what, lastLine] of runs) {
    it(`ends with '${lastLine}' after ${what}`, () => {
      const { stdout = '', status } = ran.get(what) ?? {};
      expect(stdout.trimEnd().split('\n').at(-1)).to.equal(lastLine);
      expect(status).to.equal(lastLine.endsWith(' 0 failed') ? 0 : 1);
      const told = stdout.match(/^FAILED \S.*/gm) ?? [];
      expect(lastLine).to.match(new RegExp(` ${told.length} failed$`));
    });
  }
});
