/** A client that knows several servers rides through the end of the one that leads. */
import { once } from 'node:events';
import { expect } from 'chai';
import { LdlmClient, type Lock } from '../../client/ldlm-client.js';
import { untilSo } from '../support/asked-again.js';
import { CandidateProcess } from '../support/candidate-process.js';
import { holdersTold } from '../support/holders-told.js';
import { EtcdCluster } from '../support/etcd-cluster.js';

const ARGS = ['--leader_ttl', '2s'];

describe('LdlmClient with the addresses of several servers', function () {
  this.timeout(120_000);
  let cluster: EtcdCluster;
  let leader: CandidateProcess;
  let standby: CandidateProcess;
  const clients: LdlmClient[] = [];
  let prefixCount = 0;

  function connect(): LdlmClient {
    const addresses = [standby.address, leader.address];
    const client = new LdlmClient({ addresses });
    clients.push(client);
    return client;
  }

  /** The leases on that name, as whoever leads knows them. */
  function holdersAt({ process }: CandidateProcess, name: string) {
    return holdersTold(process.socketFile, { name });
  }

  async function untilAwaited(by: CandidateProcess, name: string, count: number): Promise<void> {
    let waiterCount = 0;
    while (waiterCount < count) {
      waiterCount = (await holdersAt(by, name))[0]?.waiterCount ?? 0;
    }
  }

  before(async () => {
    cluster = await EtcdCluster.start({ members: 1 });
  });

  after(() => cluster.stop());

  beforeEach(async () => {
    prefixCount += 1;
    const start = { cluster, prefix: `/servers-${prefixCount}`, args: ARGS, from: 'dist' } as const;
    leader = await CandidateProcess.launch(start);
    await untilSo(() => leader.takesConnections());
    standby = await CandidateProcess.launch(start);
    await standby.process.untilLine(/"msg":"Standing by/);
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await Promise.all([leader.stop(), standby.stop()]);
  });

  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    it(`keeps what it holds, and its place in line, when the leader ends by ${signal}`, async () => {
      const holder = connect();
      const losses: unknown[] = [];
      holder.on('sessionLost', (loss) => losses.push(loss));
      const held = await holder.lock('task');
      held.signal.addEventListener('abort', () => losses.push(held.signal.reason));
      const [before] = await holdersAt(leader, 'task');

      const waiting = connect();
      const order: number[] = [];
      const waits = [1, 2, 3].map(async (place) => {
        const lock = await waiting.lock('task');
        order.push(place);
        return lock;
      });
      await untilAwaited(leader, 'task', waits.length);

      const resumed = [holder, waiting].map((client) => once(client, 'connected'));
      await leader.process.end(signal);
      const connections = await Promise.all(resumed);
      expect(connections.flat()).to.deep.equal(
        resumed.map(() => ({ address: standby.address, isResumed: true })),
      );

      expect(held.isHeld).to.equal(true);
      await untilAwaited(standby, 'task', waits.length);
      const [after] = await holdersAt(standby, 'task');
      expect(after).to.include({ key: before?.key, fencingToken: held.fencingToken });

      await held.release();
      const locks: Lock[] = [];
      for (const wait of waits) {
        const lock = await wait;
        locks.push(lock);
        await lock.release();
      }
      expect(order).to.deep.equal([1, 2, 3]);
      const tokens = [held, ...locks].map(({ fencingToken }) => fencingToken);
      expect(tokens).to.deep.equal([...tokens].sort((one, other) => one - other));
      expect(new Set(tokens).size).to.equal(tokens.length);
      expect(losses).to.deep.equal([]);
    });
  }

  it('takes up single calls at the next leader, when told to speak by them alone', async () => {
    const addresses = [leader.address, standby.address];
    const client = new LdlmClient({ addresses, unary: true });
    clients.push(client);
    const first = await client.lock('task', { leaseMs: 60_000 });
    const lost = once(first.signal, 'abort');
    const waits = client.lock('other');
    await (await waits).release();
    await leader.process.end('SIGKILL');
    await lost;
    const second = await client.lock('other');
    expect(second.fencingToken).to.be.greaterThan(first.fencingToken);
  });
});
