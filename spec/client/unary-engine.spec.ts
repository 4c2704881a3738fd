/** The client against servers that have no session stream. */
import { expect } from 'chai';
import {
  ClosedError,
  InvalidArgumentError,
  LdlmClient,
  LockLostError,
  SizeMismatchError,
  WaitTimeoutError,
} from '../../client/ldlm-client.js';
import { CuttableProxy } from '../support/cuttable-proxy.js';
import { ObservedStateStore } from '../support/observed-state-store.js';
import { type ServerOfOld, startServerOfOld } from '../support/server-of-old.js';

describe('LdlmClient with a server of old', () => {
  let store: ObservedStateStore;
  let server: ServerOfOld;
  let proxy: CuttableProxy;
  let client: LdlmClient;
  /** Another program's, straight to the server. */
  let other: LdlmClient;

  async function start(without: readonly string[] = []): Promise<void> {
    store = new ObservedStateStore();
    server = await startServerOfOld(store, without);
    proxy = await CuttableProxy.start(server.address);
    client = new LdlmClient({ addresses: [proxy.address], unavailableTimeoutMs: 200 });
    other = new LdlmClient({ addresses: [server.address] });
  }

  beforeEach(() => start());

  afterEach(async () => {
    await stop();
  });

  async function stop(): Promise<void> {
    await client.close();
    await other.close();
    await proxy.stop();
    server.stop();
    await server.service.close();
  }

  async function failureOf(promise: Promise<unknown>): Promise<unknown> {
    const [outcome] = await Promise.allSettled([promise]);
    expect(outcome?.status).to.equal('rejected');
    return outcome?.status === 'rejected' ? outcome.reason : undefined;
  }

  it('locks, tries and releases by single calls', async () => {
    const lock = await client.lock('a', { size: 2 });
    expect(lock.isHeld).to.equal(true);
    expect(lock.fencingToken).to.be.a('number');
    const second = await client.tryLock('a', { size: 2 });
    expect(await client.tryLock('a', { size: 2 })).to.equal(null);
    await second?.release();
    await lock.release();
    expect(server.service.leaseCount).to.equal(0);
  });

  it('has the server hold a lease for no less than it believes in it', async () => {
    const lock = await client.lock('a', { leaseMs: 1_200, renew: false });
    expect(store.facts[0]).to.include({ type: 'lease-granted', leaseMs: 2_000 });
    const loss = new Promise((resolve) =>
      lock.signal.addEventListener('abort', () => resolve(lock.signal.reason)),
    );
    expect(await loss)
      .to.be.instanceOf(LockLostError)
      .and.to.have.property('reason', 'expired');
    expect(server.service.leaseCount).to.equal(1);
  });

  it('renews by itself', async () => {
    await client.lock('a', { leaseMs: 300 });
    await store.until('lease-renewed', 2);
  });

  it('renews by the name that the seed has for it', async () => {
    await stop();
    await start(['Renew']);
    const lock = await client.lock('a', { leaseMs: 5_000 });
    await lock.renew(7_000);
    expect(store.facts.at(-1)).to.include({ type: 'lease-renewed', leaseMs: 7_000 });
  });

  it('waits no longer than it is told, and leaves the queue', async () => {
    const lock = await client.lock('a');
    const failure = await failureOf(client.lock('a', { waitTimeoutMs: 30 }));
    expect(failure).to.be.instanceOf(WaitTimeoutError);
    await lock.release();
    expect(await client.tryLock('a')).not.to.equal(null);
  });

  it('says why no server was reached, where none was, and that it goes on trying', async () => {
    const { address } = proxy;
    await proxy.stop();
    await client.close();
    client = new LdlmClient({ addresses: [address], unary: true });
    const reasons: string[] = [];
    client.on('unreached', ({ reason }) => reasons.push(reason));
    const failure = await failureOf(client.lock('a', { waitTimeoutMs: 150 }));
    expect(failure)
      .to.be.instanceOf(WaitTimeoutError)
      .with.property('message')
      .that.matches(
        /^"a" was not had in time: no server could be reached: (?:connect ECONNREFUSED|there is no connection to) [\d.:]+; see/,
      );
    expect(reasons[0]).to.equal(`there is no connection to ${address}`);
  });

  it('stops waiting for an abort', async () => {
    await client.lock('a');
    const controller = new AbortController();
    const waiting = client.lock('a', { signal: controller.signal });
    controller.abort('enough');
    expect(await failureOf(waiting)).to.equal('enough');
  });

  it('leaves others waiting, on their connection, when one stops', async () => {
    await other.lock('a');
    const lock = await other.lock('b');
    const controller = new AbortController();
    const first = client.lock('a', { signal: controller.signal });
    const second = client.lock('b');
    await server.locking.until('acquire', 4);
    const { connectionCount } = proxy;
    controller.abort('enough');
    expect(await failureOf(first)).to.equal('enough');
    await server.locking.until('withdraw', 1);
    // Long enough for a client that would try again.
    await other.lock('d', { leaseMs: 300 });
    await store.until('lease-renewed', 1);
    await lock.release();
    expect((await second).isHeld).to.equal(true);
    expect(await client.tryLock('c')).not.to.equal(null);
    expect(proxy.connectionCount).to.equal(connectionCount);
  });

  it('lets go of what it waits for when it is closed', async () => {
    const lock = await other.lock('a');
    const waiting = failureOf(client.lock('a'));
    await server.locking.until('acquire', 2);
    await client.close();
    expect(await waiting).to.be.instanceOf(ClosedError);
    await server.locking.until('withdraw', 1);
    await lock.release();
    expect(await other.tryLock('a')).not.to.equal(null);
  });

  it('lets go of what it asks of a lock when it is closed', async () => {
    const lock = await client.lock('a');
    proxy.holdAnswers();
    const releasing = failureOf(lock.release());
    await server.locking.until('release', 1);
    await client.close();
    expect(await releasing).to.be.instanceOf(ClosedError);
  });

  it('believes in a lease that its holder shortens no longer than the server', async () => {
    const lock = await client.lock('a', { leaseMs: 60_000, renew: false });
    const loss = new Promise((resolve) =>
      lock.signal.addEventListener('abort', () => resolve(lock.signal.reason)),
    );
    proxy.holdAnswers();
    const renewing = failureOf(lock.renew(1_000));
    expect(await loss).to.have.property('reason', 'expired');
    proxy.cut();
    expect(await renewing).to.be.instanceOf(LockLostError);
  });

  it('asks again, by another connection, for what it waited for', async () => {
    const lock = await other.lock('a');
    const waiting = client.lock('a');
    await server.locking.until('acquire', 2);
    proxy.cut();
    await server.locking.until('acquire', 3);
    await lock.release();
    expect((await waiting).isHeld).to.equal(true);
  });

  it('tells what becomes of its connection', async () => {
    const events: unknown[] = [];
    client.on('connected', ({ isResumed }) => events.push(['connected', isResumed]));
    client.on('disconnected', ({ safeMs }) => events.push(['disconnected', safeMs]));
    const lost = new Promise<void>((resolve) => {
      client.on('sessionLost', ({ lostCount }) => {
        events.push(['sessionLost', lostCount]);
        resolve();
      });
    });
    await client.lock('a');
    proxy.cut();
    await lost;
    await client.lock('b');
    expect(events).to.deep.equal([
      ['connected', false],
      ['disconnected', 0],
      ['sessionLost', 1],
      ['connected', false],
    ]);
  });

  it('knows what it is refused', async () => {
    await client.lock('a');
    expect(await failureOf(client.tryLock('a', { size: 2 }))).to.be.instanceOf(SizeMismatchError);
    const lock = await client.lock('b');
    expect(await failureOf(lock.renew(1_000))).to.be.instanceOf(InvalidArgumentError);
  });

  it('loses its locks with the connection', async () => {
    const lock = await client.lock('a');
    const loss = new Promise((resolve) =>
      lock.signal.addEventListener('abort', () => resolve(lock.signal.reason)),
    );
    server.stop();
    expect(await loss).to.have.property('reason', 'session-ended');
    expect(lock.isHeld).to.equal(false);
    expect(await failureOf(lock.release())).to.be.instanceOf(LockLostError);
  });
});
