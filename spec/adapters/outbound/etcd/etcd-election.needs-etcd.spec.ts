/** Shows whom etcd lets lead and whom it does not, in the words that an operator reads. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { expect } from 'chai';
import type { EtcdElectionOptions } from '../../../../adapters/outbound/etcd/etcd-election.js';
import type { EtcdAccess } from '../../../../adapters/outbound/etcd/etcd-members.js';
import type { LeaderDescription } from '../../../../ports/outbound/election.js';
import { type StateStore, StateStoreError } from '../../../../ports/outbound/state-store.js';
import { assertFold } from '../../../contracts/recovered-state.js';
import { granted } from '../../../contracts/some-facts.js';
import { Authority, type Issued } from '../../../support/certificates.js';
import { CuttableProxy } from '../../../support/cuttable-proxy.js';
import { EtcdCluster, type EtcdClusterOptions } from '../../../support/etcd-cluster.js';
import { EtcdPlace } from '../../../support/etcd-place.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { startFakeEtcd } from '../../../support/fake-etcd.js';

const NEVER = new AbortController().signal;

async function failureOf(promise: Promise<unknown>): Promise<StateStoreError> {
  return promise.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => {
      expect(error).to.be.instanceOf(StateStoreError);
      return error as StateStoreError;
    },
  );
}

describe('EtcdElection', () => {
  let cluster: EtcdCluster;
  let place: EtcdPlace;
  const endings: (() => unknown)[] = [];

  function inCluster(options: () => EtcdClusterOptions | Promise<EtcdClusterOptions>): void {
    before(async function () {
      this.timeout(60_000);
      cluster = await EtcdCluster.start(await options());
    });
    after(() => cluster?.stop());
    beforeEach(() => {
      place = new EtcdPlace(cluster);
    });
    afterEach(async () => {
      for (const end of endings.splice(0)) {
        await end();
      }
      await place.dispose();
    });
  }

  function newElection(options: Partial<EtcdElectionOptions> = {}) {
    const election = place.newElection(options);
    endings.push(() => election.close());
    return election;
  }

  /** What the first question of a server comes to. */
  async function firstContact(access: Partial<EtcdAccess>): Promise<StateStoreError> {
    const { endpoints } = cluster;
    const election = newElection({ access: { endpoints, ...access }, leaderTtlMs: 2_000 });
    return failureOf(election.vacancy(() => undefined, NEVER));
  }

  /** Waits until that leader is seen from another server, which stands by then. */
  async function standBy(options: Partial<EtcdElectionOptions> = {}, signal: AbortSignal = NEVER) {
    let seen: (leader: LeaderDescription) => void;
    const leader = new Promise<LeaderDescription>((resolve) => {
      seen = resolve;
    });
    const election = newElection(options);
    const vacancy = election.vacancy((each) => seen(each), signal);
    vacancy.catch(() => undefined);
    return {
      election,
      leader: await Promise.race([leader, vacancy.then(() => undefined)]),
      vacancy,
    };
  }

  async function openStore(options: Partial<EtcdElectionOptions> = {}): Promise<StateStore> {
    const store = place.newStore(options);
    await store.open();
    return store;
  }

  describe('in an etcd that lets everybody in', () => {
    inCluster(() => ({ members: 1 }));

    it('finds nobody leading where nobody ever did', async () => {
      await newElection().vacancy(() => expect.fail('nobody leads'), NEVER);
    });

    it('tells who leads', async () => {
      await openStore();
      const { leader } = await standBy();
      expect(leader).to.deep.include({ id: 'server-1', grpcAddress: 'server-1:3144' });
    });

    it('hears at once that the leader steps down, before it would look by itself', async () => {
      const store = await openStore();
      // On a clock that stands still it never looks by itself.
      const { vacancy } = await standBy({ clock: new FakeClock() });
      await store.close();
      await vacancy;
    });

    it('hears at once that the leader’s lease is over', async () => {
      await openStore();
      const { vacancy } = await standBy({ clock: new FakeClock() });
      await place.endTerm();
      await vacancy;
    });

    it('gives up when it is told to, also while nothing happens', async () => {
      await openStore();
      const stop = new AbortController();
      const { vacancy } = await standBy({ clock: new FakeClock() }, stop.signal);
      stop.abort(new Error('the server stops'));
      expect(String(await vacancy.catch((error: unknown) => error))).to.equal(
        'Error: the server stops',
      );
    });

    it('stands by on when the history of etcd is compacted under it', async () => {
      const store = await openStore();
      await store.append([granted(1)]);
      const clock = new FakeClock();
      const { vacancy } = await standBy({ clock });
      await store.append([granted(2)]);
      await cluster.administration.compact();
      // Time to look by itself: from where it watched, nothing is there any more.
      await clock.advance(2_500);
      await store.close();
      await vacancy;
    });

    it('lets exactly one lead of those that open at the very same time', async () => {
      const stores = Array.from({ length: 5 }, () => place.newStore());
      const outcomes = await Promise.allSettled(stores.map((store) => store.open()));
      const refusals = outcomes.flatMap((outcome) =>
        outcome.status === 'rejected' ? [outcome.reason.code] : [],
      );
      expect(refusals).to.deep.equal(['in-use', 'in-use', 'in-use', 'in-use']);
    });

    it('takes back the term of its own that etcd could not be told the end of', async () => {
      const proxy = await CuttableProxy.start(cluster.member(0).address);
      endings.push(() => proxy.stop());
      // The lease would run out later than this spec does.
      const election = newElection({ access: { endpoints: [proxy.address] }, leaderTtlMs: 60_000 });
      const store = election.newStore();
      await store.open();
      proxy.holdAnswers();
      proxy.holdRequests();
      await store.close();
      proxy.cut();
      await election.vacancy(() => undefined, NEVER);
    });

    it('leaves no leader behind when a store is closed while it opens', async () => {
      const election = newElection();
      const store = election.newStore();
      const opening = store.open();
      await store.close();
      await opening;
      await election.vacancy(() => expect.fail('nobody leads'), NEVER);
    });

    it('refuses a user, since this etcd knows none', async () => {
      const failure = await firstContact({ user: { username: 'ldlm', password: 'x' } });
      expect(failure.code).to.equal('refused');
      expect(failure.message).to.match(/: it knows no users: leave out --etcd_user, or /);
    });

    it('is unavailable where nobody listens, and says what to see to', async () => {
      const failure = await firstContact({ endpoints: ['127.0.0.1:1'] });
      expect(failure.code).to.equal('unavailable');
      expect(failure.message).to.equal(
        'etcd at 127.0.0.1:1 does not say who leads: connect ECONNREFUSED 127.0.0.1:1. ' +
          'See that it runs and can be reached as --etcd_endpoints says, https:// for TLS.',
      );
    });

    it('refuses what is no etcd but a web server', async () => {
      const web = createServer((_, response) => response.writeHead(404).end('not here'));
      web.listen(0, '127.0.0.1');
      await once(web, 'listening');
      endings.push(() => web.close().closeAllConnections());
      const { port } = web.address() as AddressInfo;
      const failure = await firstContact({ endpoints: [`127.0.0.1:${port}`] });
      expect(failure.code).to.equal('refused');
      expect(failure.message).to.match(/ what answers there is no etcd .*: mend --etcd_endpoints /);
    });

    it('refuses what speaks gRPC and is no etcd', async () => {
      const other = new Server();
      const port = await new Promise<number>((resolve) => {
        other.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (_, bound) =>
          resolve(bound),
        );
      });
      endings.push(() => other.forceShutdown());
      const failure = await firstContact({ endpoints: [`127.0.0.1:${port}`] });
      expect(failure.code).to.equal('refused');
      expect(failure.message).to.match(/ what answers there is no etcd .*: mend --etcd_endpoints /);
    });

    it('finds the etcd among endpoints that are none', async () => {
      const election = newElection({
        access: { endpoints: ['127.0.0.1:1', ...cluster.endpoints] },
      });
      await election.vacancy(() => undefined, NEVER);
    });

    it('refuses an etcd that is too old', async () => {
      const old = await startFakeEtcd({
        'Maintenance.Status': () => ({ version: '3.3.10' }),
      });
      endings.push(old.stop);
      const failure = await firstContact({ endpoints: [old.address] });
      expect(failure.code).to.equal('refused');
      expect(failure.message).to.equal(
        `etcd at ${old.address} is version 3.3.10; version 3.4 or later is needed. Upgrade etcd.`,
      );
    });
  });

  describe('in an etcd that knows users', () => {
    inCluster(() => ({ members: 1, auth: { rootPassword: 'secret' } }));

    const USER = { username: 'ldlm', password: 'other' };

    before(() =>
      cluster.administration.addUser({ name: 'ldlm', password: 'other', prefix: '/place-' }),
    );

    it('lets a user lead who may read and write below the prefix, and nothing else', async () => {
      const access = { endpoints: cluster.endpoints, user: USER };
      const store = await openStore({ access });
      await store.append([granted(1)]);
      await store.close();
      assertFold(await place.newStore({ access }).open(), [granted(1)]);
    });

    for (const [what, access, words] of [
      ['nobody', {}, 'it wants a user: give --etcd_user and --etcd_password_file, or '],
      [
        'a wrong password',
        { user: { ...USER, password: 'wrong' } },
        'it does not take this user and password: mend --etcd_user and --etcd_password_file ',
      ],
      [
        'an unknown user',
        { user: { ...USER, username: 'nobody' } },
        'it does not take this user and password: mend --etcd_user and --etcd_password_file ',
      ],
    ] as const) {
      it(`refuses ${what}, and says what to mend`, async () => {
        const failure = await firstContact(access);
        expect(failure.code).to.equal('refused');
        expect(failure.message).to.include(` does not say who leads: ${words}`);
      });
    }

    it('refuses a user without rights below the prefix', async () => {
      const access = { endpoints: cluster.endpoints, user: USER };
      const election = newElection({ access, prefix: '/elsewhere' });
      const failure = await failureOf(election.vacancy(() => undefined, NEVER));
      expect(failure.code).to.equal('refused');
      expect(failure.message).to.include(
        'its user may not read and write under --etcd_prefix: grant its role readwrite there',
      );
    });

    it('goes on when etcd has forgotten whom it let in', async () => {
      const access = { endpoints: cluster.endpoints, user: USER };
      const store = await openStore({ access });
      await store.append([granted(1)]);
      await cluster.member(0).restart();
      await store.append([granted(2)]);
      await store.close();
    }).timeout(40_000);
  });

  describe('in an etcd with TLS that asks for certificates', () => {
    let authority: Authority;
    let other: Authority;
    let pair: Issued;

    inCluster(async () => {
      authority = await Authority.create();
      other = await Authority.create();
      pair = await authority.issue({ purpose: 'client', name: 'ldlm' });
      return { members: 1, tls: { authority, asksClients: true } };
    });

    const byName = () => cluster.endpoints.map((each) => each.replace('127.0.0.1', 'localhost'));
    const material = (ca: Authority, own?: Issued) => ({
      ca: Buffer.from(ca.cert),
      ...(own && { cert: Buffer.from(own.cert), key: Buffer.from(own.key) }),
    });

    it('lets in whom it trusts, and who trusts it', async () => {
      const election = newElection({
        access: { endpoints: byName(), tls: material(authority, pair) },
      });
      await election.vacancy(() => undefined, NEVER);
    });

    it('is refused by a server that was told of another authority', async () => {
      const failure = await firstContact({ endpoints: byName(), tls: material(other, pair) });
      expect(failure.code).to.equal('refused');
      expect(failure.message).to.match(
        / its certificate is of no authority that is trusted here: name .* --etcd_tls_ca \(/,
      );
    });

    it('is refused by a server that was told of none', async () => {
      const failure = await firstContact({ endpoints: byName() });
      expect(failure.code).to.equal('refused');
      expect(failure.message).to.match(/ its certificate is of no authority /);
    });

    it('refuses whoever shows no certificate, or one of another authority', async () => {
      const foreign = await other.issue({ purpose: 'client', name: 'ldlm' });
      for (const own of [undefined, foreign]) {
        const failure = await firstContact({
          endpoints: byName(),
          tls: material(authority, own),
        });
        expect(failure.code).to.equal('refused');
        expect(failure.message).to.match(/ it takes only clients with a certificate /);
      }
    });

    it('is unavailable without TLS, and says that https:// is for TLS', async () => {
      const endpoints = byName().map((each) => each.replace('https:', 'http:'));
      const failure = await firstContact({ endpoints });
      expect(failure.code).to.equal('unavailable');
      expect(failure.message).to.match(/ as --etcd_endpoints says, https:\/\/ for TLS\.$/);
    });
  });
});
