/**
 * The Dockerfile, whose steps are carried out here, as no engine of containers is at hand; what they leave behind is then
 * run by its own command, asked by its own health check, and stopped by its own signal.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { readSettings } from '../../bootstrap/settings.js';
import { ProcessLines } from '../support/process-lines.js';
import { SpecFolder } from '../support/server-process.js';
import { steadyPort } from '../support/steady-port.js';
import { dockerfileSteps, variablesOf, wordsOf } from './dockerfile-steps.js';
import { ImageTree } from './image-tree.js';

const steps = dockerfileSteps(readFileSync('Dockerfile', 'utf8'));
const lastStage = steps.slice(steps.findLastIndex(({ instruction }) => instruction === 'FROM'));
const variables = variablesOf(lastStage);
/** What .dockerignore takes back of the everything that it names first. */
const [everything, ...context] = readFileSync('.dockerignore', 'utf8')
  .split('\n')
  .filter((line) => !/^(?:#|$)/.test(line));

function step(instruction: string): (typeof steps)[number] | undefined {
  return lastStage.findLast((one) => one.instruction === instruction);
}

describe('The Dockerfile', function () {
  this.timeout(300_000);
  const folder = new SpecFolder();
  const tree = new ImageTree({
    folder: folder.path,
    context: context.map((line) => line.replace(/^!/, '')),
  });
  let environment: Record<string, string>;
  let server: ChildProcess | undefined;

  before(async () => {
    for (const each of steps) {
      tree.carryOut(each);
    }
    environment = tree.environment({
      ...Object.fromEntries(
        Object.entries(variables).map(([name, value]) => [name, tree.here(value)]),
      ),
      // Its own, and on this machine's loopback alone.
      LDLM_LISTEN_ADDRESS: '127.0.0.1:0',
      LDLM_ADMIN_LISTEN_ADDRESS: `127.0.0.1:${await steadyPort()}`,
    });
  });

  after(async () => {
    if (server !== undefined && server.exitCode === null) {
      server.kill('SIGKILL');
      await once(server, 'close');
    }
    folder.remove();
  });

  /** What the health check ends with, of a container whose administration is there. */
  async function health(address: string | undefined): Promise<number | null> {
    const [program = '', ...args] = wordsOf(step('HEALTHCHECK'));
    const env = { ...environment, ...(address && { LDLM_ADMIN_LISTEN_ADDRESS: address }) };
    const child = execFile(program, args, { env });
    const [code] = (await once(child, 'close')) as [number | null];
    return code;
  }

  /** What the health check ends with, of a server that answers so on /readyz. */
  async function healthOf(status: number, answer: object): Promise<number | null> {
    const answering = createServer((request, response) => {
      response.writeHead(request.url === '/readyz' ? status : 404).end(JSON.stringify(answer));
    });
    await once(answering.listen(0, 'localhost'), 'listening');
    const code = await health(`:${(answering.address() as AddressInfo).port}`);
    answering.close();
    return code;
  }

  it('lets the engine see nothing but what it copies', () => {
    const copied = steps
      .filter(({ instruction, text }) => instruction === 'COPY' && !text.startsWith('--from'))
      .flatMap(({ text }) => text.split(/\s+/).slice(0, -1));
    expect(everything).to.equal('*');
    expect(context).to.have.members(copied.map((source) => `!${source}`));
  });

  it('stands on a Debian with a Node of long support that the package takes', () => {
    const bases = steps.filter(({ instruction }) => instruction === 'FROM').map(({ text }) => text);
    expect(bases.map((base) => base.replace(/ AS .*/, ''))).to.deep.equal([
      'node:22-bookworm-slim',
      'node:22-bookworm-slim',
    ]);
  });

  it('sets nothing but settings, and the server takes them', () => {
    const read = readSettings({ argv: [], environment: variables, readFile: () => '' });
    expect(read).to.deep.include({ kind: 'settings', warnings: [] });
  });

  it('opens the ports that it has the server listen on, and keeps the folder of the state file', () => {
    const ports = [variables.LDLM_LISTEN_ADDRESS, variables.LDLM_ADMIN_LISTEN_ADDRESS];
    expect(step('EXPOSE')?.text.split(' ')).to.deep.equal(ports.map((one) => one?.slice(1)));
    expect(variables.LDLM_STATE_FILE).to.equal(`${step('VOLUME')?.text}/state`);
  });

  it('runs as nobody who may do more than others', () => {
    expect(step('USER')?.text).to.match(/^[1-9]\d*:[1-9]\d*$/);
    const chown = lastStage.find(({ text }) => text.includes('chown'))?.text;
    expect(chown).to.include(`chown ${step('USER')?.text} /var/lib/ldlm /run/ldlm`);
  });

  it('has the package and what it needs to run in the image, and nothing of how it is made', () => {
    const place = join(tree.root, 'opt/ldlm');
    expect(readdirSync(place)).to.have.members([
      ...['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'node_modules', 'package.json'],
    ]);
    const { dependencies, devDependencies } = parse(readFileSync('package.json', 'utf8'));
    const modules = join(place, 'node_modules');
    const isThere = (name: string) => existsSync(join(modules, name));
    expect(Object.keys(dependencies).filter((name) => !isThere(name))).to.deep.equal([]);
    expect(['typescript', 'mocha', 'tsx', 'eslint'].filter((name) => name in devDependencies))
      .to.have.length(4)
      .and.satisfy((names: string[]) => !names.some(isThere));
    expect(lstatSync(join(tree.root, 'var/lib/ldlm')).mode & 0o777).to.equal(0o700);
  });

  it('has a command that serves, healthily, and ends in order by the signal that stops it', async () => {
    const [program = '', ...args] = wordsOf(step('CMD'));
    server = spawn(program, args, { env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
    const lines = new ProcessLines(server, [server.stderr]);
    await lines.until(/gRPC server started/);
    expect(await health(undefined)).to.equal(0);
    expect(existsSync(tree.here('/var/lib/ldlm/state'))).to.equal(true);
    const closed = once(server, 'close');
    server.kill(step('STOPSIGNAL')?.text as NodeJS.Signals);
    expect(await closed).to.deep.equal([0, null]);
    expect(await health(undefined)).to.equal(1);
  });

  for (const [what, status, answer, code] of [
    ['who serves', 200, { status: 'ready', role: 'leader' }, 0],
    ['who stands by', 503, { status: 'standby', role: 'standby', leader: null }, 0],
    ['nobody who starts yet', 503, { status: 'starting' }, 1],
    ['nobody who stops', 503, { status: 'stopping' }, 1],
    ['no other program', 404, ['elsewhere'], 1],
  ] as const) {
    it(`finds ${what} healthy`, async () => {
      expect(await healthOf(status, answer)).to.equal(code);
    });
  }

  for (const [program, text] of [
    ['ldlm-server', /^ldlm-server: /],
    ['ldlm-lock', /^Usage: ldlm-lock /m],
    ['ldlm-stress', /^Usage: ldlm-stress /m],
  ] as const) {
    it(`has ${program} by its name`, async () => {
      const child = execFile(program, ['--help'], { env: environment });
      const lines = new ProcessLines(child, [child.stdout]);
      await once(child, 'close');
      expect(lines.lines.join('\n')).to.match(text);
    });
  }
});
