/** Histories of real processes: what the simulation shows of one clock and one program holds for many of them on a machine. */
import { expect } from 'chai';
import { SeededRandom } from '../support/seeded-random.js';
import { faultsOf } from './history-checker.js';
import { ProcessCourse, TROUBLES, type Trouble } from './process-course.js';
import { type Beliefs, historyOf, type ReportBook } from './report-book.js';
import type { ReportedLine } from './reported-line.js';

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);

const CAREFUL = { areCareful: true };
const CARELESS = { areCareful: false };

/** The same troubles in the order of the seed. */
function shuffled(random: SeededRandom): readonly Trouble[] {
  const left: Trouble[] = [...TROUBLES];
  return TROUBLES.map(() => left.splice(random.below(left.length), 1)[0] as Trouble);
}

function faultsIn({ books, cutsAt }: ProcessCourse, beliefs: Beliefs): readonly string[] {
  const { history, faults } = historyOf(books, cutsAt, beliefs);
  return [...faults, ...faultsOf(history)];
}

function countOf(books: readonly ReportBook[], kind: ReportedLine['kind']): number {
  return books.reduce((sum, book) => sum + book.countOf(kind), 0);
}

describe(`Processes that are killed, stopped and started again (SEED=${seed})`, function () {
  this.timeout(120_000);
  const troubles = shuffled(new SeededRandom(seed));
  const course = new ProcessCourse({
    seed,
    keepsState: true,
    clientCounts: { stream: 2, unary: 2 },
    recoveryWindowMs: { least: 1_000, most: 2_000 },
    troubles,
  });

  before(() => course.run());

  it(`have a history that a lock server explains, over: ${troubles.join('; ')}`, () => {
    expect(faultsIn(course, CAREFUL)).to.deep.equal([]);
  });

  it('have locked, renewed, lost and been refused by then, over streams and by single calls', () => {
    for (const isUnary of [false, true]) {
      const books = course.books.filter((book) => book.isUnary === isUnary);
      for (const kind of ['granted', 'busy', 'renewed', 'released', 'lost'] as const) {
        expect(countOf(books, kind), kind).to.be.at.least(2);
      }
      expect(countOf(books, 'granted')).to.be.at.least(40);
    }
  });

  it('would be condemned if who was stopped beyond its lease still believed in it', () => {
    expect(faultsIn(course, CARELESS).join()).to.contain('no order explains it');
  });
});

describe(`Processes whose server forgets all when it is killed (SEED=${seed})`, function () {
  this.timeout(120_000);

  it('are condemned', async () => {
    const course = new ProcessCourse({
      seed,
      keepsState: false,
      clientCounts: { stream: 1, unary: 0 },
      recoveryWindowMs: { least: 10_000, most: 10_000 },
      troubles: ['server forgets'],
    });
    await course.run();
    expect(faultsIn(course, CAREFUL)).not.to.deep.equal([]);
  });
});
