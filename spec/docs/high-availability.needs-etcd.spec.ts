/** What docs/HIGH-AVAILABILITY.md tells an operator to run is run, on real etcd, and does what it says. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { readSettings } from '../../bootstrap/settings.js';
import { LdlmClient } from '../../client/ldlm-client.js';
import { headerMembers } from '../../domain/journal-record.js';
import { untilSo } from '../support/asked-again.js';
import { EtcdCluster } from '../support/etcd-cluster.js';
import { EtcdMember } from '../support/etcd-member.js';
import { GrpcWorldClient } from '../support/grpc-world.js';
import { ServerProcess, SpecFolder } from '../support/server-process.js';
import { steadyPort } from '../support/steady-port.js';
import { consoleSteps, pageBlocks } from './console-steps.js';
import { ShellSession } from './shell-session.js';

const PAGE = readFileSync('docs/HIGH-AVAILABILITY.md', 'utf8');
const NAMED_ETCD = 'etcd-1:2379,etcd-2:2379,etcd-3:2379';

/** The part of the page under that heading. */
function section(heading: string, page = PAGE): string {
  const found = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  expect(found, heading).to.be.a('string');
  return found ?? '';
}

/** The blocks of one language in the part under that heading. */
function blocks(language: string, heading: string): readonly string[] {
  return pageBlocks(section(heading))
    .filter((block) => block.language === language)
    .map(({ text }) => text);
}

/** The lines of a block that is all commands. */
function commands(text: string | undefined): readonly string[] {
  return (text ?? '').trim().split('\n');
}

/** The words behind `ldlm-server`, or behind `npm start --`. */
function serverArgs(command: string): readonly string[] {
  return command.replace(/^(?:ldlm-server|npm start --) /, '').split(' ');
}

/** What differs from one run to the next is left out. */
function comparable(listing: string): string {
  return listing
    .replace(/"(id|host|key|sessionId|grpcAddress|pid)":"[^"]*"/g, '"$1":""')
    .replace(/"(pid|fencingToken|at)":\d+/g, '"$1":0');
}

async function hasEtcdctl(shell: ShellSession): Promise<void> {
  expect(
    await shell.run('etcdctl version'),
    'install it (Debian: apt-get install etcd-client)',
  ).to.contain('etcdctl version: ');
}

async function readiness(server: ServerProcess): Promise<number> {
  const response = await fetch(`http://${server.adminAddress}/readyz`);
  await response.text();
  return response.status;
}

describe('docs/HIGH-AVAILABILITY.md', function () {
  this.timeout(120_000);
  const folder = new SpecFolder();
  const [startCommand = ''] = commands(blocks('sh', 'Start it')[0]);
  const [listingStep] = consoleSteps(blocks('console', 'How it works')[0] ?? '');
  const ended: (() => Promise<unknown> | undefined)[] = [];
  let cluster: EtcdCluster;
  let shell: ShellSession;
  let server: ServerProcess;
  /** What etcd kept while a client held a lock. */
  let listing: string;

  async function newShell({ endpoints }: { endpoints: readonly string[] }): Promise<ShellSession> {
    const opened = new ShellSession(folder.path);
    ended.push(() => opened.end());
    await opened.run(`export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=${endpoints.join()}`);
    return opened;
  }

  /** Started as printed, on ports of its own and with this etcd. */
  async function startServer(
    args: readonly string[],
    endpoints: readonly string[],
  ): Promise<ServerProcess> {
    const own = args.map((arg) =>
      arg === NAMED_ETCD || arg === 'localhost:2379'
        ? endpoints.join()
        : arg.replace(/^(?:localhost)?:31\d\d$/, '127.0.0.1:0'),
    );
    // No socket, since several servers run here at once; and an address that stays over terms.
    const fixed = ['--ipc_socket_file', '', '-l', `127.0.0.1:${await steadyPort()}`];
    const started = await ServerProcess.start(folder, [...own, ...fixed]);
    ended.push(() => started.end('SIGKILL'));
    await started.logged('Leading');
    return started;
  }

  before(async () => {
    const [compaction = ''] = blocks('text', 'Start it');
    cluster = await EtcdCluster.start({ members: 1, args: compaction.trim().split(' ') });
    ended.push(() => cluster.stop());
    shell = await newShell(cluster);
    await hasEtcdctl(shell);
    server = await startServer(serverArgs(startCommand), cluster.endpoints);
    const client = new LdlmClient({ addresses: [server.address], name: 'worker-7' });
    await client.lock('invoice/42', { leaseMs: 30_000 });
    listing = await shell.run(listingStep?.command ?? '');
    await client.close();
  });

  after(async () => {
    for (const end of ended.toReversed()) {
      await end();
    }
    folder.remove();
  });

  it('has a command that starts a server which comes to lead', async () => {
    expect(await readiness(server)).to.equal(200);
  });

  it('has a file that says what the command does', () => {
    const [file = ''] = blocks('yaml', 'Start it');
    const byFile = readSettings({
      argv: ['-c', 'ldlm.yaml'],
      environment: {},
      readFile: () => file,
    });
    const byFlags = readSettings({
      argv: [...serverArgs(startCommand)],
      environment: {},
      readFile: () => '',
    });
    expect(byFile).to.have.property('kind', 'settings');
    expect(byFile).to.deep.equal(byFlags);
  });

  describe('shows what etcd keeps', () => {
    it('as it is while a client holds a lock', () => {
      expect(comparable(listing)).to.equal(comparable(listingStep?.shown ?? ''));
    });

    for (const [what, original, altered] of [
      ['another key', '/batches/0000000000000002', '/batches/2'],
      ['another name of a member', '"requestId":', '"request":'],
      ['a lease that is not there', '"invoice/42"', '"invoice/43"'],
      ['a key without its value', '/ldlm/leader\n', ''],
    ] as const) {
      it(`and would be caught showing ${what}`, () => {
        const shown = (listingStep?.shown ?? '').replace(original, altered);
        expect(shown).not.to.equal(listingStep?.shown);
        expect(comparable(listing)).not.to.equal(comparable(shown));
      });
    }

    it('and a head as compactions write it', () => {
      const header = { batches: 23, fencingToken: 1795659508839004, leases: 25000, sessions: 12 };
      expect(section('How it works')).to.contain(`{${headerMembers(header)}}`);
    });
  });

  it('has the quota’s alarm end all writing, and taken back by its commands', async () => {
    const client = new GrpcWorldClient(server.address);
    await cluster.administration.refuseWrites();
    await client.call('TryLock', { name: 'printer' }).catch(() => undefined);
    client.close();
    await server.untilLine(/Stepping down: .* did not keep .*: its quota is used up/);
    await server.untilLine(/trying again each second: .* not let .* lead: its quota is used up/);
    expect(await readiness(server)).to.equal(503);
    const printed: string[] = [];
    for (const command of commands(blocks('sh', 'When the quota is used up')[0])) {
      printed.push(await shell.run(command));
    }
    expect(printed[1]).to.match(/^compacted revision \d+$/);
    expect(printed[2]).to.match(/^Finished defragmenting etcd member/);
    expect(printed[3]).to.match(/alarm:NOSPACE/);
    expect(await cluster.administration.alarms()).to.deep.equal([]);
    await untilSo(async () => (await readiness(server)) === 200);
  });

  it('has commands for users, whose right ends at the prefix, and whose password no log shows', async () => {
    const own = await EtcdCluster.start({ members: 1, args: ['--bcrypt-cost', '4'] });
    ended.push(() => own.stop());
    const there = await newShell(own);
    for (const command of blocks('sh', 'Users and rights').flatMap(commands)) {
      expect(await there.run(command)).not.to.contain('Error');
    }
    writeFileSync(folder.file('FILE'), 'a-password\n');
    const given = /`(--etcd_user ldlm --etcd_password_file FILE)`/.exec(PAGE)?.[1] ?? '';
    const args = given.replace('FILE', folder.file('FILE')).split(' ');
    const endpoints = ['--state_store', 'etcd', '--etcd_endpoints', NAMED_ETCD];
    const led = await startServer([...endpoints, ...args], own.endpoints);
    expect(await there.run('etcdctl --user ldlm:a-password put /other x')).to.contain(
      'permission denied',
    );
    expect(await there.run('etcdctl get /ldlm/leader')).to.contain('user name is empty');
    expect((await led.end()).code).to.equal(0);
    expect(led.lines.join('\n')).not.to.contain('a-password');
  });

  it('has a snapshot taken, restored, and served by a new leader with what was held', async () => {
    const client = new GrpcWorldClient(server.address);
    const held = await client.call('Lock', { name: 'invoice/43' });
    expect(held).to.include({ locked: true });
    for (const command of commands(blocks('sh', 'Back up and restore')[0])) {
      expect(await shell.run(command)).not.to.contain('Error');
    }
    client.close();
    const restored = await startRestored(blocks('sh', 'Back up and restore')[1] ?? '');
    const next = await startServer(serverArgs(startCommand), [restored.endpoint]);
    const again = new GrpcWorldClient(next.address);
    const refused = await again.call('TryLock', { name: 'invoice/43' });
    expect(refused).not.to.have.property('locked');
    const unlocked = await again.call('Unlock', { name: 'invoice/43', key: held.key });
    expect(unlocked).to.include({ unlocked: true });
    const granted = await again.call('TryLock', { name: 'invoice/43' });
    expect(granted.fencing_token).to.be.greaterThan(held.fencing_token ?? Infinity);
    again.close();
  });

  /** The command for the first of three members, for one member alone on this machine. */
  async function startRestored(command: string): Promise<EtcdMember> {
    const ports = {
      client: await steadyPort(),
      peer: await steadyPort(),
      health: await steadyPort(),
    };
    const peer = `http://127.0.0.1:${ports.peer}`;
    const own = command
      .trim()
      .replace(/(?<=--initial-cluster )\S+/, `etcd-1=${peer}`)
      .replace(/(?<=--initial-advertise-peer-urls )\S+/, peer);
    expect(await shell.run(own)).not.to.contain('Error');
    const clients = `http://127.0.0.1:${ports.client}`;
    const args = Object.entries({
      '--name': 'etcd-1',
      '--data-dir': folder.file('etcd-restored'),
      '--listen-client-urls': clients,
      '--advertise-client-urls': clients,
      '--listen-peer-urls': peer,
      '--listen-metrics-urls': `http://127.0.0.1:${ports.health}`,
      '--logger': 'zap',
      '--log-outputs': 'stderr',
    }).flat();
    const logFile = folder.file('etcd-restored.log');
    const member = new EtcdMember({ ports, scheme: 'http', args, logFile });
    ended.push(() => member.kill());
    member.launch();
    await member.untilHealthy();
    return member;
  }

  it('names metrics that etcd has', async () => {
    const metrics = await (await fetch(`${cluster.endpoints[0]}/metrics`)).text();
    const named = [...section('Watch it').matchAll(/`(etcd_\w+)`/g)].map(([, name = '']) => name);
    expect(named).to.have.length(5);
    expect(named.filter((name) => !metrics.includes(`\n# TYPE ${name} `))).to.deep.equal([]);
  });

  it('quotes lines of the log that the sources have', () => {
    const sources = readdirSync('adapters/outbound/etcd')
      .map((file) => `adapters/outbound/etcd/${file}`)
      .concat('bootstrap/candidate.ts', 'bootstrap/ldlm-server.ts')
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n');
    const lines = section('What the log says')
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .flatMap((line) => [...(line.split(' | ')[0] ?? '').matchAll(/`([^`]+)`/g)])
      .map(([, line = '']) => line);
    expect(lines).to.have.length(13);
    const parts = lines
      .flatMap((line) => line.split(/…|: |\.$/))
      .map((part) => part.trim())
      .filter((part) => part !== '');
    expect(parts.filter((part) => !sources.includes(part))).to.deep.equal([]);
  });

  it('has its command in README.md run, too', async () => {
    const readme = readFileSync('README.md', 'utf8');
    const command = /^npm start -- --state_store etcd .*$/m.exec(readme)?.[0] ?? '';
    await server.end();
    server = await startServer(serverArgs(command), cluster.endpoints);
    expect(await readiness(server)).to.equal(200);
  });

  it('has no block of code that this spec does not know', () => {
    // The one for HAProxy is a file of another program's.
    expect(pageBlocks(PAGE).map(({ language }) => language)).to.deep.equal([
      ...['text', 'sh', 'yaml', 'text', 'console', 'haproxy', 'sh', 'sh', 'sh', 'sh', 'sh'],
    ]);
    expect(PAGE.match(/^```/gm)).to.have.length(22);
  });
});
