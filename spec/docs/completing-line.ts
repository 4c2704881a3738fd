/** Why: docs/DEPLOYMENT.md has a line for each shell's start file; each is tried by specs of its own, since few machines have all shells. */
import { execFile } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { SpecFolder } from '../support/server-process.js';
import { sourceProgram } from '../support/source-program.js';
import { pageBlocks } from './console-steps.js';

const run = promisify(execFile);

export function completingLineOf(shell: 'bash' | 'zsh'): void {
  describe(`docs/DEPLOYMENT.md, for ${shell},`, () => {
    const folder = new SpecFolder();

    before(() => {
      const program = folder.file('ldlm-lock');
      const words = [process.execPath, ...sourceProgram(resolve('bootstrap/ldlm-lock.ts'))];
      const quoted = words.map((word) => `'${word}'`).join(' ');
      writeFileSync(program, `#!/bin/sh\nexec ${quoted} "$@"\n`);
      chmodSync(program, 0o755);
    });

    after(() => {
      folder.remove();
    });

    it('has a line by which it completes', async () => {
      const [line = ''] = pageBlocks(readFileSync('docs/DEPLOYMENT.md', 'utf8'))
        .filter(({ language }) => language === shell)
        .map(({ text }) => text.trim());
      const norc = shell === 'bash' ? ['--norc', '--noprofile'] : ['-f'];
      const env = { PATH: `${folder.path}:${process.env.PATH}`, HOME: folder.path };
      const args = [...norc, '-c', `${line}\ntype _ldlm_complete`];
      const { stdout } = await run(shell, args, { env });
      expect(stdout).to.match(/^_ldlm_complete is a (?:shell )?function/);
    });
  });
}
