/** The contract of stores, asked of real etcd, and how much of it is used. */
import { expect } from 'chai';
import { ended, granted } from '../../../contracts/some-facts.js';
import { stateStoreContract } from '../../../contracts/state-store.contract.js';
import { EtcdCluster } from '../../../support/etcd-cluster.js';
import { EtcdPlace } from '../../../support/etcd-place.js';

let cluster: EtcdCluster;

before(async function () {
  this.timeout(60_000);
  cluster = await EtcdCluster.start({ members: 1 });
});

after(() => cluster.stop());

for (const [name, options] of [
  ['EtcdStateStore', {}],
  ['EtcdStateStore that is compacted all the time', { compactionMinLength: 500 }],
  ['EtcdStateStore with short records', { recordLengthMax: 5_000 }],
] as const) {
  stateStoreContract(name, {
    supports: { durability: true, exclusiveOpen: true },
    createPlace: () => new EtcdPlace(cluster),
    disposePlace: (place) => place.dispose(),
    newStore: (place) => place.newStore(options),
    crash: (place, store) => place.crash(store),
    failNextWrite: (place) => place.refuseWrites(),
  });
}

describe('EtcdStateStore', () => {
  let place: EtcdPlace;

  beforeEach(() => {
    place = new EtcdPlace(cluster);
  });

  afterEach(() => place.dispose());

  /** One lease that stays, and many that come and go, a batch each. */
  async function keepMany(count: number): Promise<void> {
    const store = place.newStore({ compactionMinLength: 2_000 });
    await store.open();
    for (let index = 1; index <= count; index += 1) {
      await store.append([granted(index), ...(index > 1 ? [ended(index)] : [])]);
    }
    await store.close();
  }

  it('keeps as much in etcd as there is to keep, however much came and went', async () => {
    await keepMany(150);
    const keys = await place.keyNames();
    const batches = keys.filter((key) => key.includes('/batches/'));
    const snapshots = keys.filter((key) => key.includes('/snapshots/'));
    expect(keys.filter((key) => key.endsWith('/head'))).to.have.length(1);
    expect(snapshots).to.have.length(1);
    expect(batches.length).to.be.below(20);
  });

  it('removes what an interrupted removal has left behind', async () => {
    await keepMany(50);
    const stale = place.keys.batch(1);
    await place.put(stale, 'of no interest');
    const store = place.newStore({ compactionMinLength: 2_000 });
    await store.open();
    for (let index = 51; index <= 90; index += 1) {
      await store.append([granted(index), ended(index)]);
    }
    await store.close();
    expect(await place.keyNames()).not.to.include(stale.toString());
  });

  it('lets the key of the leader go with the leader', async () => {
    await keepMany(1);
    expect(await place.keyNames()).not.to.include(place.keys.leader.toString());
  });
});
