/** The client against servers that have no session stream. */
import { expect } from 'chai';
import {
  InvalidArgumentError,
  LdlmClient,
  LockLostError,
  SizeMismatchError,
  WaitTimeoutError,
} from '../../client/ldlm-client.js';
import { ObservedStateStore } from '../support/observed-state-store.js';
import { type ServerOfOld, startServerOfOld } from '../support/server-of-old.js';

describe('LdlmClient with a server of old', () => {
  let store: ObservedStateStore;
  let server: ServerOfOld;
  let client: LdlmClient;

  async function start(without: readonly string[] = []): Promise<void> {
    store = new ObservedStateStore();
    server = await startServerOfOld(store, without);
    client = new LdlmClient({ addresses: [server.address], unavailableTimeoutMs: 200 });
  }

  beforeEach(() => start());

  afterEach(async () => {
    await client.close();
    server.stop();
    await server.service.close();
  });

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
    await client.close();
    server.stop();
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

  it('stops waiting for an abort', async () => {
    await client.lock('a');
    const controller = new AbortController();
    const waiting = client.lock('a', { signal: controller.signal });
    controller.abort('enough');
    expect(await failureOf(waiting)).to.equal('enough');
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
