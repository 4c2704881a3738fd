/** Holds every file to the house's rules of place, name and opening, and sees each of those rules fail. */
import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { projectFiles } from '../support/project-files.js';

interface Rule {
  readonly title: string;
  isBrokenBy(file: string, text: string): boolean;
  /** Files that it catches: path and text. */
  readonly slips: readonly (readonly [file: string, text: string])[];
}

const rooms =
  /^(?:domain|ports\/(?:in|out)bound|adapters\/(?:in|out)bound\/[a-z0-9-]+|bootstrap|proto|client|bench|examples|spec)\//;
const faces = ['ports/ports.ts'];

const isSource = (file: string) => /\.[cm]?[jt]sx?$/.test(file) && file.includes('/');
const isGenerated = (file: string) => file.startsWith('proto/generated/');

/** A spec named after the source beside which it stands exists for that source. */
const isMirror = (file: string) =>
  /\.spec\.ts$/.test(file) &&
  [file, file.slice('spec/'.length)].some((path) =>
    ['.ts', '.js'].some((ending) => existsSync(path.replace(/(?:\.[a-z]+)?\.spec\.ts$/, ending))),
  );

/** Written in parts, so that this file does not break its own rule. */
const foreignPlaces = new RegExp(
  [
    '/(?:home|Users)/' + '[a-z]',
    '/(?:root|work)/' + '[a-z.]',
    '[a-z]:' + '\\\\Users',
    'registry' + '\\.[a-z]+\\.',
    '"resolved"' + ': *"http',
  ].join('|'),
);

const rules: readonly Rule[] = [
  {
    title: 'keeps source in the rooms',
    isBrokenBy: (file) => isSource(file) && !rooms.test(file) && !faces.includes(file),
    slips: [
      ['lib/lock.ts', ''],
      ['adapters/lock.ts', ''],
      ['adapters/outbound/lock.ts', ''],
      ['ports/lock.ts', ''],
      ['scripts/build.mjs', ''],
    ],
  },
  {
    title: 'names source in kebab-case',
    isBrokenBy: (file) =>
      isSource(file) &&
      !isGenerated(file) &&
      !file
        .split('/')
        .every((part) => /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.needs-[a-z]+)?(?:\.[a-z]+)*$/.test(part)),
    slips: [
      ['domain/lockManager.ts', ''],
      ['domain/LockManager.ts', ''],
      ['domain/lock_manager.ts', ''],
      ['spec/fakeWorld/clock.ts', ''],
    ],
  },
  {
    title: 'finds a noun for everything',
    isBrokenBy: (file) =>
      isSource(file) &&
      !isGenerated(file) &&
      file
        .split('/')
        .some((part) => /^(?:utils?|commons?|helpers?|types?|index|misc)(?:\.|$)/.test(part)),
    slips: [
      ['domain/utils.ts', ''],
      ['domain/common/lock.ts', ''],
      ['spec/support/helpers.ts', ''],
      ['ports/inbound/types.d.ts', ''],
      ['domain/index.ts', ''],
    ],
  },
  {
    title: 'opens source with a comment that says why it exists',
    isBrokenBy: (file, text) =>
      isSource(file) &&
      !isGenerated(file) &&
      !isMirror(file) &&
      !/^(?:#!.*\n)?\/\*\*(?: |\n \* )[A-Z`]/.test(text),
    slips: [
      ['domain/lock.ts', 'export class Lock {}'],
      ['domain/lock.ts', '// Locks.\nexport class Lock {}'],
      ['domain/lock.ts', "import './lease.js';\n/** Why: locks. */"],
      ['bootstrap/ldlm-server.ts', '#!/usr/bin/env node\nimport "./compose.js";'],
      ['spec/house/whim.spec.ts', "it('does as it likes', () => {});"],
    ],
  },
  {
    title: 'tells nothing of the machine it was written on',
    isBrokenBy: (_, text) => foreignPlaces.test(text),
    slips: [
      ['docs/TESTING.md', `Run it in ${'/home'}/me/ldlm`],
      ['docs/TESTING.md', `Run it in ${'/work'}/main`],
      ['.npmrc', `//${'registry'}.example.com/`],
      ['package-lock.json', `  ${'"resolved"'}: "https://example.com/a.tgz"`],
    ],
  },
];

describe('The house', () => {
  const files = projectFiles().map((file) => [file, readFileSync(file, 'utf8')] as const);

  for (const { title, isBrokenBy, slips } of rules) {
    describe(title, () => {
      it('in every file', () => {
        const broken = files.filter(([file, text]) => isBrokenBy(file, text));
        expect(broken.map(([file]) => file)).to.deep.equal([]);
      });

      for (const [file, text] of slips) {
        it(`would catch ${file}${text && `: ${JSON.stringify(text)}`}`, () => {
          expect(isBrokenBy(file, text)).to.equal(true);
        });
      }
    });
  }
});
