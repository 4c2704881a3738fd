import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import {
  ClosedError,
  InvalidArgumentError,
  LdlmClient,
  type LdlmClientOptions,
  LdlmError,
  type Lock,
  LockLostError,
  UnauthenticatedError,
  UnavailableError,
  WaitTimeoutError,
} from '../../client/ldlm-client.js';
import { type RunningServer, type Settings, startServer } from '../../bootstrap/compose.js';
import { CuttableProxy } from '../support/cuttable-proxy.js';
import { ObservedStateStore } from '../support/observed-state-store.js';
import { RecordingLogger } from '../support/recording-logger.js';

let store: ObservedStateStore;
let server: RunningServer;
let proxy: CuttableProxy;
const clients: LdlmClient[] = [];

async function start(settings: Partial<Settings> = {}): Promise<void> {
  store = new ObservedStateStore();
  server = await startServer({
    settings: { listenAddress: { host: '127.0.0.1', port: 0 }, ...settings },
    parts: { store, logger: new RecordingLogger('error') },
  });
  proxy = await CuttableProxy.start(server.grpcAddress);
}

/** A client through the proxy, unless it is given an address. */
function connect(options: Partial<LdlmClientOptions> = {}): LdlmClient {
  const client = new LdlmClient({ addresses: [proxy.address], ...options });
  clients.push(client);
  return client;
}

async function holders(): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const page of server.administration.holders()) {
    names.push(...page.map(({ name }) => name));
  }
  return names;
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  const [outcome] = await Promise.allSettled([promise]);
  expect(outcome?.status).to.equal('rejected');
  return outcome?.status === 'rejected' ? outcome.reason : undefined;
}

function aborted(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve(signal.reason);
    }
    signal.addEventListener('abort', () => resolve(signal.reason), { once: true });
  });
}

describe('LdlmClient', () => {
  beforeEach(() => start());

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await proxy.stop();
    await server.stop();
  });

  it('locks, and releases', async () => {
    const lock = await connect().lock('invoice/42');
    expect(lock).to.include({ name: 'invoice/42', isHeld: true });
    expect(lock.key).to.be.a('string');
    expect(lock.fencingToken).to.be.a('number');
    await lock.release();
    expect(lock.isHeld).to.equal(false);
    expect(await holders()).to.deep.equal([]);
    await lock.release();
  });

  it('releases at the end of a block', async () => {
    const client = connect();
    {
      await using lock = await client.lock('a');
      expect(lock.isHeld).to.equal(true);
    }
    expect(await holders()).to.deep.equal([]);
  });

  it('does not wait when it only tries', async () => {
    const client = connect();
    const lock = (await client.tryLock('a')) as Lock;
    expect(lock.isHeld).to.equal(true);
    expect(await client.tryLock('a')).to.equal(null);
  });

  it('waits in one line with others', async () => {
    const [ann, bob] = [connect(), connect()];
    const first = await ann.lock('a');
    const second = bob.lock('a');
    // The waiter stands in the queue once a request behind it was answered.
    await bob.tryLock('other');
    expect(await ann.tryLock('a')).to.equal(null);
    await first.release();
    expect((await second).fencingToken).to.be.greaterThan(first.fencingToken);
  });

  it('waits no longer than it is told', async () => {
    const client = connect();
    await client.lock('a');
    const failure = await failureOf(client.lock('a', { waitTimeoutMs: 1 }));
    expect(failure).to.be.instanceOf(WaitTimeoutError).and.to.be.instanceOf(LdlmError);
    expect(failure).to.have.property('code', 'wait-timeout');
  });

  it('takes a lock that is free though it may not wait at all', async () => {
    const client = connect();
    const lock = await client.lock('a', { waitTimeoutMs: 0 });
    expect(lock.isHeld).to.equal(true);
    expect(await failureOf(client.lock('a', { waitTimeoutMs: 0 }))).to.be.instanceOf(
      WaitTimeoutError,
    );
  });

  it('stops waiting for thousands by one abort, and goes on', async () => {
    const client = connect();
    const lock = await client.lock('a');
    const controller = new AbortController();
    const { signal } = controller;
    const waits = Array.from({ length: 5_000 }, () => client.lock('a', { signal }));
    await client.tryLock('b');
    controller.abort('enough');
    for (const wait of await Promise.allSettled(waits)) {
      expect(wait).to.deep.equal({ status: 'rejected', reason: 'enough' });
    }
    await lock.release();
    expect(await client.lock('a')).to.have.property('isHeld', true);
    expect(proxy.connectionCount).to.equal(1);
  });

  it('ends a block in peace though the client was closed in it', async () => {
    const client = connect();
    {
      await using lock = await client.lock('a');
      await client.close();
      expect(lock.isHeld).to.equal(false);
    }
    expect(await holders()).to.deep.equal([]);
  });

  it('stops waiting for an abort, and leaves the queue', async () => {
    const client = connect();
    const lock = await client.lock('a');
    const controller = new AbortController();
    const waiting = client.lock('a', { signal: controller.signal });
    await client.tryLock('other');
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await failureOf(waiting)).to.equal(reason);
    await lock.release();
    expect(await client.tryLock('a')).not.to.equal(null);
  });

  it('asks for nothing with a signal that is aborted already', async () => {
    const reason = new Error('enough');
    const failure = await failureOf(connect().lock('a', { signal: AbortSignal.abort(reason) }));
    expect(failure).to.equal(reason);
    expect(proxy.connectionCount).to.equal(0);
  });

  it('shows operators who holds a lock, and what for', async () => {
    const client = connect({ name: 'worker-7', owner: { team: 'billing' } });
    await client.lock('a', { metadata: { purpose: 'invoices' } });
    for await (const [holder] of server.administration.holders()) {
      expect(holder?.owner).to.deep.include({
        name: 'worker-7',
        pid: `${process.pid}`,
        team: 'billing',
        purpose: 'invoices',
      });
    }
  });

  it('tells the holder that an operator revoked its lock', async () => {
    const lock = await connect().lock('a');
    const loss = aborted(lock.signal);
    await server.administration.revoke({ name: 'a' });
    expect(await loss)
      .to.be.instanceOf(LockLostError)
      .and.to.have.property('reason', 'revoked');
    expect(lock.isHeld).to.equal(false);
    expect(await failureOf(lock.release())).to.be.instanceOf(LockLostError);
  });

  it('renews a lease by itself, and by hand', async () => {
    const lock = await connect().lock('a', { leaseMs: 300 });
    await store.until('lease-renewed', 4);
    expect(lock.isHeld).to.equal(true);
    await lock.renew(60_000);
    expect(store.facts.at(-1)).to.include({ type: 'lease-renewed', leaseMs: 60_000 });
  });

  it('gives up a lease that it does not renew no later than the server', async () => {
    const lock = await connect().lock('a', { leaseMs: 200, renew: false });
    const loss = aborted(lock.signal);
    expect(await loss).to.have.property('reason', 'expired');
    await store.until('lease-ended', 1);
    expect(store.facts.at(-1)).to.include({ reason: 'expired' });
  });

  it('takes back a lock whose lease passed while it was waited for', async () => {
    const [ann, bob] = [connect(), connect()];
    await ann.lock('a', { leaseMs: 400, renew: false });
    // The wait is longer than the lease that is asked for.
    const lock = await bob.lock('a', { leaseMs: 150, renew: false });
    expect(lock.isHeld).to.equal(true);
  });

  describe('withLock', () => {
    it('runs under the lock, and gives what the work gives', async () => {
      const client = connect();
      const result = await client.withLock('a', {}, async (lock) => {
        expect(await holders()).to.deep.equal(['a']);
        return lock.fencingToken;
      });
      expect(result).to.be.a('number');
      expect(await holders()).to.deep.equal([]);
    });

    it('releases, and throws on, what the work throws', async () => {
      const client = connect();
      const fault = new Error('out of paper');
      const failure = await failureOf(
        client.withLock('a', {}, () => {
          throw fault;
        }),
      );
      expect(failure).to.equal(fault);
      expect(await holders()).to.deep.equal([]);
    });

    it('fails if the lock was lost while the work ran', async () => {
      const client = connect();
      const failure = await failureOf(
        client.withLock('a', {}, async (lock) => {
          const loss = aborted(lock.signal);
          await server.administration.revoke({ name: 'a' });
          await loss;
        }),
      );
      expect(failure).to.be.instanceOf(LockLostError);
    });
  });

  describe('recipes', () => {
    it('elect one leader, and the next when it resigns', async () => {
      const [ann, bob] = [connect(), connect()];
      const first = await ann.elect('primary');
      const next = bob.elect('primary');
      await bob.tryLock('other');
      expect(first.isLeader).to.equal(true);
      await first.resign();
      const second = await next;
      expect(second.fencingToken).to.be.greaterThan(first.fencingToken);
      expect([first.isLeader, second.isLeader]).to.deep.equal([false, true]);
    });

    it('run a task once', async () => {
      const [ann, bob] = [connect(), connect()];
      const outcome = await ann.runTask('report', {}, async () => {
        expect(await bob.runTask('report', {}, () => 'twice')).to.deep.equal({ ran: false });
        return 'once';
      });
      expect(outcome).to.deep.equal({ ran: true, result: 'once' });
      expect(await holders()).to.deep.equal([]);
    });

    it('bound the users of a resource', async () => {
      const semaphore = connect().semaphore('license', 2);
      const [first, second] = [await semaphore.acquire(), await semaphore.acquire()];
      expect(await semaphore.tryAcquire()).to.equal(null);
      await first?.release();
      expect(await semaphore.withPermit({}, (permit) => permit.isHeld)).to.equal(true);
      await second?.release();
    });

    it('bound the rate of calls', async () => {
      const limit = connect().rateLimit('mail', { limit: 2, perMs: 60_000 });
      expect([await limit.tryTake(), await limit.tryTake(), await limit.tryTake()]).to.deep.equal([
        true,
        true,
        false,
      ]);
      const briefly = connect().rateLimit('calls', { limit: 1, perMs: 50 });
      await briefly.take();
      await briefly.take();
    });
  });

  describe('on a wire that is cut', () => {
    it('before the request came through, asks again and has one lock', async () => {
      const client = connect();
      await client.tryLock('warm');
      proxy.holdRequests();
      const locking = client.lock('a');
      await new Promise(setImmediate);
      await new Promise(setImmediate);
      proxy.cut();
      expect((await locking).isHeld).to.equal(true);
      expect(store.facts.filter((fact) => 'name' in fact && fact.name === 'a')).to.have.length(1);
    });

    it('before the answer came through, has the lock that it was granted', async () => {
      const client = connect();
      await client.tryLock('warm');
      proxy.holdAnswers();
      const locking = client.lock('a');
      await store.until('lease-granted', 2);
      proxy.cut();
      const lock = await locking;
      const grants = store.facts.filter((fact) => fact.type === 'lease-granted');
      expect(grants).to.have.length(2);
      expect(grants[1]).to.include({ key: lock.key, fencingToken: lock.fencingToken });
    });

    it('before the answer to a release came through, has it released once', async () => {
      const client = connect();
      const lock = await client.lock('a');
      proxy.holdAnswers();
      const releasing = lock.release();
      await store.until('lease-ended', 1);
      proxy.cut();
      await releasing;
      expect(store.countOf('lease-ended')).to.equal(1);
    });

    it('keeps what it holds, and its place in the queue', async () => {
      const [ann, bob, cid] = [connect(), connect(), connect()];
      const held = await ann.lock('a');
      const second = bob.lock('a');
      await bob.tryLock('other');
      const third = cid.lock('a');
      await cid.tryLock('another');
      proxy.cut();
      await ann.tryLock('back');
      expect(held.isHeld).to.equal(true);
      await held.release();
      const next = await second;
      expect(next.fencingToken).to.be.greaterThan(held.fencingToken);
      await next.release();
      await third;
    });

    it('is told to whoever wants to know', async () => {
      const client = connect();
      const events: string[] = [];
      for (const name of ['connected', 'disconnected', 'sessionLost'] as const) {
        client.on(name, () => events.push(name));
      }
      await client.tryLock('a');
      proxy.cut();
      await client.tryLock('b');
      expect(events).to.deep.equal(['connected', 'disconnected', 'connected']);
    });

    it('does not fail for a listener that throws', async () => {
      const client = connect();
      const warned = new Promise((resolve) => process.once('warning', resolve));
      client.on('connected', () => {
        throw new Error('listener at fault');
      });
      expect((await client.lock('a')).isHeld).to.equal(true);
      expect(await warned).to.have.property('message', 'listener at fault');
    });
  });

  describe('refuses', () => {
    for (const [what, options] of [
      ['no address', { addresses: [] }],
      ['an address without a port', { addresses: ['localhost'] }],
      ['a window below 0', { recoveryWindowMs: -1 }],
      ['a certificate without a key', { tls: { cert: 'x' } }],
      ['a timeout of 0', { connectTimeoutMs: 0 }],
      ['a port beyond the last', { addresses: ['localhost:65536'] }],
      ['an address of IPv6 without brackets', { addresses: ['::1:3144'] }],
      ['a certificate that is none', { tls: { ca: 'x', cert: 'x', key: 'x' } }],
      ['a password that no header can hold', { password: 'p\u00e4ss\n' }],
      ['more words about it than are taken', { owner: { x: 'y'.repeat(1_024) } }],
      ['words about it that are none', { owner: { x: 1 as unknown as string } }],
      ['a name that is no text', { name: '\ud800' }],
    ] as const) {
      it(`to be made with ${what}`, () => {
        const make = () => new LdlmClient({ addresses: ['localhost:1'], ...options });
        expect(make).to.throw(InvalidArgumentError);
      });
    }

    for (const [what, name, options] of [
      ['without a name', '', {}],
      ['with a size of 0', 'a', { size: 0 }],
      ['with half a slot', 'a', { size: 1.5 }],
      ['with a lease of no time', 'a', { leaseMs: 0 }],
      ['with a wait below 0', 'a', { waitTimeoutMs: -1 }],
      ['with a wait that is no number', 'a', { waitTimeoutMs: '5' as unknown as number }],
      ['with a lease that is no number', 'a', { leaseMs: '5' as unknown as number }],
      ['with a name that is no text', 'a\ud800', {}],
      ['with a name longer than a frame', 'a'.repeat(5_000_000), {}],
      ['with metadata that is no text', 'a', { metadata: { x: 1 as unknown as string } }],
      ['with metadata that is no UTF-16', 'a', { metadata: { x: '\udc00' } }],
      ['with more metadata than is taken', 'a', { metadata: { x: 'y'.repeat(1_024) } }],
    ] as const) {
      it(`a lock ${what}`, async () => {
        const client = connect();
        expect(await failureOf(client.lock(name, options))).to.be.instanceOf(InvalidArgumentError);
        expect(await client.tryLock('b')).not.to.equal(null);
      });
    }

    it('to give a lock without an end a new one', async () => {
      const lock = await connect().lock('a');
      expect(await failureOf(lock.renew(1_000))).to.be.instanceOf(InvalidArgumentError);
    });

    it('everything once it is closed', async () => {
      const client = connect();
      const lock = await client.lock('a');
      await client.close();
      expect(lock.isHeld).to.equal(false);
      expect(await holders()).to.deep.equal([]);
      expect(await failureOf(client.lock('b'))).to.be.instanceOf(ClosedError);
      expect(await failureOf(lock.release())).to.be.instanceOf(LdlmError);
    });
  });

  it('goes on to the next address', async () => {
    const client = connect({ addresses: ['127.0.0.1:1', proxy.address] });
    expect((await client.lock('a')).isHeld).to.equal(true);
  });

  it('fails when no server is reached', async () => {
    const client = connect({ addresses: ['127.0.0.1:1'], unavailableTimeoutMs: 50 });
    expect(await failureOf(client.lock('a'))).to.be.instanceOf(UnavailableError);
  });

  it('shows the password, and fails with a wrong one', async () => {
    await proxy.stop();
    await server.stop();
    await start({ password: 'sesame' });
    expect((await connect({ password: 'sesame' }).lock('a')).isHeld).to.equal(true);
    for (const options of [{}, { password: 'wrong' }]) {
      expect(await failureOf(connect(options).lock('b'))).to.be.instanceOf(UnauthenticatedError);
    }
  });

  it('names its classes of errors in docs/CLIENT.md, each with its code', () => {
    const page = readFileSync('docs/CLIENT.md', 'utf8');
    const source = readFileSync('client/ldlm-error.ts', 'utf8');
    const codes = [...source.matchAll(/^ {2}\| '([a-z-]+)'/gm)].map(([, code]) => code);
    expect(codes.length).to.be.greaterThan(10);
    expect(codes.filter((code) => !page.includes(`\`${code}\``))).to.deep.equal([]);
  });
});
