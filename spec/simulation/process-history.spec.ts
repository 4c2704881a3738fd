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

/** What no run goes without: by these it is seen that the judge is not blind. */
const ALWAYS: readonly Trouble[] = [
  'client stopped beyond its lease',
  'client stopped beyond its session',
];
const OTHERS = 5;

/** As many others as there is time for, in an order of the seed's. */
function someTroubles(random: SeededRandom): readonly Trouble[] {
  const others = TROUBLES.filter((trouble) => !ALWAYS.includes(trouble));
  const drawn = (from: Trouble[]) => from.splice(random.below(from.length), 1)[0] as Trouble;
  const chosen = [...ALWAYS, ...Array.from({ length: OTHERS }, () => drawn(others))];
  return Array.from({ length: chosen.length }, () => drawn(chosen));
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
  const troubles = someTroubles(new SeededRandom(seed));
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
      for (const kind of ['busy', 'renewed', 'released'] as const) {
        expect(countOf(books, kind), kind).to.be.at.least(1);
      }
      expect(countOf(books, 'granted')).to.be.at.least(20);
    }
    expect(countOf(course.books, 'lost')).to.be.at.least(1);
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
