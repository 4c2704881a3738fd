/** Sees that what fails in specs of etcd fails as it says, and that nothing of it is left behind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { expect } from 'chai';
import { untilSo } from './asked-again.js';
import { Authority } from './certificates.js';
import { CuttableProxy } from './cuttable-proxy.js';
import { type EtcdCredentials, EtcdAdministration } from './etcd-administration.js';
import { EtcdCluster, type EtcdClusterOptions } from './etcd-cluster.js';
import { ProcessLines } from './process-lines.js';
import { steadyPort } from './steady-port.js';

const ETCD_TIMEOUT_MS = 60_000;
const KIB = 1024;

/** The processes that live whose command lines name it. */
function processesOf(folder: string): readonly string[] {
  return readdirSync('/proc').filter(
    (pid) => /^\d+$/.test(pid) && commandLineOf(pid).includes(folder),
  );
}

/** Empty when it is gone. */
function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** The ids of this process's own. */
function children(): string {
  return readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8');
}

async function failureOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'none',
    (error: unknown) => String(error),
  );
}

describe('EtcdCluster', function () {
  this.timeout(ETCD_TIMEOUT_MS);
  let cluster: EtcdCluster;

  async function start(options: EtcdClusterOptions): Promise<EtcdAdministration> {
    cluster = await EtcdCluster.start(options);
    return cluster.administration;
  }

  async function put(credentials?: EtcdCredentials, key = 'key', value = 'value'): Promise<void> {
    const client = cluster.administration.connect(credentials);
    try {
      await client.put(key).value(value);
    } finally {
      client.close();
    }
  }

  async function get(administration = cluster.administration): Promise<string | null> {
    const client = administration.connect();
    try {
      return await client.get('key').string();
    } finally {
      client.close();
    }
  }

  afterEach(async () => {
    await cluster?.stop();
  });

  it('has what it was told when its member was killed and started again, in the same place', async () => {
    await start({ members: 1 });
    const { endpoints } = cluster;
    await put();
    await cluster.member(0).kill();
    expect(cluster.member(0).pid).to.equal(undefined);
    await cluster.member(0).restart();
    expect(await get()).to.equal('value');
    expect(cluster.endpoints).to.deep.equal(endpoints);
  });

  it('leaves neither a process nor its folder when it stops, also with a member paused', async () => {
    await start({ members: 1 });
    expect(processesOf(cluster.folder)).to.have.length(1);
    await cluster.member(0).pause();
    await cluster.stop();
    expect(processesOf(cluster.folder)).to.deep.equal([]);
    expect(existsSync(cluster.folder)).to.equal(false);
  });

  it('has another member lead when the one that does is killed, and takes it back', async () => {
    const administration = await start({ members: 3, heartbeatMs: 50, electionMs: 500 });
    await put();
    const first = await administration.leaderIndex();
    await cluster.member(first).kill();
    await cluster.untilHealthy();
    expect(await administration.leaderIndex()).to.not.equal(first);
    await cluster.member(first).restart();
    const alone = new EtcdAdministration([cluster.member(first).endpoint], {});
    expect(await get(alone)).to.equal('value');
  });

  it('answers nothing through a member that is paused, and what it was asked once it goes on', async () => {
    await start({ members: 1 });
    await cluster.member(0).pause();
    const asked = put().then(() => 'answered');
    const paused = fetch(`${cluster.endpoints[0]}/version`, { signal: AbortSignal.timeout(500) });
    expect(await failureOf(paused)).to.match(/TimeoutError/);
    cluster.member(0).resume();
    expect(await asked).to.equal('answered');
  });

  it('is reached through a proxy that swallows for a while', async () => {
    await start({ members: 1 });
    const proxy = await CuttableProxy.start(cluster.member(0).address);
    proxy.blackhole();
    const asked = get(new EtcdAdministration([`http://${proxy.address}`], {}));
    proxy.restore();
    expect(await asked).to.equal(null);
    await proxy.stop();
  });

  it('chooses other ports when one is taken before it comes to listen', async () => {
    const taken = createServer().listen({ host: '127.0.0.1', port: await steadyPort() });
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const offered = [port];
    await start({ members: 1, freePort: async () => offered.pop() ?? steadyPort() });
    taken.close();
    await put();
    expect(await get()).to.equal('value');
  });

  it('says with the end of the log why it does not start, and leaves nothing', async () => {
    const before = children();
    const failure = await failureOf(
      EtcdCluster.start({ members: 1, heartbeatMs: 100, electionMs: 200 }),
    );
    expect(failure).to.match(/ on 127\.0\.0\.1:\d+ ended early:\n(.*\n)*.*at least as 5 times/);
    expect(children()).to.equal(before);
  });

  it('says what to install when there is no etcd', async () => {
    const path = process.env.PATH;
    process.env.PATH = '';
    try {
      expect(await failureOf(EtcdCluster.start({ members: 1 }))).to.equal(
        'Error: etcd is not installed: apt-get install etcd-server',
      );
    } finally {
      process.env.PATH = path;
    }
  });

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`outlives no process that started it and is ended by ${signal}`, async () => {
      const holder = spawn(process.execPath, ['--import', 'tsx', 'spec/support/etcd-holder.ts']);
      const lines = new ProcessLines(holder, [holder.stdout, holder.stderr]);
      const [, folder = ''] = await lines.until(/^folder (.+)$/);
      expect(processesOf(folder)).to.have.length(1);
      const exit = once(holder, 'exit');
      holder.kill(signal);
      expect(await exit).to.deep.equal([null, signal]);
      await untilSo(() => processesOf(folder).length === 0);
      // Nobody is left who could remove what was of one that was killed.
      expect(existsSync(folder)).to.equal(signal === 'SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    });
  }

  describe('administered', () => {
    it('lets users do what they may, below their prefix, and nobody else anything', async () => {
      const administration = await start({ members: 1, auth: { rootPassword: 'secret' } });
      const user = { name: 'ldlm', password: 'other' };
      await administration.addUser({ ...user, prefix: 'ldlm/' });
      await put({ user }, 'ldlm/key');
      expect(await failureOf(put({ user }, 'ldlm0'))).to.match(/permission denied/);
      expect(await failureOf(put({}, 'ldlm/key'))).to.match(/user name is empty/);
      await put();
      await administration.deleteUser('ldlm');
      expect(await failureOf(put({ user }, 'ldlm/key'))).to.match(/authentication failed/);
    });

    it('takes no more when its space is used up, until it is compacted, defragmented and disarmed', async () => {
      const administration = await start({ members: 1, quotaBytes: 256 * KIB });
      const fill = async () => {
        for (;;) {
          await put(undefined, 'key', 'x'.repeat(32 * KIB));
        }
      };
      expect(await failureOf(fill())).to.match(/database space exceeded/);
      expect(await administration.alarms()).to.deep.equal(['Nospace']);
      await cluster.member(0).restart();
      await administration.compact();
      await administration.defragment();
      await administration.disarm();
      expect(await administration.alarms()).to.deep.equal([]);
      await put();
      expect(Number((await administration.status()).dbSize)).to.be.lessThan(256 * KIB);
    });
  });

  describe('with TLS', () => {
    it('serves those who know its authority, and with auth', async () => {
      const authority = await Authority.create();
      await start({ members: 1, tls: { authority }, auth: { rootPassword: 'secret' } });
      await put();
      expect(await get()).to.equal('value');
      expect(cluster.endpoints[0]).to.match(/^https:/);
    });

    it('serves nobody without a certificate when it asks for one', async () => {
      const authority = await Authority.create();
      await start({ members: 1, tls: { authority, asksClients: true } });
      await put();
      expect(await failureOf(put({ authorityCert: authority.cert }))).to.not.equal('none');
    });
  });
});
