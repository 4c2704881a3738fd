/** Sees each rule of the lint and the format fail on a planted slip, and timers stay where they are explained. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { PlantedTree, TOOL_TIMEOUT_MS } from '../support/planted-tree.js';

/** A rule, a file that breaks it once and breaks no other, and what the file holds. */
type Slip = readonly [rule: string, file: string, code: string];

const asynchronous = 'export async function go(): Promise<void> {}\n';
const choice = "export const f = (a: 'x' | 'y'): void => {\n  switch (a) { case 'x': break;";

const eslintSlips: readonly Slip[] = [
  ['@typescript-eslint/no-floating-promises', 'bootstrap/floats.ts', `${asynchronous}go();`],
  ['@typescript-eslint/no-floating-promises', 'bootstrap/voids.ts', `${asynchronous}void go();`],
  ['@typescript-eslint/no-misused-promises', 'bootstrap/each.ts', '[1].forEach(async () => {});'],
  ['@typescript-eslint/only-throw-error', 'bootstrap/throws.ts', "throw 'text';"],
  ['@typescript-eslint/switch-exhaustiveness-check', 'bootstrap/forgets.ts', `${choice} }\n};`],
  [
    '@typescript-eslint/switch-exhaustiveness-check',
    'bootstrap/defaults.ts',
    `${choice} default: }\n};`,
  ],
  ['max-lines-per-function', 'bench/long.ts', `export function f() {${'\nf();'.repeat(69)}\n}`],
  ['no-restricted-syntax', 'bootstrap/anonymous.ts', 'export default 1;'],
  ['no-restricted-syntax', 'domain/anonymous.ts', 'export default 1;'],
  ['no-restricted-syntax', 'domain/chance.ts', 'export const a = Math.random();'],
  ['no-restricted-syntax', 'domain/goes-off.ts', asynchronous],
  ['no-restricted-syntax', 'domain/awaits.ts', 'await Promise.resolve();'],
  ['no-restricted-syntax', 'domain/lock-service.ts', 'await Promise.resolve(Math.random());'],
  ['no-restricted-globals', 'domain/dated.ts', 'export const a = Date.now();'],
  ['no-restricted-globals', 'domain/measured.ts', 'export const a = performance.now();'],
  ['no-restricted-globals', 'domain/clocked.ts', 'export const a = process.hrtime();'],
  ['no-restricted-globals', 'domain/delayed.ts', 'setTimeout(() => {}, 10);'],
  ['no-restricted-globals', 'domain/ticking.ts', 'setInterval(() => {}, 10);'],
  ['no-restricted-globals', 'domain/deferred.ts', 'setImmediate(() => {});'],
  ['no-restricted-globals', 'domain/queued.ts', 'queueMicrotask(() => {});'],
  ['no-restricted-globals', 'domain/hushed.ts', '/* eslint-disable */\nexport const a = Date;'],
  ['mocha/no-exclusive-tests', 'spec/alone.spec.ts', "it.only('is alone', () => {});"],
  ['mocha/no-pending-tests', 'spec/skipped.spec.ts', "it.skip('is skipped', () => {});"],
  ['mocha/no-pending-tests', 'spec/promised.spec.ts', "it('is promised');"],
  ['no-restricted-syntax', 'spec/anonymous.ts', 'export default 1;'],
  ['no-restricted-syntax', 'spec/endless.spec.ts', 'before(function () { this.timeout(0); });'],
  ['no-restricted-globals', 'spec/sleeps.ts', 'setTimeout(() => {}, 10);'],
  ['no-restricted-imports', 'spec/naps.ts', "import 'node:timers/promises';"],
];

const biomeSlips: readonly Slip[] = [
  ['format', 'bootstrap/indented.ts', 'for (;;) {\n    process.exit();\n}\n'],
  ['format', 'bootstrap/wide.ts', `export const a = [${'100, '.repeat(19)}100];\n`],
  ['format', 'bootstrap/quoted.ts', 'export const a = "b";\n'],
  ['format', 'bootstrap/bare.ts', 'export const a = 1\n'],
  ['lint/suspicious/noDebugger', 'bootstrap/debugs.ts', 'debugger;\n'],
  ['lint/correctness/noUnusedVariables', 'bootstrap/unused.ts', 'const a = 1;\n'],
];

const sound: readonly (readonly [file: string, code: string])[] = [
  ['bench/full.ts', `export function f() {${'\nf();\n// Why.\n'.repeat(68)}\n}`],
  ['bootstrap/worldly.ts', 'export const a = Date.now() * Math.random();'],
  ['proto/generated/anonymous.ts', 'export default 1;'],
  ['spec/full.ts', `export function f() {${'\nf();'.repeat(80)}\n}`],
  ['spec/support/spec-process.ts', 'setTimeout(() => {}, 10);'],
];

/** The part of the tools' JSON that is looked at. */
type EslintResult = readonly {
  readonly filePath: string;
  /** Without a rule: that a comment which would turn rules off was ignored. */
  readonly messages: readonly { readonly ruleId: string | null }[];
}[];
interface BiomeResult {
  readonly diagnostics: readonly {
    readonly category: string;
    readonly location: { readonly path: string };
  }[];
}

function planted(cases: readonly (readonly [...string[], file: string, code: string])[]) {
  return new PlantedTree(Object.fromEntries(cases.map((each) => each.slice(-2))));
}

describe('The lint with types', () => {
  /** The rules that each planted file broke, once for each time. */
  const broken = new Map<string, readonly string[]>();

  before(async function () {
    this.timeout(TOOL_TIMEOUT_MS);
    const tree = planted([...eslintSlips, ...sound]);
    const { stdout } = await tree.run('check:lint', 1, '--format json');
    for (const { filePath, messages } of JSON.parse(stdout) as EslintResult) {
      broken.set(
        filePath.slice(tree.folder.length + 1),
        messages.flatMap(({ ruleId }) => ruleId ?? []),
      );
    }
    tree.remove();
  });

  for (const [rule, file] of eslintSlips) {
    it(`sees ${rule} broken by ${file}`, () => {
      expect(broken.get(file)).to.deep.equal([rule]);
    });
  }

  for (const [file] of sound) {
    it(`has nothing against ${file}`, () => {
      expect(broken.get(file) ?? []).to.deep.equal([]);
    });
  }

  it('has a reason, and a use, for every file of the specs that may set timers', async () => {
    const config = new URL('../../eslint.config.js', import.meta.url).href;
    const { timersAllowed } = await import(config);
    for (const { file, why } of timersAllowed) {
      expect(why, file).to.have.length.greaterThan(20);
      expect(readFileSync(file, 'utf8'), file).to.match(/setTimeout|setInterval|node:timers/);
    }
  });
});

describe('The fast lint and the format', () => {
  const broken = new Map<string, readonly string[]>();
  let status: number | null;

  before(async function () {
    this.timeout(TOOL_TIMEOUT_MS);
    const tree = planted(biomeSlips);
    const { stdout, ...exit } = await tree.run(
      'check:lint',
      0,
      '--max-diagnostics=100 --reporter=json',
    );
    for (const { category, location } of (JSON.parse(stdout) as BiomeResult).diagnostics) {
      broken.set(location.path, [...(broken.get(location.path) ?? []), category]);
    }
    ({ status } = exit);
    tree.remove();
  });

  for (const [rule, file] of biomeSlips) {
    it(`sees ${rule} broken by ${file}`, () => {
      expect(broken.get(file)).to.deep.equal([rule]);
    });
  }

  it('fails the check', () => {
    expect(status).to.equal(1);
  });
});
