/** The Python clients as released, of both eras and both kinds, notice no difference. */
import { expect } from 'chai';
import { IpcClient } from '../../adapters/inbound/ipc/ipc-client.js';
import { GrpcWorld, GrpcWorldClient } from '../support/grpc-world.js';
import { ServerProcess, SpecFolder } from '../support/server-process.js';
import { PythonClient, type PythonClientOptions, type Seen } from './python-client.js';
import { PythonEnvironment } from './python-environment.js';

type Era = Pick<PythonClientOptions, 'release'> & {
  readonly renew: string;
  readonly autoRenewSetting: string;
  /** The first era knows no exception of its own for it. */
  readonly sizeError: string;
  /** Whether what it returns has methods of its own. */
  readonly returnsLocks: boolean;
};

const FIRST: Era = {
  release: '1.0.0',
  renew: 'refresh_lock',
  autoRenewSetting: 'min_refresh_interval_seconds',
  sizeError: 'LDLMError',
  returnsLocks: false,
};
const SECOND: Era = {
  release: '1.1.3',
  renew: 'renew',
  autoRenewSetting: 'min_renew_interval_seconds',
  sizeError: 'InvalidLockSizeError',
  returnsLocks: true,
};

const CLIENTS = [FIRST, SECOND].flatMap((era) =>
  (['Client', 'AsyncClient'] as const).map((kind) => ({ ...era, kind })),
);

async function isFree(client: GrpcWorldClient, name: string): Promise<boolean> {
  const { locked = false, key = '' } = await client.call('TryLock', { name });
  if (locked) {
    await client.call('Unlock', { name, key });
  }
  return locked;
}

describe('py-ldlm', () => {
  let environment: PythonEnvironment;
  let started: PythonClient[] = [];

  async function start(
    { release, kind }: Pick<PythonClientOptions, 'release' | 'kind'>,
    options: PythonClientOptions['options'],
    attributes: Readonly<Record<string, unknown>> = {},
  ): Promise<PythonClient> {
    const client = await PythonClient.start(environment, { release, kind, options, attributes });
    started.push(client);
    return client;
  }

  async function endAll(): Promise<void> {
    await Promise.all(started.map((client) => client.end()));
    started = [];
  }

  before(async function () {
    this.timeout(240_000); // the first time, it is fetched and installed
    environment = await PythonEnvironment.open();
  });

  for (const era of CLIENTS) {
    describe(`${era.release}, ${era.kind}`, () => {
      let world: GrpcWorld;
      let rival: GrpcWorldClient;
      let python: PythonClient;

      /** Starts a call that will wait, and lets `act` happen once the server has queued it. */
      async function whileWaiting(call: () => Promise<Seen>, act: () => unknown): Promise<Seen> {
        const count = world.locking.countOf('acquire');
        const pending = call();
        await world.locking.until('acquire', count + 1);
        await act();
        return pending;
      }

      before(async () => {
        world = await GrpcWorld.start();
        rival = world.client();
        await rival.call('Lock', { name: 'held' });
        python = await start(era, { address: world.address });
      });

      after(async () => {
        await endAll();
        await world.stop();
      });

      it('is the client as released', () => {
        expect(python.release).to.equal(era.release);
      });

      it('locks and unlocks', async () => {
        const { key, ...seen } = await python.call('lock', { name: 'a' });
        expect(seen).to.include({ locked: true, name: 'a' });
        expect(await isFree(rival, 'a')).to.equal(false);
        expect(await python.call('unlock', { name: 'a', key })).to.have.all.keys('id');
        expect(await isFree(rival, 'a')).to.equal(true);
      });

      it('is told by try_lock that another holds the lock, without an exception', async () => {
        expect(await python.call('try_lock', { name: 'held' })).to.include({ locked: false });
      });

      it('waits in lock until the holder unlocks', async () => {
        const { key = '' } = await rival.call('Lock', { name: 'b' });
        const seen = await whileWaiting(
          () => python.call('lock', { name: 'b' }),
          () => rival.call('Unlock', { name: 'b', key }),
        );
        expect(seen).to.include({ locked: true, name: 'b' });
      });

      for (const method of ['lock_context', 'try_lock_context']) {
        it(`holds the lock within ${method} and no longer`, async () => {
          const context = await python.call(method, { name: method });
          expect(await python.enter(context)).to.include({ locked: true, name: method });
          expect(await isFree(rival, method)).to.equal(false);
          await python.leave(context);
          expect(await isFree(rival, method)).to.equal(true);
        });
      }

      it('enters and leaves try_lock_context without a lock that another holds', async () => {
        const context = await python.call('try_lock_context', { name: 'held' });
        expect(await python.enter(context)).to.include({ locked: false });
        expect(await python.leave(context)).to.have.all.keys('id');
      });

      it('waits no longer than wait_timeout_seconds', async () => {
        const seen = await whileWaiting(
          () => python.call('lock', { name: 'held', wait_timeout_seconds: 7 }),
          () => world.clock.advance(7_000),
        );
        expect(seen).to.include({ locked: false, name: 'held' });
      });

      it('knows the end of a wait by an exception of its own', async () => {
        const seen = await whileWaiting(
          () => python.send('Lock', { name: 'held', wait_timeout_seconds: 7 }),
          () => world.clock.advance(7_000),
        );
        expect(seen).to.include({
          raised: 'LockWaitTimeoutError',
          message: 'timeout waiting to acquire lock',
        });
      });

      it('loses a lock that it does not renew in time, and learns it when it unlocks', async () => {
        const { key } = await python.call('lock', { name: 'c', lock_timeout_seconds: 5 });
        await world.clock.advance(5_000);
        expect(await isFree(rival, 'c')).to.equal(true);
        expect(await python.call('unlock', { name: 'c', key })).to.include({
          raised: 'InvalidLockKeyError',
          message: 'invalid lock key',
        });
      });

      it(`keeps a lock by ${era.renew}`, async () => {
        const { key } = await python.call('lock', { name: 'd', lock_timeout_seconds: 5 });
        await world.clock.advance(4_000);
        const renewal = { name: 'd', key, lock_timeout_seconds: 5 };
        expect(await python.call(era.renew, renewal)).to.include({ locked: true, key });
        await world.clock.advance(4_000);
        expect(await isFree(rival, 'd')).to.equal(false);
      });

      if (era.returnsLocks) {
        it('renews and unlocks by the lock that was returned', async () => {
          const lock = await python.call('lock', { name: 'h', lock_timeout_seconds: 5 });
          await world.clock.advance(4_000);
          const renewed = await python.call('renew', { lock_timeout_seconds: 5 }, lock);
          expect(renewed).to.have.all.keys('id');
          await world.clock.advance(4_000);
          expect(await isFree(rival, 'h')).to.equal(false);
          expect(await python.call('unlock', {}, lock)).to.have.all.keys('id');
          expect(await isFree(rival, 'h')).to.equal(true);
        });
      }

      it('takes as many slots of a lock as it has, and no more', async () => {
        const slot = { name: 'e', size: 2 };
        expect(await python.call('lock', slot)).to.include({ locked: true });
        expect(await python.call('lock', slot)).to.include({ locked: true });
        expect(await python.call('try_lock', slot)).to.include({ locked: false });
      });

      it('frees what it holds when it closes', async () => {
        const other = await start(era, { address: world.address });
        await other.call('lock', { name: 'f' });
        const waiting = whileWaiting(
          () => python.call('lock', { name: 'f' }),
          () => other.call('close'),
        );
        expect(await waiting).to.include({ locked: true, name: 'f' });
      });

      const refusals: readonly (readonly [string, () => Promise<Seen>, string, string])[] = [
        [
          'the key is wrong',
          () => python.call('unlock', { name: 'held', key: 'x' }),
          'InvalidLockKeyError',
          'invalid lock key',
        ],
        [
          'there is no such lock',
          () => python.call('unlock', { name: 'nope', key: 'x' }),
          'LockDoesNotExistError',
          'a lock by that name does not exist',
        ],
        [
          'a lock to renew does not exist',
          () => python.call(era.renew, { name: 'nope', key: 'x', lock_timeout_seconds: 5 }),
          'LockDoesNotExistOrInvalidKeyError',
          'lock does not exist or invalid key',
        ],
        [
          'the key to renew by is wrong',
          () => python.call(era.renew, { name: 'held', key: 'x', lock_timeout_seconds: 5 }),
          'LockDoesNotExistOrInvalidKeyError',
          'lock does not exist or invalid key',
        ],
        [
          'a lock is renewed for no time',
          () => python.call(era.renew, { name: 'held', key: 'x', lock_timeout_seconds: 0 }),
          'LDLMError',
          'lock timeout must be greater than 0',
        ],
        [
          'the size is another',
          () => python.call('try_lock', { name: 'held', size: 2 }),
          'LockSizeMismatchError',
          'lock size mismatch',
        ],
        [
          'the size is another, in lock',
          () => python.call('lock', { name: 'held', size: 2 }),
          'LockSizeMismatchError',
          'lock size mismatch',
        ],
        [
          'the size is 0',
          () => python.send('TryLock', { name: 'held', size: 0 }),
          era.sizeError,
          'lock size must be greater than 0',
        ],
        [
          'the lock timeout is negative',
          () => python.call('lock', { name: 'g', lock_timeout_seconds: -1 }),
          'LDLMError',
          'lock timeout must be greater than 0',
        ],
        [
          'the wait timeout is negative',
          () => python.call('lock', { name: 'g', wait_timeout_seconds: -1 }),
          'LDLMError',
          'wait timeout must be greater than 0',
        ],
        [
          'the name is empty',
          () => python.call('try_lock', { name: '' }),
          'LDLMError',
          'lock name cannot be empty',
        ],
      ];

      for (const [title, call, raised, message] of refusals) {
        it(`raises ${raised} when ${title}`, async () => {
          expect(await call()).to.include({ raised, message });
        });
      }
    });
  }

  describe('and the server as processes', function () {
    this.timeout(60_000);
    let folder: SpecFolder;
    let server: ServerProcess;
    let rival: GrpcWorldClient;

    async function serve(...args: readonly string[]): Promise<void> {
      server = await ServerProcess.start(folder, args);
      rival = new GrpcWorldClient(server.address);
    }

    /** Asks the server until somebody waits for the lock. */
    async function untilAwaited(name: string): Promise<void> {
      const administration = new IpcClient({
        path: server.socketFile,
        replyBytesMax: 10_000,
        silenceMs: 10_000,
      });
      let waiterCount = 0;
      while (waiterCount === 0) {
        for await (const { holders } of administration.holders({ name })) {
          waiterCount += holders[0]?.waiterCount ?? 0;
        }
      }
    }

    beforeEach(() => {
      folder = new SpecFolder();
    });

    afterEach(async () => {
      await endAll();
      await server.end('SIGKILL');
      rival.close();
      folder.remove();
    });

    it('keep a lock beyond its timeout, by the client’s own renewals', async () => {
      await serve();
      const name = (era: (typeof CLIENTS)[number]) => `${era.release} ${era.kind}`;
      await Promise.all(
        CLIENTS.map(async (era) => {
          const every = { [era.autoRenewSetting]: 0.1 };
          const python = await start(era, { address: server.address }, every);
          await python.call('lock', { name: name(era), lock_timeout_seconds: 2 });
          const waited = await rival.call('Lock', { name: name(era), wait_timeout_seconds: 3 });
          expect(waited.error, name(era)).to.include({ code: 'LockWaitTimeout' });
        }),
      );
    });

    it('free the locks of a client that was killed', async () => {
      await serve();
      const python = await start({ ...SECOND, kind: 'Client' }, { address: server.address });
      await python.call('lock', { name: 'a' });
      const waiting = rival.call('Lock', { name: 'a' });
      python.signal('SIGKILL');
      expect(await waiting).to.include({ locked: true });
    });

    it('free the locks of a client that was stopped, which learns it when it goes on', async () => {
      await serve('-k', '1s', '-t', '1s');
      const python = await start({ ...SECOND, kind: 'Client' }, { address: server.address });
      const { key } = await python.call('lock', { name: 'a' });
      const waiting = rival.call('Lock', { name: 'a' });
      python.signal('SIGSTOP');
      expect(await waiting).to.include({ locked: true });
      python.signal('SIGCONT');
      expect(await python.call('unlock', { name: 'a', key })).to.include({
        raised: 'InvalidLockKeyError',
      });
    });

    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      it(`keep locks over a restart by ${signal}: clients return, unlock, wait on`, async () => {
        const state = ['-s', folder.file('state')];
        await serve(...state);
        const { address } = server;
        const holders = await Promise.all(
          CLIENTS.map(async (era, task) => {
            const python = await start(era, { address });
            return { python, lock: await python.call('lock', { name: `task-${task}` }) };
          }),
        );
        const patience = { address, retry_delay_seconds: 0.1 };
        const patient = await start({ ...SECOND, kind: 'Client' }, patience);
        const waiting = patient.call('lock', { name: 'task-0' });
        await untilAwaited('task-0');

        await server.end(signal);
        rival.close();
        await serve(...state, '-l', address);

        for (const { python, lock } of holders) {
          const { name = '', key } = lock;
          expect(await isFree(rival, name)).to.equal(false);
          expect(await python.call('unlock', { name, key })).to.have.all.keys('id');
        }
        expect(await waiting).to.include({ locked: true, name: 'task-0' });
      });
    }
  });
});
