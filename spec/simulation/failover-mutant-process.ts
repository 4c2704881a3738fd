/** Why: runs in the copy that has the planted fault, and prints how it shows when leaders fall: a seed and a violation, or null. */
import { EtcdCluster } from '../support/etcd-cluster.js';
import { type Failover, FailoverCourse } from './failover-course.js';

const SEED = 1;

const failovers = JSON.parse(process.argv[2] ?? '[]') as readonly Failover[];
const cluster = await EtcdCluster.start({ members: 1 });
const course = new FailoverCourse({
  seed: SEED,
  cluster,
  prefix: '/mutant',
  servers: 3,
  from: 'source',
  failovers,
});
// What ended it early is in the verdict, or it is none of a planted fault's.
const failure = await course.run().then(
  () => undefined,
  (error: Error) => error,
);
await cluster.stop();
const [violation] = course.faults();
if (violation === undefined && failure !== undefined) {
  throw new Error('the course did not come to its end', { cause: failure });
}
console.log(JSON.stringify(violation === undefined ? null : { seed: SEED, violation }));
