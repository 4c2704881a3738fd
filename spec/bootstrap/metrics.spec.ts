/** What a server that is watched shows of its work, over all its doors and over one term after another. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { PrometheusMetrics } from '../../adapters/outbound/metrics/prometheus-metrics.js';
import { type RunningServer, startServer } from '../../bootstrap/compose.js';
import type { Settings } from '../../bootstrap/settings.js';
import type { StateStore } from '../../ports/outbound/state-store.js';
import { ControlledStateStore } from '../support/controlled-state-store.js';
import { readExposition } from '../support/exposition.js';
import { GrpcWorldClient } from '../support/grpc-world.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { SpecFolder } from '../support/server-process.js';

const HERE = { host: '127.0.0.1', port: 0 };

describe('A server that is watched', () => {
  let folder: SpecFolder;
  let metrics: PrometheusMetrics;
  let servers: RunningServer[];
  let clients: GrpcWorldClient[];
  let sockets: Socket[];

  beforeEach(() => {
    folder = new SpecFolder();
    metrics = new PrometheusMetrics({ version: '1.0.0', isLeader: () => true });
    servers = [];
    clients = [];
    sockets = [];
  });

  afterEach(async () => {
    for (const client of clients) {
      client.close();
    }
    for (const socket of sockets) {
      socket.destroy();
    }
    await Promise.all(servers.map((server) => server.stop()));
    folder.remove();
  });

  async function start(
    settings: Partial<Settings> = {},
    store?: StateStore,
  ): Promise<RunningServer> {
    const server = await startServer({
      settings: { listenAddress: HERE, ...settings },
      parts: { logger: new RecordingLogger(), metrics, ...(store && { store }) },
    });
    servers.push(server);
    return server;
  }

  function client(server: RunningServer): GrpcWorldClient {
    const one = new GrpcWorldClient(server.grpcAddress);
    clients.push(one);
    return one;
  }

  async function shown(...series: readonly string[]): Promise<readonly (number | undefined)[]> {
    const { values } = readExposition(await metrics.text());
    return series.map((one) => values.get(one));
  }

  it('shows who is there, by each of its doors', async () => {
    const server = await start({
      restListenAddress: HERE,
      ipcSocketFile: folder.file('ipc.sock'),
    });
    await client(server).call('Lock', { name: 'a' });
    const opened = await fetch(`http://${server.restAddress}/session`, { method: 'POST' });
    const local = connect(folder.file('ipc.sock'));
    sockets.push(local);
    await once(local, 'connect');
    // The answer to a whole request by another connection shows that the one before was accepted.
    const second = connect(folder.file('ipc.sock'));
    sockets.push(second);
    second.end('no request\n');
    await once(second.resume(), 'close');
    expect(
      await shown(
        'ldlm_sessions{kind="connection"}',
        'ldlm_sessions{kind="rest"}',
        'ldlm_connections{port="grpc"}',
        'ldlm_connections{port="rest"}',
        'ldlm_connections{port="ipc"}',
        'ldlm_leases',
        'ldlm_locks',
      ),
    ).to.deep.equal([1, 1, 1, 1, 1, 1, 1]);
    await opened.text();
  });

  it('goes on counting over terms, and shows nothing held in between', async () => {
    const first = await start();
    await client(first).call('Lock', { name: 'a' });
    await first.stop();
    expect(await shown('ldlm_grants_total', 'ldlm_leases')).to.deep.equal([1, 0]);
    const second = await start();
    const again = client(second);
    await again.call('Lock', { name: 'a' });
    await again.call('TryLock', { name: 'a' });
    expect(
      await shown('ldlm_grants_total', 'ldlm_leases', 'ldlm_refusals_total{code="held"}'),
    ).to.deep.equal([2, 1, 1]);
  });

  it('shows how its state file does', async () => {
    const server = await start({ stateFile: folder.file('state') });
    await client(server).call('Lock', { name: 'a' });
    const [bytes, syncs, appends, pending] = await shown(
      'ldlm_journal_bytes',
      'ldlm_journal_sync_seconds_count',
      'ldlm_store_append_seconds_count',
      'ldlm_store_pending_facts',
    );
    expect(bytes).to.be.above(100);
    expect([syncs, appends, pending]).to.deep.equal([1, 1, 0]);
  });

  it('shows what a store of its program’s own owes, and that it failed', async () => {
    const store = new ControlledStateStore();
    const server = await start({}, store);
    const opened = server.locking.openSession({ kind: 'connection', peer: 'here' });
    const sessionId = opened.kind === 'opened' ? opened.sessionId : '';
    const request = { sessionId, name: 'a', size: 1, waitMs: 0, leaseMs: 60_000 };
    const { answer } = server.locking.acquire(request);
    expect(await shown('ldlm_store_pending_facts')).to.deep.equal([1]);
    store.fail();
    await answer.catch(() => undefined);
    await server.failure;
    expect(await shown('ldlm_store_pending_facts', 'ldlm_store_failures_total')).to.deep.equal([
      0, 1,
    ]);
  });

  it('measures no store that keeps nothing', async () => {
    const server = await start();
    await client(server).call('Lock', { name: 'a' });
    expect(await shown('ldlm_store_append_seconds_count')).to.deep.equal([0]);
  });

  it('is watched no more when it could not start', async () => {
    const running = await start();
    const [, port] = running.grpcAddress.split(':');
    await client(running).call('Lock', { name: 'a' });
    const taken = { listenAddress: { host: '127.0.0.1', port: Number(port) } };
    await start(taken).catch(() => undefined);
    expect(servers).to.have.length(1);
    expect(await shown('ldlm_leases')).to.deep.equal([0]);
  });
});
