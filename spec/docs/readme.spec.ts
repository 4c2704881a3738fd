/** What the README tells a reader to type or run, typed and run. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { flagSettings } from '../../bootstrap/settings-table.js';
import { PythonEnvironment } from '../compatibility/python-environment.js';
import { GrpcWorldClient } from '../support/grpc-world.js';
import { runProgram, ServerProcess, SpecFolder } from '../support/server-process.js';

const readme = readFileSync('README.md', 'utf8');
const run = promisify(execFile);

/** The one block of code in that language. */
function block(language: string): string {
  const blocks = [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)];
  const found = blocks.filter(([, name]) => name === language);
  expect(found, language).to.have.length(1);
  return found[0]?.[2] ?? '';
}

/** Every command of the shell blocks, without its comment. */
function commands(): readonly string[] {
  return [...readme.matchAll(/^```sh\n([\s\S]*?)^```/gm)]
    .flatMap(([, lines = '']) => lines.trim().split('\n'))
    .map((line) => line.replace(/\s+#.*$/, ''));
}

const flagRows = readme.split('\n').filter((line) => line.startsWith('| `--'));
const flagsInTable = flagRows.flatMap((row) =>
  [...(row.split('|')[1] ?? '').matchAll(/`--(\w+)`/g)].map(([, flag = '']) => flag),
);

function rowOf(flag: string): string {
  return flagRows.find((row) => row.includes(`\`--${flag}\``)) ?? '';
}

describe('README.md', function () {
  this.timeout(120_000);
  const folder = new SpecFolder();
  let server: ServerProcess;

  before(async () => {
    server = await ServerProcess.start(folder);
  });

  after(async () => {
    await server.end();
    folder.remove();
  });

  it('has a Python program that runs as printed', async () => {
    const { program, environment } = (await PythonEnvironment.open()).command('1.1.3');
    const printed = block('python').replace('localhost:3144', server.address);
    const { stdout } = await run(program, ['-c', printed], { env: environment });
    expect(stdout).to.match(/^held by [0-9a-f-]{36}\n$/);
  });

  it('has a Node program that runs as printed', async () => {
    const printed = block('js').replace('localhost:3144', server.address);
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', printed]);
    expect(stdout).to.match(/^held with fencing token \d+\n$/);
  });

  it('has a command run under a lock', async () => {
    const command = 'ldlm-lock run invoice/42 -- ./send-invoices.sh';
    expect(commands()).to.include(command);
    const [, verb = '', name = ''] = command.split(' ');
    const args = [verb, '-a', server.address, name, '--', 'sh', '-c', 'exit 3'];
    expect(await runProgram('ldlm-lock', args)).to.deep.include({ code: 3, stderr: '' });
  });

  const lockCommands = commands().filter((command) => command.startsWith('ldlm-lock '));
  for (const command of lockCommands.filter((line) => !line.startsWith('ldlm-lock run'))) {
    it(`has \`${command}\` work`, async () => {
      const client = new GrpcWorldClient(server.address);
      await client.call('Lock', { name: 'invoice/42', lock_timeout_seconds: 60 });
      const environment = { LDLM_IPC_SOCKET_FILE: server.socketFile };
      const ran = await runProgram('ldlm-lock', command.split(' ').slice(1), environment);
      client.close();
      expect(ran).to.include({ code: 0, stderr: '' });
      expect(ran.stdout).to.contain('invoice/42');
    });
  }

  it('has `npm start` serve, with a state file when it is given one', async () => {
    const command = 'npm start -- --state_file ./ldlm.state';
    expect(commands()).to.include(command);
    const stateFile = folder.file('ldlm.state');
    const [npm = '', ...args] = command.replace('./ldlm.state', stateFile).split(' ');
    const own = ['-l', '127.0.0.1:0', '--ipc_socket_file', folder.file('started.sock')];
    // A group of its own: npm does not pass every signal on to what it runs.
    const started = spawn(npm, [...args, ...own], {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const closed = once(started, 'close');
    for await (const line of createInterface({ input: started.stderr })) {
      if (line.includes('gRPC server started')) break;
    }
    expect(existsSync(stateFile)).to.equal(true);
    process.kill(-(started.pid ?? 0), 'SIGTERM');
    await closed;
  });

  it('has its two set-up commands run by CI', () => {
    expect(commands().slice(0, 2)).to.deep.equal(['npm ci && npm start', 'npm ci && npm test']);
    const ci = readFileSync('.ci/run', 'utf8');
    expect(ci)
      .to.match(/^run npm ci$/m)
      .and.to.match(/^run_specs npm test$/m);
  });

  it('has no command that this spec does not know', () => {
    const known = [...lockCommands, 'npm start -- --state_file ./ldlm.state'];
    // Run by high-availability.needs-etcd.spec.ts.
    const servers = /^npm start -- --state_store etcd /;
    expect(
      commands()
        .slice(2)
        .filter((command) => !known.includes(command) && !servers.test(command)),
    ).to.deep.equal([]);
  });

  it('links to pages that are there', () => {
    const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !existsSync(link))).to.deep.equal([]);
  });

  it('names every flag that has a letter in its table of flags, and none that is not there', () => {
    const flags = flagSettings.map(({ name }) => name);
    expect(flagsInTable.filter((flag) => !flags.includes(flag as never))).to.deep.equal([]);
    const short = flagSettings.filter(({ letter }) => letter !== undefined && letter !== 'h');
    expect(flagsInTable).to.include.members(short.map(({ name }) => name));
  });

  for (const { name, letter, default: text } of flagSettings.filter((one) =>
    flagsInTable.includes(one.name),
  )) {
    it(`has ${name} in its table of flags as it is`, () => {
      const row = rowOf(name);
      if (letter !== undefined) {
        expect(row).to.contain(`| \`-${letter}\` |`);
      }
      if (text !== '' && text !== 'false' && name !== 'state_store') {
        expect(row).to.contain(`| \`${text}\` |`);
      }
    });
  }
});
