/** The example in Go, built with what Debian has; what is missing is said by the build, which then fails. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { useCasesContract } from './use-cases.contract.js';

const run = promisify(execFile);
const BUILD = 'examples/go/build.sh';

let program: string;

useCasesContract('Go', {
  useCases: ['primary', 'tasks', 'limit'],
  prepare: async () => {
    program = (await run(BUILD)).stdout.trim();
  },
  command: (useCase, args) => ({ program, args: [useCase, ...args] }),
});

describe('examples/go/build.sh', () => {
  it('names the packages that CI installs when there is nothing to build with', async () => {
    const env = { ...process.env, GO_LIBRARIES: 'examples' };
    const failure = await run(BUILD, { env }).catch((error: unknown) => error);
    const { code, stderr } = failure as { readonly code: number; readonly stderr: string };
    const [, named = ''] = /: apt-get install (.*)$/m.exec(stderr) ?? [];
    const [, installed = ''] =
      /^go_packages=\(([^)]*)\)$/m.exec(readFileSync('.ci/run', 'utf8')) ?? [];
    expect(code).to.equal(1);
    expect(named.split(' ')).to.have.members(['golang-go', ...installed.trim().split(/\s+/)]);
  });
});
