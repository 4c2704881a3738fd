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
