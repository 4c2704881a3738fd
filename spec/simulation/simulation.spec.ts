/** The seeds of every day; `npm run simulate` runs as many others as one likes. */
import { expect } from 'chai';
import { simulate } from './simulation.js';
import { addTo, emptyTotals, idlenessOf, verdictOn } from './verdict.js';

const SEED_COUNT = 500;
const SHARE = 50;

/** Everything that can go wrong, as the simulation counts it. */
const FAULTS = [
  'client closes',
  'client killed',
  'client paused',
  'connection cut',
  'lock revoked',
  'partition',
  'server fails',
  'server killed',
  'server loses power',
  'server paused',
  'server stops',
];

describe('A simulated server and its clients', function () {
  this.timeout(300_000);
  const totals = emptyTotals();
  const seen = new Set<string>();

  for (let from = 1; from <= SEED_COUNT; from += SHARE) {
    it(`keep every promise with the seeds ${from} to ${from + SHARE - 1}`, async () => {
      for (let seed = from; seed < from + SHARE; seed += 1) {
        const report = await simulate({ seed });
        expect(verdictOn(report), `SEED=${seed}`).to.deep.equal([]);
        addTo(totals, report);
        for (const fault of Object.keys(report.faultCounts)) {
          seen.add(fault);
        }
      }
    });
  }

  it('have met every fault by then, and had much to do', () => {
    expect([...seen].sort()).to.deep.equal(FAULTS);
    expect(idlenessOf(totals, SEED_COUNT)).to.deep.equal([]);
  });

  it('go the same way with the same seed, and another with another', async () => {
    const hashes = await Promise.all(
      [11, 11, 12].map(async (seed) => (await simulate({ seed })).traceHash),
    );
    expect(hashes[0]).to.equal(hashes[1]);
    expect(hashes[0]).not.to.equal(hashes[2]);
  });

  it('prove nothing when hardly anything is done', async () => {
    const report = await simulate({ seed: 1, operationCount: 3 });
    expect(report.violations).to.deep.equal([]);
    expect(verdictOn(report)).to.match(/an idle run: \d grants/);
  });
});
