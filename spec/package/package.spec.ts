/** The package as others get it: packed from a fresh tree, unpacked, with nothing beside it but what it declares. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect } from 'chai';
import { ProcessLines } from '../support/process-lines.js';
import { type Ran, SpecFolder } from '../support/server-process.js';

/** What a clone has that the package is made from. */
const SOURCES = [
  ...['adapters', 'bootstrap', 'client', 'domain', 'ports', 'proto', 'spec'],
  ...['CHANGELOG.md', 'LICENSE', 'README.md'],
  ...['package.json', 'tsconfig.build.json', 'tsconfig.cjs.json', 'tsconfig.json'],
];

const TSCONFIG = {
  compilerOptions: {
    module: 'NodeNext',
    target: 'ES2022',
    lib: ['ES2023', 'ESNext.Disposable'],
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    outDir: 'out',
    rootDir: '.',
  },
};

const PROGRAM = `
import { type RunningServer, type Settings, startServer } from 'ldlm';
import { JournalStateStore } from 'ldlm/adapters/outbound/journal/journal-state-store';
import { FOREVER, type Fact, type Granted } from 'ldlm/domain';
import { type StateStore, StateStoreError } from 'ldlm/ports';
import { FakeClock, FixedKeySource, RecordingLogger } from 'ldlm/testing';

const settings: Partial<Settings> = { listenAddress: { host: '127.0.0.1', port: 0 } };
const logger = new RecordingLogger('warn');
const store: StateStore = new JournalStateStore({ file: 'state', logger });
const server: RunningServer = await startServer({
  settings,
  parts: { store, logger, clock: new FakeClock(), keys: new FixedKeySource('s', 'k') },
});
const opened = server.locking.openSession({ kind: 'connection', peer: 'own program' });
const sessionId = opened.kind === 'opened' ? opened.sessionId : '';
const request = { sessionId, name: 'a', size: 1, waitMs: 0, leaseMs: FOREVER };
const { kind }: Pick<Granted, 'kind'> | { kind: 'refused' } =
  await server.locking.acquire(request).answer;
await server.stop();
const facts: Fact[] = [];
const error: unknown = await store.append(facts).catch((reason: unknown) => reason);
const code = error instanceof StateStoreError ? error.code : undefined;
console.log(JSON.stringify({ kind, code, lineCount: logger.lines.length }));
`;

/** The client, as a module and as CommonJS, with a server for tests. */
const CLIENT = `
import { type Lock, LdlmClient, LdlmError } from 'ldlm/client';
import { startTestServer } from 'ldlm/testing';

await using server = await startTestServer();
await using client = new LdlmClient({ addresses: [server.address], name: 'consumer' });
const lock: Lock | null = await client.tryLock('a');
const failure: unknown = await client.lock('a', { waitTimeoutMs: 1 }).catch((error: unknown) => error);
console.log(JSON.stringify([lock?.isHeld, failure instanceof LdlmError && failure.code]));
`;
const COMMONJS_CLIENT = `
import { LdlmClient, type LdlmClientOptions } from 'ldlm/client';

const options: LdlmClientOptions = { addresses: ['localhost:3144'] };
console.log(new LdlmClient(options) instanceof LdlmClient);
`;

const CONTRACT = `
import { afterEach, describe, it } from 'node:test';
import { MemoryStateStore } from 'ldlm/adapters/outbound/memory/memory-state-store';
import { stateStoreContract } from 'ldlm/testing';

Object.assign(globalThis, { afterEach, describe, it });
stateStoreContract('MemoryStateStore', {
  supports: { durability: false, exclusiveOpen: false },
  createPlace: () => undefined,
  disposePlace: () => undefined,
  newStore: () => new MemoryStateStore(),
});
`;

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

interface Manifest {
  readonly version: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** Without the settings that npm hands down to what it runs. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|LDLM_)/i.test(name)),
  );
}

/** Runs a program to its end. */
function run(file: string, args: readonly string[], cwd: string): Promise<Ran> {
  const env = ownEnvironment();
  return new Promise((settle) => {
    const child = execFile(file, args, { cwd, env, maxBuffer: 1 << 26 }, (_, stdout, stderr) => {
      settle({ code: child.exitCode, signal: child.signalCode, stdout, stderr });
    });
  });
}

/** What browsers run, and no program can import. */
const CONSOLE_PAGE = 'adapters/inbound/console/page/';

describe('The installed package', function () {
  this.timeout(180_000);
  const folder = new SpecFolder();
  const consumer = folder.file('consumer');
  let packed: Packed;
  let manifest: Manifest;

  before(async () => {
    packed = await pack();
    const target = join(consumer, 'node_modules/ldlm');
    mkdirSync(target, { recursive: true });
    const archive = folder.file(packed.filename);
    await succeed('tar', ['-xzf', archive, '--strip-components=1'], target);
    manifest = JSON.parse(readFileSync(join(target, 'package.json'), 'utf8')) as Manifest;
    // What npm would install with it, and nothing else; what those need, they find where they really are.
    for (const name of [...Object.keys(manifest.dependencies), '@types/node']) {
      link(realpathSync(resolve('node_modules', name)), join(consumer, 'node_modules', name));
    }
    for (const [name, file] of Object.entries(manifest.bin)) {
      // As npm does.
      link(join(target, file), installed(name));
      chmodSync(join(target, file), 0o755);
    }
    for (const [file, text] of [
      ['package.json', '{ "type": "module" }'],
      ['tsconfig.json', JSON.stringify(TSCONFIG)],
      ['program.ts', PROGRAM],
      ['contract.test.ts', CONTRACT],
      ['client.ts', CLIENT],
      ['commonjs.cts', COMMONJS_CLIENT],
    ] as const) {
      writeFileSync(join(consumer, file), text);
    }
    await succeed(process.execPath, [resolve('node_modules/typescript/bin/tsc')], consumer);
  });

  after(() => {
    folder.remove();
  });

  /** Packs a tree that nothing was built in. */
  async function pack(): Promise<Packed> {
    const tree = folder.file('tree');
    for (const source of SOURCES) {
      cpSync(source, join(tree, source), { recursive: true });
    }
    symlinkSync(resolve('node_modules'), join(tree, 'node_modules'));
    const args = ['pack', '--json', '--pack-destination', folder.path];
    const [first] = JSON.parse(await succeed('npm', args, tree)) as readonly Packed[];
    if (first === undefined) {
      throw new Error('npm packed nothing');
    }
    return first;
  }

  async function succeed(...command: Parameters<typeof run>): Promise<string> {
    const { code, stdout, stderr } = await run(...command);
    expect(code, stdout + stderr).to.equal(0);
    return stdout;
  }

  /** Where npm puts what is to be run by name. */
  function installed(program: string): string {
    return join(consumer, 'node_modules/.bin', program);
  }

  function link(target: string, path: string): void {
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(target, path);
  }

  it('is built and packed from a fresh tree, whole and with nothing else', () => {
    const paths = packed.files.map(({ path }) => path);
    expect(paths.filter((path) => !path.startsWith('dist/')).sort()).to.deep.equal([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'package.json',
    ]);
    const compiled = paths.filter((path) => path.startsWith('dist/'));
    expect(compiled).to.include('dist/proto/ldlm.proto');
    const kinds = compiled
      .filter((path) => !path.startsWith(`dist/${CONSOLE_PAGE}`))
      .map((path) => /(\.d\.ts|\.js|\.proto)$/.exec(path)?.[0] ?? path);
    expect([...new Set(kinds)].sort()).to.deep.equal([
      '.d.ts',
      '.js',
      '.proto',
      'dist/cjs/package.json',
    ]);
    expect(compiled.filter((path) => path.includes('.spec.'))).to.deep.equal([]);
  });

  it('starts a server in a program that was compiled against it', async () => {
    const stdout = await succeed(process.execPath, ['out/program.js'], consumer);
    expect(JSON.parse(stdout)).to.deep.equal({ kind: 'granted', code: 'closed', lineCount: 1 });
  });

  it('brings the contract suite of the state stores, for Node’s own test runner too', async () => {
    const stdout = await succeed(process.execPath, ['--test', 'out/contract.test.js'], consumer);
    expect(stdout)
      .to.match(/pass [1-9]/)
      .and.to.match(/fail 0\n/);
  });

  it('has the client as a module, beside a server for tests', async () => {
    const stdout = await succeed(process.execPath, ['out/client.js'], consumer);
    expect(JSON.parse(stdout)).to.deep.equal([true, 'wait-timeout']);
  });

  it('has the client as CommonJS, for a Node that requires no modules', async () => {
    const args = ['--no-experimental-require-module', 'out/commonjs.cjs'];
    expect(await succeed(process.execPath, args, consumer)).to.equal('true\n');
  });

  it('passes publint, and its client the checks of types for modules and CommonJS', async () => {
    const archive = folder.file(packed.filename);
    const bin = (name: string) => resolve('node_modules/.bin', name);
    await succeed(bin('publint'), ['--strict', archive], consumer);
    const args = [archive, '--profile', 'node16', '--entrypoints', 'client'];
    await succeed(bin('attw'), args, consumer);
  });

  it('has every adapter under its path, with all the packages that it needs', async () => {
    const adapters = packed.files
      .map(({ path }) => /^dist\/(adapters\/.+)\.js$/.exec(path)?.[1])
      .filter((path) => path !== undefined && !path.startsWith(CONSOLE_PAGE));
    expect(adapters).to.include('adapters/outbound/clock/system-clock');
    const imports = adapters.map((path) => `import 'ldlm/${path}';`).join('');
    await succeed(process.execPath, ['--input-type=module', '--eval', imports], consumer);
  });

  for (const closed of ['ldlm/dist/domain/lock.js', `ldlm/${CONSOLE_PAGE}console`]) {
    it(`keeps ${closed} closed, which it does not offer`, async () => {
      const args = ['--input-type=module', '--eval', `import '${closed}';`];
      const { code, stderr } = await run(process.execPath, args, consumer);
      expect(code).to.equal(1);
      expect(stderr).to.contain('ERR_PACKAGE_PATH_NOT_EXPORTED');
    });
  }

  for (const [name, args, text] of [
    ['ldlm-server', ['--version'], 'Version: VERSION\n'],
    ['ldlm-lock', ['--version'], 'ldlm-lock VERSION\n'],
    ['ldlm-stress', ['--help'], 'Usage: ldlm-stress [OPTIONS]\n'],
    ['ldlm-lock', ['completion', 'bash'], ' ldlm-lock ldlm-server ldlm-stress\n'],
  ] as const) {
    it(`has the program ${name}, which answers ${args.join(' ')}`, async () => {
      const stdout = await succeed(installed(name), args, consumer);
      expect(stdout).to.include(text.replace('VERSION', manifest.version));
    });
  }

  it('has no program that these specs do not run', () => {
    expect(Object.keys(manifest.bin)).to.have.members([
      ...['ldlm-server', 'ldlm-lock', 'ldlm-stress'],
    ]);
  });

  it('has its programs work together: a server under load, whose locks are listed', async () => {
    const socket = folder.file('ipc.sock');
    const args = ['-l', '127.0.0.1:0', '--ipc_socket_file', socket];
    const server = spawn(installed('ldlm-server'), args, {
      cwd: consumer,
      env: ownEnvironment(),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const lines = new ProcessLines(server, [server.stderr]);
    const closed = once(server, 'close');
    const [, address = ''] = await lines.until(/gRPC server started\. Listening on ([^"]+)"/);
    const held = ['-a', address, 'backup', '--', installed('ldlm-lock'), '-s', socket, 'list'];
    expect(await succeed(installed('ldlm-lock'), ['run', ...held], consumer)).to.match(
      /^\{Name: backup, Key: [^}]+\}\n$/,
    );
    const load = ['-a', address, '-c', '3', '-s', '0.01', '--for', '1s'];
    expect(await succeed(installed('ldlm-stress'), load, consumer)).to.include('rules broken  0\n');
    server.kill('SIGTERM');
    expect(await closed).to.deep.equal([0, null]);
  });
});
