import { EventEmitter, once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { expect } from 'chai';
import { type RunningServer, type ServerOptions, startServer } from '../../bootstrap/compose.js';
import type { Settings } from '../../bootstrap/settings.js';
import { StateStoreError } from '../../ports/outbound/state-store.js';
import { CompanionClient } from '../support/companion-client.js';
import { ControlledStateStore } from '../support/controlled-state-store.js';
import { FakeClock } from '../support/fake-clock.js';
import { FixedKeySource } from '../support/fixed-key-source.js';
import { GrpcWorldClient } from '../support/grpc-world.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { SpecFolder } from '../support/server-process.js';
import { steadyPort } from '../support/steady-port.js';

/** A store that keeps at once what it is given. */
class QuickStateStore extends ControlledStateStore {
  override append(...given: Parameters<ControlledStateStore['append']>): Promise<void> {
    const kept = super.append(...given);
    this.resolveAll();
    return kept;
  }
}

/** A store that keeps nothing before it is told to, and tells when it was first asked. */
class SlowStateStore extends ControlledStateStore {
  readonly #events = new EventEmitter();
  readonly asked = once(this.#events, 'asked');

  override append(...given: Parameters<ControlledStateStore['append']>): Promise<void> {
    const kept = super.append(...given);
    this.#events.emit('asked');
    return kept;
  }
}

function openSession({ locking }: RunningServer): string {
  const opened = locking.openSession({ kind: 'connection', peer: 'own program' });
  return opened.kind === 'opened' ? opened.sessionId : '';
}

describe('startServer', () => {
  let folder: SpecFolder;
  let clock: FakeClock;
  let logger: RecordingLogger;
  let store: ControlledStateStore;
  let servers: RunningServer[];
  let clients: GrpcWorldClient[];

  beforeEach(() => {
    folder = new SpecFolder();
    clock = new FakeClock();
    logger = new RecordingLogger();
    store = new QuickStateStore();
    servers = [];
    clients = [];
  });

  afterEach(async () => {
    for (const client of clients) {
      client.close();
    }
    store.resolveAll();
    await Promise.all(servers.map((server) => server.stop()));
    folder.remove();
  });

  function optionsWith(settings: Partial<Settings> = {}): ServerOptions {
    return {
      settings: { listenAddress: { host: '127.0.0.1', port: 0 }, ...settings },
      parts: { clock, logger, store, keys: new FixedKeySource() },
    };
  }

  async function start(settings: Partial<Settings> = {}): Promise<RunningServer> {
    const server = await startServer(optionsWith(settings));
    servers.push(server);
    return server;
  }

  function connect(server: RunningServer): GrpcWorldClient {
    const client = new GrpcWorldClient(server.grpcAddress);
    clients.push(client);
    return client;
  }

  describe('once it runs', () => {
    it('serves gRPC clients where it says', async () => {
      const client = connect(await start());
      expect(await client.call('Lock', { name: 'a' })).to.include({ locked: true });
    });

    it('serves its own program and gRPC clients the same locks', async () => {
      const server = await start();
      const sessionId = openSession(server);
      const request = { sessionId, name: 'a', size: 1, waitMs: 0, leaseMs: 60_000 };
      expect(await server.locking.acquire(request).answer).to.include({ kind: 'granted' });
      const outcome = await connect(server).call('TryLock', { name: 'a' });
      expect(outcome).not.to.have.property('locked');
      expect(await server.administration.revoke({ name: 'a' })).to.include({ kind: 'revoked' });
    });

    it('gives the keys of the given source', async () => {
      const client = connect(await start());
      const { key } = await client.call('Lock', { name: 'a' });
      // The first key is the session's.
      expect(key).to.equal('key-2');
    });

    it('reckons leases by the given clock', async () => {
      const client = connect(await start());
      await client.call('Lock', { name: 'a', lock_timeout_seconds: 30 });
      await clock.advance(29_999);
      expect(await client.call('TryLock', { name: 'a' })).not.to.have.property('locked');
      await clock.advance(1);
      expect(await client.call('TryLock', { name: 'a' })).to.include({ locked: true });
    });

    it('writes to the given logger', async () => {
      const server = await start();
      expect(logger.lines).to.deep.include({
        level: 'warn',
        message: `gRPC server started. Listening on ${server.grpcAddress}`,
        fields: {},
      });
    });

    it('answers when the given store has kept the facts', async () => {
      const slow = new SlowStateStore();
      store = slow;
      const client = connect(await start());
      const outcome = client.call('Lock', { name: 'a' });
      await slow.asked;
      expect(store.kept).to.deep.equal([]);
      store.resolveAll();
      expect(await outcome).to.include({ locked: true });
      expect(store.kept).to.have.length(1);
    });

    it('has what the given store kept, for as long as the settings say', async () => {
      const at = clock.now();
      const lease = { name: 'a', size: 1, key: 'k', leaseMs: 1, sessionId: 's', at };
      store = new QuickStateStore({
        leases: [{ ...lease, fencingToken: 7 }],
        sessions: [],
        fencingToken: 9_000_000_000_000_000,
      });
      const client = connect(await start({ defaultLockTimeoutMs: 5_000 }));
      expect(await client.call('TryLock', { name: 'a' })).not.to.have.property('locked');
      await clock.advance(5_000);
      expect(await client.call('TryLock', { name: 'a' })).to.include({
        locked: true,
        fencing_token: 9_000_000_000_000_001,
      });
    });

    it('has an administration socket where one is asked for, and none else', async () => {
      const socketFile = folder.file('socket');
      await start();
      const messages = logger.messages.filter((message) => message.startsWith('IPC'));
      expect(messages).to.deep.equal([]);
      await start({ ipcSocketFile: socketFile });
      expect(existsSync(socketFile)).to.equal(true);
    });

    it('keeps leases in the state file that is set, unless a store is given', async () => {
      const stateFile = folder.file('state');
      await start({ stateFile });
      expect(existsSync(stateFile)).to.equal(false);
      const { parts, ...rest } = optionsWith({ stateFile });
      const { store: _, ...others } = parts ?? {};
      servers.push(await startServer({ ...rest, parts: others }));
      expect(existsSync(stateFile)).to.equal(true);
    });
  });

  describe('when it stops', () => {
    it('answers waiters UNAVAILABLE', async () => {
      const server = await start();
      const client = connect(server);
      await client.call('Lock', { name: 'a' });
      const waiting = client.call('Lock', { name: 'a' });
      // The answer to a later call on the same connection shows that the waiting one has arrived.
      await client.call('TryLock', { name: 'a' });
      await server.stop();
      expect(await waiting).to.include({ status: 14 });
    });

    it('closes the store once, in which what is held stays', async () => {
      const server = await start();
      await connect(server).call('Lock', { name: 'a' });
      await Promise.all([server.stop(), server.stop()]);
      expect(store.calls).to.deep.equal(['open', 'append', 'close']);
      expect(store.kept.map(({ type }) => type)).to.deep.equal(['lease-granted']);
    });

    it('leaves no alarm, no socket file and no listener', async () => {
      const socketFile = folder.file('socket');
      const server = await start({ ipcSocketFile: socketFile });
      await connect(server).call('Lock', { name: 'a', lock_timeout_seconds: 30 });
      await server.stop();
      expect(clock.alarmCount).to.equal(0);
      expect(existsSync(socketFile)).to.equal(false);
      await expectFree(server.grpcAddress);
    });

    it('refuses its own program new work', async () => {
      const server = await start();
      const sessionId = openSession(server);
      await server.stop();
      const request = { sessionId, name: 'a', size: 1, waitMs: 0, leaseMs: 60_000 };
      const refusal = { kind: 'refused', code: 'server-stopping' };
      expect(await server.locking.acquire(request).answer).to.deep.equal(refusal);
    });
  });

  describe('what it says of its health', () => {
    let slow: SlowStateStore;
    let server: RunningServer;
    let health: CompanionClient;
    let watch: ReturnType<CompanionClient['watch']>;

    beforeEach(async () => {
      slow = new SlowStateStore();
      store = slow;
      server = await start();
      health = new CompanionClient(server.grpcAddress);
      watch = health.watch('');
      expect(await watch.next()).to.deep.equal({ status: 'SERVING' });
    });

    afterEach(() => {
      health.close();
    });

    it('is that it does not serve from the moment it drains, though that may take long', async () => {
      const outcome = connect(server).call('Lock', { name: 'a' });
      await slow.asked;
      const stopped = server.stop();
      expect(await watch.next()).to.deep.equal({ status: 'NOT_SERVING' });
      store.resolveAll();
      expect(await outcome).to.include({ locked: true });
      await stopped;
      expect(await watch.ended).to.include({ code: 14 });
    });

    it('is that it does not serve when it cannot keep its state, before it is stopped', async () => {
      const outcome = connect(server).call('Lock', { name: 'a' });
      await slow.asked;
      store.fail();
      expect(await watch.next()).to.deep.equal({ status: 'NOT_SERVING' });
      await outcome;
    });
  });

  describe('when the store fails', () => {
    it('reports the failure, answers nothing from then on, and can be stopped', async () => {
      const slow = new SlowStateStore();
      store = slow;
      const server = await start();
      const client = connect(server);
      const outcome = client.call('Lock', { name: 'a' });
      await slow.asked;
      const failure = store.fail();
      expect(await server.failure).to.equal(failure);
      expect(await outcome).to.include({ status: 14 });
      expect(await client.call('TryLock', { name: 'b' })).to.include({ status: 14 });
      await server.stop();
      expect(store.isClosed).to.equal(true);
    });
  });

  describe('when it cannot start', () => {
    let occupant: Server;
    let socketFile: string;

    beforeEach(async () => {
      socketFile = folder.file('socket');
      occupant = createServer().listen(0, '127.0.0.1');
      await once(occupant, 'listening');
    });

    afterEach(async () => {
      occupant.close();
      await once(occupant, 'close');
    });

    async function failToStart(settings: Partial<Settings>): Promise<unknown> {
      return start(settings).then(
        () => 'it started',
        (error: unknown) => error,
      );
    }

    function expectNothingLeft(): void {
      expect(clock.alarmCount, 'alarms').to.equal(0);
      expect(store.isClosed || store.calls.length === 0, 'store is closed or new').to.equal(true);
      expect(existsSync(socketFile), 'socket file').to.equal(false);
    }

    it('leaves nothing running if its address is taken', async () => {
      const { port } = occupant.address() as { readonly port: number };
      const listenAddress = { host: '127.0.0.1', port };
      const error = await failToStart({ listenAddress, ipcSocketFile: socketFile });
      expect(error).to.include({ name: 'GrpcListenError', code: 'EADDRINUSE' });
      expectNothingLeft();
    });

    it('leaves nothing running if its socket cannot be', async () => {
      const listenAddress = { host: '127.0.0.1', port: await steadyPort() };
      const ipcSocketFile = folder.file('no-such-folder/socket');
      const error = await failToStart({ listenAddress, ipcSocketFile });
      expect(error).to.include({ name: 'IpcListenError', code: 'folder-missing' });
      expectNothingLeft();
      await expectFree(`${listenAddress.host}:${listenAddress.port}`);
    });

    it('leaves nothing running if what the store kept contradicts itself', async () => {
      const lease = { name: 'a', size: 1, leaseMs: 1, sessionId: 's', at: clock.now() };
      store = new ControlledStateStore({
        leases: [
          { ...lease, key: 'k', fencingToken: 1 },
          { ...lease, key: 'l', fencingToken: 2 },
        ],
        sessions: [],
        fencingToken: 2,
      });
      const error = await failToStart({ ipcSocketFile: socketFile });
      expect(error).to.include({ name: 'RestoreError' });
      expectNothingLeft();
    });

    it('rejects with what the store rejects with, and leaves nothing running', async () => {
      const failure = new StateStoreError('in-use', 'another has it');
      store.openFailure = failure;
      expect(await failToStart({ ipcSocketFile: socketFile })).to.equal(failure);
      expect(store.calls).to.deep.equal(['open']);
      expect(clock.alarmCount).to.equal(0);
      expect(existsSync(socketFile)).to.equal(false);
    });

    it('refuses settings that are out of bounds before it opens anything', async () => {
      const error = await failToStart({ shardCount: 0 });
      expect(error).to.be.instanceOf(RangeError);
      expect((error as Error).message).to.match(/^the setting shardCount must be /);
      expectNothingLeft();
    });
  });
});

/** Fails unless one can listen there. */
async function expectFree(address: string): Promise<void> {
  const [host = '', port = ''] = address.split(':');
  const server = createServer().listen(Number(port), host);
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}
