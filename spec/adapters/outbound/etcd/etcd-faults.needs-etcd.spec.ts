/** Shows what becomes of a leader, and of what it has acknowledged, when etcd or the way there fails. */
import { expect } from 'chai';
import type { EtcdElectionOptions } from '../../../../adapters/outbound/etcd/etcd-election.js';
import type { Fact } from '../../../../domain/facts.js';
import { type StateStore, StateStoreError } from '../../../../ports/outbound/state-store.js';
import { assertFold, assertPrefix } from '../../../contracts/recovered-state.js';
import { granted } from '../../../contracts/some-facts.js';
import { untilSo } from '../../../support/asked-again.js';
import { CuttableProxy } from '../../../support/cuttable-proxy.js';
import { EtcdAdministration } from '../../../support/etcd-administration.js';
import { EtcdCluster } from '../../../support/etcd-cluster.js';
import type { EtcdMember } from '../../../support/etcd-member.js';
import { EtcdPlace } from '../../../support/etcd-place.js';

const KIB = 1024;

/** Appends one fact after the other until one is not kept. */
class SteadyWriter {
  readonly facts: Fact[] = [];
  /** So many of them, from the first, are kept for certain. */
  keptCount = 0;
  readonly end: Promise<StateStoreError>;
  readonly #store: StateStore;

  constructor(store: StateStore) {
    this.#store = store;
    this.end = this.#write();
  }

  async untilKept(count: number): Promise<void> {
    const from = this.keptCount;
    await untilSo(() => this.keptCount >= from + count);
  }

  async #write(): Promise<StateStoreError> {
    for (;;) {
      const fact = granted(this.facts.length);
      this.facts.push(fact);
      try {
        await this.#store.append([fact]);
      } catch (error) {
        expect(error).to.be.instanceOf(StateStoreError);
        return error as StateStoreError;
      }
      this.keptCount += 1;
    }
  }
}

/** Waits for a leader to be gone, leads, and sees what is there. */
async function assertKept(place: EtcdPlace, writer: SteadyWriter): Promise<void> {
  const election = place.newElection();
  await election.vacancy(() => undefined, new AbortController().signal);
  election.close();
  const store = place.newStore();
  assertPrefix(await store.open(), writer.facts, writer.keptCount);
}

/** Waits until the leader has renewed its lease once more. @param endpoints that answer. */
async function untilRenewed(endpoints: readonly string[], place: EtcdPlace): Promise<void> {
  const etcd = new EtcdAdministration(endpoints, {}).connect();
  try {
    const { kvs } = await etcd.kv.range({ key: place.keys.leader });
    const ID = kvs[0]?.lease ?? expect.fail('nobody leads');
    let least = Number.POSITIVE_INFINITY;
    await untilSo(async () => {
      const left = Number((await etcd.leaseClient.leaseTimeToLive({ ID })).TTL);
      least = Math.min(least, left);
      return left > least;
    });
  } finally {
    etcd.close();
  }
}

/** Changes one key over and over until there is no space for all that it has been. */
async function fill(administration: EtcdAdministration): Promise<void> {
  const etcd = administration.connect();
  const value = 'x'.repeat(32 * KIB);
  let isFull = false;
  while (!isFull) {
    await etcd
      .put('filling')
      .value(value)
      .catch((error: unknown) => {
        expect(String(error)).to.match(/database space exceeded/);
        isFull = true;
      });
  }
  etcd.close();
}

describe('EtcdStateStore in trouble', function () {
  this.timeout(40_000);
  let cluster: EtcdCluster;

  describe('in an etcd of three members', () => {
    before(async function () {
      this.timeout(60_000);
      cluster = await EtcdCluster.start({ members: 3, heartbeatMs: 50, electionMs: 500 });
    });

    after(() => cluster?.stop());

    for (const [what, hurt, heal] of [
      ['killed', (member: EtcdMember) => member.kill(), (member: EtcdMember) => member.restart()],
      ['paused', (member: EtcdMember) => member.pause(), (member: EtcdMember) => member.resume()],
    ] as const) {
      it(`writes on, and leads on, when the member it talks to is ${what}`, async () => {
        const place = new EtcdPlace(cluster);
        const store = place.newStore();
        await store.open();
        const writer = new SteadyWriter(store);
        await writer.untilKept(5);
        // The one that is asked first, and has been so far.
        await hurt(cluster.member(0));
        await writer.untilKept(5);
        await untilRenewed(cluster.endpoints.slice(1), place);
        await writer.untilKept(5);
        expect(store.term?.whyOver()).to.equal(undefined);
        await store.close();
        expect((await writer.end).code).to.equal('closed');
        await heal(cluster.member(0));
        await cluster.untilHealthy();
        await assertKept(place, writer);
        await place.dispose();
      });
    }
  });

  describe('in an etcd of one member', () => {
    let places: EtcdPlace[];
    let proxies: CuttableProxy[];

    before(async function () {
      this.timeout(60_000);
      cluster = await EtcdCluster.start({ members: 1 });
    });

    after(() => cluster?.stop());

    beforeEach(() => {
      places = [];
      proxies = [];
    });

    afterEach(async () => {
      for (const proxy of proxies) {
        await proxy.stop();
      }
      for (const place of places) {
        await place.dispose();
      }
    });

    function newPlace(): EtcdPlace {
      const place = new EtcdPlace(cluster);
      places.push(place);
      return place;
    }

    async function newProxy(): Promise<CuttableProxy> {
      const proxy = await CuttableProxy.start(cluster.member(0).address);
      proxies.push(proxy);
      return proxy;
    }

    async function leadBehind(
      endpoints: readonly string[],
      options: Partial<EtcdElectionOptions> = {},
    ) {
      const place = newPlace();
      const store = place.newStore({ access: { endpoints }, ...options });
      await store.open();
      return { place, store };
    }

    for (const [what, hurt] of [
      ['swallows everything', (proxy: CuttableProxy) => proxy.blackhole()],
      ['lets nothing through to etcd', (proxy: CuttableProxy) => proxy.holdRequests()],
      ['lets nothing through to the leader', (proxy: CuttableProxy) => proxy.holdAnswers()],
    ] as const) {
      it(`is deposed by its own clock, with all kept that it acknowledged, when the wire ${what}`, async () => {
        const proxy = await newProxy();
        const { place, store } = await leadBehind([proxy.address], { leaderTtlMs: 2_000 });
        const writer = new SteadyWriter(store);
        await writer.untilKept(5);
        hurt(proxy);
        const failure = await writer.end;
        expect(failure.code).to.equal('deposed');
        expect(failure.message).to.match(/ has not renewed the lease of this leader in time/);
        expect(await store.term?.over).to.equal(failure);
        await store.close();
        await assertKept(place, writer);
      });
    }

    it('is deposed when its lease is revoked under it, and says so', async () => {
      const { place, store } = await leadBehind(cluster.endpoints);
      const writer = new SteadyWriter(store);
      await writer.untilKept(5);
      await place.endTerm();
      const failure = await writer.end;
      expect(failure.code).to.equal('deposed');
      expect(failure.message).to.equal(
        'This server does not lead any more: its lease in etcd is over.',
      );
      await assertKept(place, writer);
    });

    it('hears at its next renewal that its lease was revoked, though it writes nothing', async () => {
      const { place, store } = await leadBehind(cluster.endpoints);
      await place.endTerm();
      expect((await store.term?.over)?.message).to.match(/its lease in etcd is over\.$/);
    });

    it('writes in order, and leads on, when each way to etcd takes a seventh of its time', async () => {
      const proxy = await newProxy();
      const { place, store } = await leadBehind([proxy.address]);
      proxy.delay(700);
      const facts = Array.from({ length: 30 }, (_, index) => granted(index));
      const kept: number[] = [];
      const writing = facts.map(async (fact, index) => {
        await store.append([fact]);
        kept.push(index);
      });
      await untilRenewed(cluster.endpoints, place);
      await Promise.all(writing);
      expect(kept).to.deep.equal([...kept.keys()]);
      expect(store.term?.whyOver()).to.equal(undefined);
      proxy.restore();
      await store.close();
      assertFold(await place.newStore().open(), facts);
    });

    it('is not led astray by a transaction that comes late and brings an old batch back', async () => {
      const slow = await newProxy();
      const { place, store } = await leadBehind([slow.address, ...cluster.endpoints], {
        leaderTtlMs: 8_000,
        compactionMinLength: 1,
      });
      const etcd = cluster.administration.connect();
      const isThere = async (key: Buffer) => (await etcd.get(key)) !== null;
      const first = place.keys.batch(1);
      slow.blackhole();
      const facts = [1, 2, 3].map((index) => granted(index));
      for (const fact of facts) {
        await store.append([fact]);
      }
      await untilSo(async () => (await isThere(place.keys.head)) && !(await isThere(first)));
      slow.restore();
      await untilSo(() => isThere(first));
      etcd.close();
      await store.append([granted(4)]);
      await store.close();
      assertFold(await place.newStore().open(), [...facts, granted(4)]);
    });
  });

  describe('in an etcd with little space', () => {
    before(async function () {
      this.timeout(60_000);
      cluster = await EtcdCluster.start({ members: 1, quotaBytes: 256 * KIB });
    });

    after(() => cluster?.stop());

    it('loses nothing that it acknowledged, and says how to make room', async () => {
      const place = new EtcdPlace(cluster);
      const store = place.newStore();
      await store.open();
      const writer = new SteadyWriter(store);
      const { administration } = cluster;
      await fill(administration);
      const failure = await writer.end;
      expect(failure.code).to.equal('write-failed');
      const words =
        /: its quota is used up: compact and defragment it, then disarm its alarm \(docs\/HIGH-AVAILABILITY\.md says how\), or raise --quota-backend-bytes \(/;
      expect(failure.message).to.match(words);
      await store.close();

      const next = await place
        .newStore()
        .open()
        .catch((error: unknown) => error);
      expect(next).to.include({ code: 'unavailable' });
      expect((next as Error).message).to.match(words);

      await administration.compact();
      await administration.defragment();
      await administration.disarm();
      await assertKept(place, writer);
      await place.dispose();
    });
  });
});
