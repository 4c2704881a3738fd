/** Every block of code in docs/ADAPTERS.md is compiled and run as printed, or stands in the file it is taken from. */
import { execFile } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect } from 'chai';
import { type Ran, SpecFolder } from '../support/server-process.js';

interface Block {
  readonly mark: 'file' | 'from';
  readonly path: string;
  readonly code: string;
}

const PAGE = readFileSync('docs/ADAPTERS.md', 'utf8');
const BLOCKS: readonly Block[] = [
  ...PAGE.matchAll(/^```ts\n\/\/ (file|from): (\S+)\n(.*?)^```$/gms),
].map(([, mark, path = '', code = '']) => ({ mark: mark as Block['mark'], path, code }));

/** A door's file, for modules where CommonJS has another one. */
type Target = { readonly default: string } | { readonly import: { readonly default: string } };

/** The names that the package exports, each with the source that its file is compiled from. */
function sourcesByName(): Readonly<Record<string, readonly string[]>> {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    readonly exports: Readonly<Record<string, string | Target | null>>;
  };
  return Object.fromEntries(
    Object.entries(exports)
      .flatMap(([name, target]) =>
        // What is kept closed has no file.
        target === null || typeof target === 'string'
          ? []
          : [[name, 'import' in target ? target.import : target] as const],
      )
      .map(([name, { default: file }]) => [
        name.replace('.', 'ldlm'),
        [resolve(file.replace('/dist/', '/').replace(/\.js$/, '.ts'))],
      ]),
  );
}

describe('docs/ADAPTERS.md', function () {
  this.timeout(120_000);
  const folder = new SpecFolder();

  before(() => {
    cpSync('examples/leveldb-state-store', folder.path, { recursive: true });
    for (const { mark, path, code } of BLOCKS) {
      if (mark === 'file') {
        writeFileSync(folder.file(path), code);
      }
    }
    symlinkSync(resolve('node_modules'), folder.file('node_modules'));
    writeFileSync(folder.file('package.json'), '{ "type": "module" }');
    const compilerOptions = { paths: sourcesByName(), noUnusedLocals: true };
    // The sources say by such files what packages without types are.
    const include = ['*.ts', resolve('adapters/**/*.d.ts')];
    const tsconfig = { extends: resolve('tsconfig.json'), compilerOptions, include };
    writeFileSync(folder.file('tsconfig.json'), JSON.stringify(tsconfig));
  });

  after(() => {
    folder.remove();
  });

  function run(...args: readonly string[]): Promise<Ran> {
    return new Promise((settle) => {
      // Mocha loads the sources as CommonJS here: figures of what another transform covered do not add up.
      const env = { ...process.env, NODE_V8_COVERAGE: '' };
      const options = { cwd: folder.path, env, maxBuffer: 1 << 26 };
      const child = execFile(process.execPath, args, options, (_, stdout, stderr) => {
        settle({ code: child.exitCode, signal: child.signalCode, stdout, stderr });
      });
    });
  }

  function runMocha(file: string): Promise<Ran> {
    return run('--import', 'tsx', resolve('node_modules/mocha/bin/mocha.js'), file);
  }

  it('says of every block where it belongs', () => {
    expect(BLOCKS).to.have.length(PAGE.match(/^```ts$/gm)?.length ?? 0);
  });

  for (const [index, { mark, path, code }] of BLOCKS.entries()) {
    if (mark === 'from') {
      it(`shows in block ${index + 1} what stands in ${path}`, () => {
        expect(readFileSync(path, 'utf8')).to.contain(code);
      });
    }
  }

  it('shows code that compiles', async () => {
    const { code, stdout } = await run(resolve('node_modules/typescript/bin/tsc'));
    expect(code, stdout).to.equal(0);
  });

  it('has tests to paste, each of which passes in mocha', async () => {
    const files = readdirSync(folder.path).filter((file) => file.endsWith('.test.ts'));
    expect(files).to.deep.equal(
      BLOCKS.map(({ path }) => path)
        .filter((path) => path.endsWith('.test.ts'))
        .sort(),
    );
    for (const file of files) {
      const { code, stdout, stderr } = await runMocha(file);
      expect(code, stdout + stderr).to.equal(0);
      expect(stdout).to.match(/[1-9]\d* passing/);
    }
  });

  it('has the contract suite pass in Node’s own test runner', async () => {
    const file = 'leveldb-state-store.node-test.ts';
    const { code, stdout } = await run('--import', 'tsx', '--test', file);
    expect(code, stdout).to.equal(0);
    expect(stdout).to.match(/fail 0\n/);
  });

  it('has a program that runs a server and locks with it', async () => {
    const { code, stdout, stderr } = await run('--import', 'tsx', 'own-program.ts');
    expect(code, stderr).to.equal(0);
    expect(stdout).to.match(/^gRPC clients connect to 127\.0\.0\.1:\d+\nheld, token \d+\n$/);
  });
});
