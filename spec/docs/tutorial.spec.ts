/** Everything that docs/TUTORIAL.md tells a reader to type or save, typed and saved, and what comes compared. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect } from 'chai';
import { SpecFolder } from '../support/server-process.js';
import { steadyPort } from '../support/steady-port.js';
import { consoleSteps, pageBlocks } from './console-steps.js';
import { ShellSession } from './shell-session.js';
import { withoutVaryingParts } from './varying-parts.js';

const PAGE = readFileSync('docs/TUTORIAL.md', 'utf8');
const ADDRESS = 'localhost:3144';

const blocks = pageBlocks(PAGE);
const steps = stepsOf(PAGE);

function stepsOf(page: string) {
  return pageBlocks(page)
    .filter(({ language }) => language === 'console')
    .flatMap(({ text }) => consoleSteps(text));
}

/** How many lines the page shows beneath a command. */
function lineCount(shown: string): number {
  return shown === '' ? 0 : shown.split('\n').length;
}

describe('docs/TUTORIAL.md', function () {
  this.timeout(120_000);
  const folder = new SpecFolder();
  /** What each step printed. */
  const printed: string[] = [];
  let shell: ShellSession;

  before(async () => {
    // What a clone has after `npm ci`: the programs, and the package by its own name.
    mkdirSync(folder.file('node_modules'));
    symlinkSync(resolve('.'), folder.file('node_modules/ldlm'));
    symlinkSync(resolve('dist'), folder.file('dist'));
    const address = `127.0.0.1:${await steadyPort()}`;
    for (const { text } of blocks.filter(({ language }) => language === 'js')) {
      const [, file = ''] = /^\/\/ (\w+\.mjs)\n/.exec(text) ?? [];
      writeFileSync(folder.file(file), text.replaceAll(ADDRESS, address));
    }
    shell = new ShellSession(folder.path, {
      LDLM_LISTEN_ADDRESS: address,
      LDLM_IPC_SOCKET_FILE: folder.file('ipc.sock'),
    });
    for (const { command, shown } of steps) {
      printed.push(await shell.run(command, lineCount(shown)));
    }
  });

  after(async () => {
    await shell?.end();
    folder.remove();
  });

  for (const [index, { command }] of steps.entries()) {
    it(`shows what is printed after ${command}`, () => {
      const shown = withoutVaryingParts(steps.map((step) => step.shown));
      expect(withoutVaryingParts(printed)[index]).to.equal(shown[index]);
    });
  }

  it('sets up as the README does', () => {
    const setUp = blocks.filter(({ language }) => language === 'sh').map(({ text }) => text);
    expect(setUp).to.deep.equal(['npm ci\n']);
    expect(readFileSync('README.md', 'utf8')).to.contain('npm ci && ');
  });

  it('has no block of code that is not run', () => {
    const languages = blocks.map(({ language }) => language);
    expect(languages.filter((name) => !['sh', 'js', 'console'].includes(name))).to.deep.equal([]);
    expect(PAGE.match(/^```/gm)).to.have.length(2 * blocks.length);
  });

  for (const [what, original, altered] of [
    ['another one at work', 'ann is done', 'bob is done'],
    ['a write that is not refused', 'ann is refused', 'ann is written'],
    ['a token that does not grow', 'token 1795668913845672', 'token 1795668913845670'],
    ['another key after the restart', '0b193749', 'ffffffff'],
  ] as const) {
    it(`would be caught showing ${what}`, () => {
      const page = PAGE.replace(original, altered);
      expect(page).not.to.equal(PAGE);
      const shown = withoutVaryingParts(stepsOf(page).map((step) => step.shown));
      expect(withoutVaryingParts(printed)).not.to.deep.equal(shown);
    });
  }
});
