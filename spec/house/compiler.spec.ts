/** Sees the compiler refuse what its strict settings are there to refuse, and Node in the domain. */
import { expect } from 'chai';
import { PlantedTree, TOOL_TIMEOUT_MS } from '../support/planted-tree.js';

/** The setting that finds it, a file with that one slip, its code, and the number of tsc's error. */
type Slip = readonly [setting: string, file: string, code: string, error: number];

const slips: readonly Slip[] = [
  ['strict', 'bootstrap/a.ts', 'export const f = (x: string | undefined) => x.length;', 18048],
  ['strict', 'bootstrap/b.ts', 'export const f = (x) => x;', 7006],
  [
    'noUncheckedIndexedAccess',
    'bootstrap/c.ts',
    'export const f = (x: readonly string[]): string => x[0];',
    2322,
  ],
  [
    'exactOptionalPropertyTypes',
    'bootstrap/d.ts',
    'export const x: { readonly a?: string } = { a: undefined };',
    2375,
  ],
  [
    'noImplicitOverride',
    'bootstrap/e.ts',
    'class A { f() {} }\nexport class B extends A { f() {} }',
    4114,
  ],
  [
    'noImplicitReturns',
    'bootstrap/f.ts',
    'export function f(x: boolean) {\n  if (x) return 1;\n}',
    7030,
  ],
  [
    'noFallthroughCasesInSwitch',
    'bootstrap/g.ts',
    'export let x = 0;\nswitch (x as number) { case 0: x = 1; case 1: x = 2; }',
    7029,
  ],
  ['noUnusedLocals', 'bootstrap/h.ts', 'const x = 1;\nexport {};', 6133],
  ['noUnusedParameters', 'bootstrap/i.ts', 'export function f(x: string): void {}', 6133],
  [
    'verbatimModuleSyntax',
    'bootstrap/j.ts',
    "import { Instant } from '../domain/instant.js';\nexport const x: Instant = 1;",
    1484,
  ],
  ['NodeNext', 'bootstrap/k.ts', "import '../domain/instant';", 2835],
];

const domainSlips: readonly Slip[] = [
  ['types', 'domain/a.ts', 'export const x = process.pid;', 2591],
  ['types', 'domain/b.ts', "import 'node:fs';", 2882],
  ['lib', 'domain/c.ts', 'export const x = () => setTimeout(() => {}, 1);', 2304],
  ['lib', 'domain/d.ts', 'export const x = () => performance.now();', 2304],
  ['types', 'ports/outbound/a.ts', 'export let x: Buffer;', 2591],
];

describe('The compiler', () => {
  let tree: PlantedTree;
  /** For each project, what tsc said of each file. */
  const errors: Map<string, readonly number[]>[] = [];

  before(async function () {
    this.timeout(TOOL_TIMEOUT_MS);
    tree = new PlantedTree({
      'domain/instant.ts': 'export type Instant = number;\n',
      ...Object.fromEntries([...slips, ...domainSlips].map(([, file, code]) => [file, code])),
    });
    for (const part of [0, 1]) {
      const found = new Map<string, readonly number[]>();
      const { stdout } = await tree.run('check:types', part, '--pretty false');
      for (const [, file = '', error] of stdout.matchAll(/^(.+)\(.+\): error TS(\d+)/gm)) {
        found.set(file, [...(found.get(file) ?? []), Number(error)]);
      }
      errors.push(found);
    }
  });

  after(() => {
    tree.remove();
  });

  for (const [setting, file, code, error] of slips) {
    it(`refuses ${JSON.stringify(code)} (${setting})`, () => {
      expect(errors[0]?.get(file)).to.deep.equal([error]);
    });
  }

  for (const [setting, file, code, error] of domainSlips) {
    it(`refuses ${JSON.stringify(code)} in ${file} only (${setting})`, () => {
      expect(errors[0]?.get(file)).to.equal(undefined);
      expect(errors[1]?.get(file)).to.deep.equal([error]);
    });
  }
});
