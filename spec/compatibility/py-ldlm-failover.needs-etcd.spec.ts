/** The Python clients as released ride through the end of a leader, given the addresses of all servers as gRPC takes them. */
import { expect } from 'chai';
import { untilSo } from '../support/asked-again.js';
import { CandidateProcess } from '../support/candidate-process.js';
import { EtcdCluster } from '../support/etcd-cluster.js';
import { holdersTold } from '../support/holders-told.js';
import { PythonClient, type PythonClientOptions } from './python-client.js';
import { PythonEnvironment } from './python-environment.js';

const HOLDERS: readonly Pick<PythonClientOptions, 'release' | 'kind'>[] = [
  { release: '1.0.0', kind: 'Client' },
  { release: '1.0.0', kind: 'AsyncClient' },
  { release: '1.1.3', kind: 'Client' },
  { release: '1.1.3', kind: 'AsyncClient' },
];

describe('py-ldlm and several servers', function () {
  this.timeout(240_000);
  let environment: PythonEnvironment;
  let cluster: EtcdCluster;
  let leader: CandidateProcess;
  let standby: CandidateProcess;
  let started: PythonClient[] = [];
  let prefixCount = 0;

  async function start(
    terms: (typeof HOLDERS)[number],
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<PythonClient> {
    // A name of gRPC's for several addresses, of which it takes the first that lets it in.
    const address = `ipv4:${standby.address},${leader.address}`;
    const client = await PythonClient.start(environment, {
      ...terms,
      options: { address, ...more },
    });
    started.push(client);
    return client;
  }

  async function untilAwaited(name: string): Promise<void> {
    const { socketFile } = leader.process;
    await untilSo(async () => {
      const [holder] = await holdersTold(socketFile, { name });
      return (holder?.waiterCount ?? 0) > 0;
    });
  }

  before(async () => {
    environment = await PythonEnvironment.open();
    cluster = await EtcdCluster.start({ members: 1 });
  });

  after(() => cluster.stop());

  beforeEach(async () => {
    prefixCount += 1;
    const args = ['--leader_ttl', '2s'];
    const server = { cluster, prefix: `/python-${prefixCount}`, args, from: 'dist' } as const;
    leader = await CandidateProcess.launch(server);
    await untilSo(() => leader.takesConnections());
    standby = await CandidateProcess.launch(server);
    await standby.process.untilLine(/"msg":"Standing by/);
  });

  afterEach(async () => {
    await Promise.all(started.map((client) => client.end()));
    started = [];
    await Promise.all([leader.stop(), standby.stop()]);
  });

  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    it(`find their locks at the next leader, and wait on, after ${signal}`, async () => {
      const patience = { retry_delay_seconds: 0.1 };
      const holders = await Promise.all(
        HOLDERS.map(async (terms, task) => {
          const python = await start(terms, patience);
          return { python, lock: await python.call('lock', { name: `task-${task}` }) };
        }),
      );
      const patient = await start({ release: '1.1.3', kind: 'Client' }, patience);
      const waiting = patient.call('lock', { name: 'task-0' });
      await untilAwaited('task-0');

      await leader.process.end(signal);

      for (const { python, lock } of holders) {
        const { name, key } = lock;
        expect(await python.call('try_lock', { name })).to.include({ locked: false });
        expect(await python.call('unlock', { name, key })).to.have.all.keys('id');
      }
      expect(await waiting).to.include({ locked: true, name: 'task-0' });
    });
  }
});
