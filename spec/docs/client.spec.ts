/** Every block of code in docs/CLIENT.md is compiled and run, against a server of its own. */
import { execFile } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect } from 'chai';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { SpecFolder } from '../support/server-process.js';

const PAGE = readFileSync('docs/CLIENT.md', 'utf8');
const BLOCKS = [...PAGE.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);

/** What each prints, in their order. */
const OUTPUTS = [
  /^held with fencing token \d+\npage 1 by \d+\npage 2 by \d+\npage 3 by \d+\n$/,
  /^leads true\ndone\nworks\n$/,
  /^true\n$/,
];

describe('docs/CLIENT.md', function () {
  this.timeout(60_000);
  const folder = new SpecFolder();
  let server: TestServer;

  before(async () => {
    server = await startTestServer();
    symlinkSync(resolve('node_modules'), folder.file('node_modules'));
    writeFileSync(folder.file('package.json'), '{ "type": "module" }');
    for (const [index, code] of BLOCKS.entries()) {
      const own = code
        .replaceAll('localhost:3144', server.address)
        .replaceAll("'ldlm/client'", `'${resolve('client/ldlm-client.ts')}'`)
        .replaceAll("'ldlm/testing'", `'${resolve('spec/testing.ts')}'`);
      writeFileSync(folder.file(`block-${index}.ts`), own);
    }
    const compilerOptions = { allowImportingTsExtensions: true };
    const tsconfig = {
      extends: resolve('tsconfig.json'),
      compilerOptions,
      include: ['*.ts', resolve('adapters/**/*.d.ts')],
    };
    writeFileSync(folder.file('tsconfig.json'), JSON.stringify(tsconfig));
  });

  after(async () => {
    await server.stop();
    folder.remove();
  });

  function run(...args: readonly string[]): Promise<{ code: number | null; output: string }> {
    return new Promise((settle) => {
      const child = execFile(process.execPath, args, { cwd: folder.path }, (_, stdout, stderr) => {
        settle({ code: child.exitCode, output: stdout + stderr });
      });
    });
  }

  it('shows as many programs as are expected here', () => {
    expect(BLOCKS).to.have.length(OUTPUTS.length);
  });

  it('shows programs that compile', async () => {
    const { code, output } = await run(resolve('node_modules/typescript/bin/tsc'), '-p', '.');
    expect(output).to.equal('');
    expect(code).to.equal(0);
  });

  for (const [index, output] of OUTPUTS.entries()) {
    it(`shows a program ${index + 1} that does what it says, and ends`, async () => {
      const ran = await run(
        '--import',
        resolve('node_modules/tsx/dist/esm/index.mjs'),
        `block-${index}.ts`,
      );
      expect(ran.output).to.match(output);
      expect(ran.code).to.equal(0);
    });
  }
});
