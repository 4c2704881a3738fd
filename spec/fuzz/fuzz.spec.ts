/** A small share of `npm run fuzz`, always the same; and each of its judges is seen to find what it is there for. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { SeededRandom } from '../support/seeded-random.js';
import { type FuzzOutcome, fuzzInChild } from './fuzz-child.js';
import { type FuzzReport, fuzz } from './fuzz-run.js';
import { Mutator } from './mutator.js';
import { PLANTED_FAULTS } from './planted-faults.js';
import { TARGETS } from './targets.js';

const SEED = 1;
/** Of a million: what each target can be given within a few seconds. */
const SCALE = 0.005;
const INPUTS_MIN = 160;
const SILENCE_MS_MAX = 120_000;

const SMALL = Object.entries(TARGETS).map(([name, { share }]) => ({
  name,
  inputCount: Math.max(INPUTS_MIN, share * SCALE),
}));

function faultsOf({ findings }: FuzzReport): string {
  return findings.map(({ fault }) => fault).join('\n');
}

describe('Fuzzing the server', function () {
  this.timeout(300_000);
  let outcome: FuzzOutcome;

  before(async () => {
    outcome = await fuzzInChild({ targets: SMALL, seed: SEED, silenceMsMax: SILENCE_MS_MAX });
  });

  for (const { name, inputCount } of SMALL) {
    it(`finds nothing in ${TARGETS[name]?.what}`, () => {
      const report = outcome.reports.get(name);
      expect(outcome.failure).to.equal(undefined);
      expect(report?.findings).to.deep.equal([]);
      expect(report?.inputCount).to.be.at.least(inputCount);
      // Not all was refused, nor was all taken.
      expect(report?.takenCount).to.be.within(inputCount / 50, inputCount * 0.9);
    });
  }

  it('throws a million inputs in all', () => {
    const shares = Object.values(TARGETS).map(({ share }) => share);
    expect(shares.reduce((sum, share) => sum + share, 0)).to.equal(1_000_000);
  });

  it('is told of in docs/TESTING.md, target by target', () => {
    const page = readFileSync('docs/TESTING.md', 'utf8');
    const untold = Object.values(TARGETS).filter(({ what }) => !page.includes(`| ${what} | `));
    expect(untold.map(({ what }) => what)).to.deep.equal([]);
  });
});

describe('Mutator', () => {
  const mutator = new Mutator({ seeds: ['{"name":"a"}', 'bcd'], tokens: ['null'] });

  function made(seed: number): string {
    return mutator.make(new SeededRandom(seed)).toString('hex');
  }

  it('makes the same of the same seed', () => {
    for (let seed = 1; seed < 100; seed += 1) {
      expect(made(seed)).to.equal(made(seed));
    }
  });

  it('makes other inputs of others, and leaves few as they were', () => {
    const inputs = Array.from({ length: 1_000 }, (_, seed) => made(seed));
    expect(new Set(inputs).size).to.be.above(700);
  });
});

describe('The judges of fuzzing', function () {
  this.timeout(300_000);

  for (const { fault, target, inputCount, found } of PLANTED_FAULTS) {
    it(`find ${fault}`, async () => {
      const report = await fuzz({ target, seed: SEED, inputCount, settleMsMax: 100 });
      expect(faultsOf(report)).to.match(found);
    });
  }

  it('find what nobody catches, nobody handles, and nobody lets go', async () => {
    const names = ['throws-beside', 'rejects-unheard', 'keeps-memory'];
    const targets = names.map((name) => ({ name, inputCount: 500 }));
    const { reports } = await fuzzInChild({ targets, seed: SEED, silenceMsMax: SILENCE_MS_MAX });
    const faults = [...reports.values()].map(faultsOf);
    expect(faults[0]).to.match(/nobody caught TypeError: planted/);
    expect(faults[1]).to.match(/nobody handled Error: planted rejection/);
    expect(faults[2]).to.match(/ MiB are kept/);
  });

  for (const [name, silenceMsMax, failure] of [
    ['exits', SILENCE_MS_MAX, 'its process ended with 0 in exits, behind 0 inputs'],
    ['hangs', 1_000, 'it hung in hangs, behind 0 inputs'],
  ] as const) {
    it(`find one that ${name}`, async () => {
      const targets = [{ name, inputCount: 100 }];
      const outcome = await fuzzInChild({ targets, seed: SEED, silenceMsMax });
      expect(outcome).to.deep.equal({ reports: new Map(), failure });
    });
  }
});
