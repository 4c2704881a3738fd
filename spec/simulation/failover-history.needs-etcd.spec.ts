/** Histories of several servers that share an etcd: of two that lead, never both answer, whatever becomes of the leader. */
import { expect } from 'chai';
import { EtcdCluster } from '../support/etcd-cluster.js';
import { SeededRandom } from '../support/seeded-random.js';
import { FAILOVERS, type Failover, FailoverCourse } from './failover-course.js';

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);

/** They go on side by side: most of a failover is waiting for a term to be over. */
const COURSES = 2;
/** Of each kind, in each course. */
const ROUNDS = 3;
const FAILOVER_COUNT = COURSES * ROUNDS * FAILOVERS.length;

/** Each kind as often, in an order of the seed's. */
function someFailovers(random: SeededRandom): readonly Failover[] {
  const left = Array.from({ length: ROUNDS }, () => FAILOVERS).flat();
  const drawn = () => left.splice(random.below(left.length), 1)[0] as Failover;
  return Array.from({ length: left.length }, drawn);
}

describe(`Servers that share an etcd, whose leaders fall (SEED=${seed})`, function () {
  this.timeout(600_000);
  let cluster: EtcdCluster;
  let courses: readonly FailoverCourse[] = [];

  before(async () => {
    cluster = await EtcdCluster.start({ members: 1 });
    courses = Array.from(
      { length: COURSES },
      (_, index) =>
        new FailoverCourse({
          seed: seed + index,
          cluster,
          prefix: `/course-${index}`,
          servers: 3,
          from: 'dist',
          failovers: someFailovers(new SeededRandom(seed + index)),
        }),
    );
    // One that breaks off leaves the other its etcd.
    const ends = await Promise.allSettled(courses.map((course) => course.run()));
    const broken = ends.find((end) => end.status === 'rejected');
    if (broken !== undefined) {
      throw broken.reason;
    }
  });

  after(() => cluster.stop());

  it('have a history that one lock server explains, and no answer of one while another led', () => {
    expect(courses.flatMap((course) => [...course.faults()])).to.deep.equal([]);
  });

  it(`have failed over ${FAILOVER_COUNT} times or more by then`, () => {
    const counts = courses.map(({ failoverCount }) => failoverCount);
    expect(counts.reduce((sum, count) => sum + count)).to.be.at.least(FAILOVER_COUNT);
  });

  it('have granted, refused and renewed by then, over streams and by single calls', () => {
    const books = courses.flatMap((course) => course.books);
    for (const isUnary of [false, true]) {
      for (const kind of ['granted', 'busy', 'renewed', 'released'] as const) {
        const counts = books
          .filter((book) => book.isUnary === isUnary)
          .map((book) => book.countOf(kind));
        expect(
          counts.reduce((sum, count) => sum + count),
          kind,
        ).to.be.at.least(FAILOVER_COUNT);
      }
    }
    const operationCounts = courses.map(({ operationCount }) => operationCount);
    expect(Math.min(...operationCounts)).to.be.at.least(10 * FAILOVER_COUNT);
  });
});
