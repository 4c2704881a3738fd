/** Why: runs in the copy that has the planted fault, and prints how it shows when leaders fall: a seed and a violation, or null. */
import { EtcdCluster } from '../support/etcd-cluster.js';
import { type Failover, FailoverCourse } from './failover-course.js';

const { failovers, courses } = JSON.parse(process.argv[2] ?? '') as {
  readonly failovers: readonly Failover[];
  /** Real processes meet as they will: what one course does not bring about, the next one may. */
  readonly courses: number;
};
const cluster = await EtcdCluster.start({ members: 1 });

/** @returns what is wrong with what servers told on that course. */
async function violationOn(seed: number): Promise<string | undefined> {
  const prefix = `/mutant-${seed}`;
  const from = 'source';
  const course = new FailoverCourse({ seed, cluster, prefix, servers: 3, from, failovers });
  // What ended it early is in the verdict, or it is none of a planted fault's.
  const failure = await course.run().then(
    () => undefined,
    (error: Error) => error,
  );
  const [violation] = course.faults();
  if (violation === undefined && failure !== undefined) {
    throw new Error('the course did not come to its end', { cause: failure });
  }
  return violation;
}

let finding: { readonly seed: number; readonly violation: string } | null = null;
for (let seed = 1; seed <= courses && finding === null; seed += 1) {
  const violation = await violationOn(seed);
  finding = violation === undefined ? null : { seed, violation };
}
await cluster.stop();
console.log(JSON.stringify(finding));
