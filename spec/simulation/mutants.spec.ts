/** The judges of the simulation condemn whom they should: each planted fault is found within the seeds of every day. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { expect } from 'chai';
import { MUTANTS } from './mutant-list.js';
import { TABLE_HEAD } from './mutant-table.js';
import { edited, type Finding, MutantCopy } from './mutant-trial.js';

const SEEDS_MAX = 300;

/** Starts each when there is a core for it. */
class Trials {
  readonly findings = new Map<string, Promise<Finding | undefined>>();
  #left: (() => Promise<unknown>)[] = [];

  start(): void {
    for (const mutant of MUTANTS) {
      const finding = new Promise<Finding | undefined>((resolve, reject) => {
        this.#left.push(() => findingOf(mutant).then(resolve, reject));
      });
      finding.catch(() => undefined);
      this.findings.set(mutant.does, finding);
    }
    for (let count = 0; count < Math.min(availableParallelism(), 8); count += 1) {
      this.#next();
    }
  }

  stop(): void {
    this.#left = [];
  }

  #next(): void {
    const next = this.#left.shift();
    // A trial that breaks is its own spec's to tell.
    const goOn = () => this.#next();
    next?.().then(goOn, goOn);
  }
}

/** The rows of docs/TESTING.md: what each planted fault does, and the seed that found it when the table was printed. */
function rowsTold(): readonly { readonly does: string; readonly seed: number }[] {
  const [, table = ''] = readFileSync('docs/TESTING.md', 'utf8').split(TABLE_HEAD);
  const rows = table.split('\n\n')[0]?.trim().split('\n') ?? [];
  return rows.map((row) => {
    const [does = '', seed] = row.slice(2).split(' | ');
    return { does, seed: Number(seed) };
  });
}

const SEEDS_TOLD = new Map(rowsTold().map(({ does, seed }) => [does, seed]));

/** By the seed that is told of, if it finds the fault still; by any within the bound otherwise. */
async function findingOf(mutant: (typeof MUTANTS)[number]): Promise<Finding | undefined> {
  const copy = new MutantCopy(mutant);
  try {
    return await copy.findFault({ seedsMax: SEEDS_MAX, first: SEEDS_TOLD.get(mutant.does) });
  } finally {
    copy.remove();
  }
}

describe('The simulation', function () {
  this.timeout(600_000);
  const trials = new Trials();

  before(() => trials.start());
  after(() => trials.stop());

  for (const { does } of MUTANTS) {
    it(`finds one that ${does}`, async () => {
      expect((await trials.findings.get(does))?.violation).to.be.a('string');
    });
  }

  it('finds nothing in a copy without a fault', async () => {
    const copy = new MutantCopy({ edits: [] });
    try {
      expect(await copy.findFault({ seedsMax: 20 })).to.equal(undefined);
    } finally {
      copy.remove();
    }
  });

  it('has as many planted faults as docs/TESTING.md tells of, and the same', () => {
    expect(rowsTold().map(({ does }) => does)).to.deep.equal(MUTANTS.map(({ does }) => does));
    expect(MUTANTS.length).to.be.at.least(25);
  });
});

describe('edited', () => {
  const edit = { file: 'f.ts', find: 'one', replace: 'two' };

  it('replaces what stands there once', () => {
    expect(edited('as one says', edit)).to.equal('as two says');
  });

  for (const text of ['', 'one by one']) {
    it(`refuses ${JSON.stringify(text)}: a list that is out of date plants nothing`, () => {
      expect(() => edited(text, edit)).to.throw(/f\.ts has \d times: one/);
    });
  }
});
