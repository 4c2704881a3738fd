/** Shows the program on etcd as its operator sees it: by its lines and its exit. */
import { writeFileSync } from 'node:fs';
import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { untilSo } from '../support/asked-again.js';
import { Authority } from '../support/certificates.js';
import { EtcdCluster } from '../support/etcd-cluster.js';
import { GrpcWorldClient } from '../support/grpc-world.js';
import { askHttp } from '../support/http-question.js';
import { runProgram, ServerProcess, SpecFolder } from '../support/server-process.js';

const KIB = 1024;
const TROUBLE = 'Standing by, and trying again each second: etcd at ';

/** What one line of the log says. */
interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly reason?: string;
}

describe('ldlm-server on etcd', function () {
  this.timeout(40_000);
  let folders: SpecFolder[];
  let servers: ServerProcess[];

  beforeEach(() => {
    folders = [];
    servers = [];
  });

  afterEach(async () => {
    await Promise.all(servers.map((server) => server.end('SIGKILL')));
    for (const folder of folders) {
      folder.remove();
    }
  });

  function newFolder(): SpecFolder {
    const folder = new SpecFolder();
    folders.push(folder);
    return folder;
  }

  function launch(cluster: EtcdCluster, args: readonly string[] = []): ServerProcess {
    const server = ServerProcess.launch(newFolder(), [...onEtcd(cluster), ...args], {}, 'dist');
    servers.push(server);
    return server;
  }

  const onEtcd = ({ endpoints }: { readonly endpoints: readonly string[] }) => [
    '--state_store',
    'etcd',
    '--etcd_endpoints',
    endpoints.join(),
    '--leader_ttl',
    '2s',
  ];

  async function refusalOf(args: readonly string[]): Promise<string> {
    const listening = ['-l', '127.0.0.1:0', '--ipc_socket_file', newFolder().file('ipc.sock')];
    const { code, stdout, stderr } = await runProgram(
      'ldlm-server',
      [...listening, ...args],
      {},
      'dist',
    );
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' });
    // One line, and no more.
    expect(stderr).to.match(/^[^\n]+\n$/);
    return stderr.trimEnd();
  }

  /** What the console's page is told of all leases. */
  async function leasesShown({ adminAddress }: ServerProcess): Promise<{
    readonly status: number;
    readonly leader?: object;
  }> {
    const { status, body } = await askHttp(adminAddress, {
      method: 'POST',
      path: '/console/api/leases',
      headers: { 'x-ldlm-console': '1' },
      body: '{}',
    });
    return { ...JSON.parse(body), status };
  }

  const linesOf = (server: ServerProcess): readonly LogLine[] =>
    server.lines.map((line) => JSON.parse(line));
  const leadCount = (server: ServerProcess): number =>
    linesOf(server).filter(({ msg }) => msg === 'Leading').length;

  describe('refuses to start', () => {
    const NOWHERE = { endpoints: ['https://localhost:1'] };

    for (const [what, args, line] of [
      [
        'that is not told where etcd is',
        ['--state_store', 'etcd'],
        '--state_store etcd needs to know where etcd is; give --etcd_endpoints, too',
      ],
      [
        'that is told of a user of etcd, and not to use etcd',
        ['--etcd_user', 'ldlm'],
        '--etcd_user is of use with --state_store etcd only; give that, too, or leave it out',
      ],
      [
        'that is to reach one member by TLS and another in plain text',
        onEtcd({ endpoints: ['http://a:1', 'https://b:1'] }),
        '--etcd_endpoints must be all https:// or all http://, not some of each',
      ],
    ] as const) {
      it(what, async () => {
        expect(await refusalOf(args)).to.equal(`ldlm-server: ${line}`);
      });
    }

    it('whose password file is not there', async () => {
      const file = newFolder().file('none');
      expect(
        await refusalOf([...onEtcd(NOWHERE), '--etcd_user', 'ldlm', '--etcd_password_file', file]),
      ).to.equal(`ldlm-server: password file ${file} cannot be read: no such file or directory`);
    });

    it('whose authority for etcd is none', async () => {
      const file = newFolder().file('ca.pem');
      writeFileSync(file, 'nothing of the kind');
      expect(await refusalOf([...onEtcd(NOWHERE), '--etcd_tls_ca', file])).to.equal(
        'ldlm-server: --etcd_tls_ca holds no certificate in PEM. Name a file that does',
      );
    });

    it('whose key for etcd belongs to another certificate', async () => {
      const folder = newFolder();
      const authority = await Authority.create();
      writeFileSync(folder.file('cert'), (await authority.issue()).cert);
      writeFileSync(folder.file('key'), (await authority.issue()).key);
      const args = ['--etcd_tls_cert', folder.file('cert'), '--etcd_tls_key', folder.file('key')];
      expect(await refusalOf([...onEtcd(NOWHERE), ...args])).to.match(
        /^ldlm-server: --etcd_tls_cert and --etcd_tls_key cannot be used: .*key values mismatch\. Name a certificate in PEM, and its key$/,
      );
    });

    describe('where etcd', () => {
      let cluster: EtcdCluster;

      before(async function () {
        this.timeout(60_000);
        cluster = await EtcdCluster.start({ members: 1, auth: { rootPassword: 'secret' } });
        await cluster.administration.addUser({ name: 'ldlm', password: 'x', prefix: '/other/' });
      });

      after(() => cluster?.stop());

      for (const [what, args, words] of [
        ['wants a user', [], 'it wants a user: give --etcd_user and --etcd_password_file'],
        [
          'does not take the password',
          ['--etcd_user', 'ldlm', '--etcd_password', 'wrong'],
          'it does not take this user and password: mend --etcd_user and --etcd_password_file',
        ],
        [
          'gives the user no rights',
          ['--etcd_user', 'ldlm', '--etcd_password', 'x'],
          'its user may not read and write under --etcd_prefix: grant its role readwrite there',
        ],
      ] as const) {
        it(what, async () => {
          const line: LogLine = JSON.parse(await refusalOf([...onEtcd(cluster), ...args]));
          expect(line.level).to.equal('ERROR');
          expect(line.msg).to.equal('The server stops: it can neither lead nor stand by');
          expect(line.reason).to.include(
            `etcd at ${cluster.endpoints.join()} does not say who leads: ${words}`,
          );
        });
      }
    });
  });

  describe('waits', () => {
    let cluster: EtcdCluster;

    before(async function () {
      this.timeout(60_000);
      cluster = await EtcdCluster.start({ members: 1, quotaBytes: 512 * KIB });
    });

    after(() => cluster?.stop());

    it('for an etcd that is away, warns of it once, and leads when it comes', async () => {
      await cluster.member(0).kill();
      const server = launch(cluster);
      const [line] = await server.untilLine(/.*trying again each second.*/);
      const { level, msg }: LogLine = JSON.parse(line);
      expect(level).to.equal('WARN');
      expect(msg).to.equal(
        `${TROUBLE}${cluster.endpoints.join()} does not say who leads: connect ECONNREFUSED ` +
          `${cluster.member(0).address}. See that it runs and can be reached as ` +
          '--etcd_endpoints says, https:// for TLS.',
      );
      await cluster.member(0).restart();
      await server.untilListening();
      const warnings = linesOf(server).filter(({ msg }) => msg.startsWith(TROUBLE));
      expect(warnings).to.have.length(1);
    });

    it('with a console that says who leads, and shows the locks once it leads itself', async () => {
      const admin = ['--admin_listen_address', '127.0.0.1:0'];
      const leader = launch(cluster, admin);
      await leader.untilListening();
      const standby = launch(cluster, admin);
      await standby.untilLine(/Standing by: the server at \S+ leads/);
      const client = new GrpcWorldClient(leader.address);
      expect(await client.call('Lock', { name: 'handed over' })).to.include({ locked: true });
      expect(await leasesShown(leader)).to.deep.include({ status: 200, total: 1 });
      const shown = await leasesShown(standby);
      expect(shown).to.deep.include({ status: 503, code: 'standby' });
      expect(shown.leader).to.have.property('id').that.is.a('string');
      await leader.end('SIGTERM');
      await standby.untilListening();
      await untilSo(async () => (await leasesShown(standby)).status === 200);
      expect(await leasesShown(standby)).to.deep.include({ total: 1 });
      client.close();
      await standby.end('SIGTERM');
    });

    it('for an etcd that has no space left, and leads again when there is room, with all that was held', async () => {
      const leader = launch(cluster);
      await leader.untilListening();
      const standby = launch(cluster);
      await standby.untilLine(/Standing by: the server at \S+ leads/);
      const client = new GrpcWorldClient(leader.address);
      expect(await client.call('Lock', { name: 'a' })).to.include({ locked: true });
      const { administration } = cluster;
      const etcd = administration.connect();
      const full = await fill((value) => etcd.put('filling').value(value).exec());
      expect(full).to.match(/database space exceeded/);
      etcd.close();

      expect(await client.call('Lock', { name: 'b' })).to.include({ status: status.UNAVAILABLE });
      client.close();
      for (const server of [leader, standby]) {
        await server.untilLine(/trying again each second: .* its quota is used up: compact and /);
      }
      expect(
        linesOf(leader)
          .map(({ msg }) => msg)
          .join('\n'),
      ).to.match(/Stepping down: .* its quota is used up: compact and /);

      await administration.compact();
      await administration.defragment();
      await administration.disarm();
      await untilSo(() => leadCount(leader) + leadCount(standby) === 2);
      const next = leadCount(standby) === 1 ? standby : leader;
      const address = lastAddressOf(next);
      const again = new GrpcWorldClient(address);
      expect(await again.call('TryLock', { name: 'a' })).not.to.have.property('locked');
      again.close();
    });
  });
});

/** @returns what ends it. */
async function fill(put: (value: string) => Promise<unknown>): Promise<string> {
  const value = 'x'.repeat(32 * KIB);
  for (;;) {
    try {
      await put(value);
    } catch (error) {
      return String(error);
    }
  }
}

/** Where it came to listen last; it says so before that it leads. */
function lastAddressOf(server: ServerProcess): string {
  const addresses = server.lines.flatMap(
    (line) => /gRPC server started\. Listening on ([^"]+)"/.exec(line)?.[1] ?? [],
  );
  return addresses.at(-1) ?? expect.fail('it does not listen');
}
