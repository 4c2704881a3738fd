/** The judges of failovers condemn whom they should: each planted fault of leading is found. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { FAILOVERS } from './failover-course.js';
import { FAILOVER_MUTANTS, type FailoverMutant } from './failover-mutant-list.js';
import { type Finding, MutantCopy } from './mutant-trial.js';

const TABLE_HEAD = '| The planted fault | As |\n| --- | --- |';

/** A planted fault shows by how real processes happen to meet: on one of so many courses, mostly the first. */
const COURSES_MAX = 3;

async function findingOf({
  edits,
  failovers,
  courses,
}: ConstructorParameters<typeof MutantCopy>[0] &
  Pick<FailoverMutant, 'failovers'> & { readonly courses: number }) {
  const copy = new MutantCopy({ edits });
  try {
    return await copy.findFaultOf({ failovers, courses });
  } finally {
    copy.remove();
  }
}

describe('The history of servers whose leaders fall', function () {
  this.timeout(300_000);

  for (const { does, ...mutant } of FAILOVER_MUTANTS) {
    it(`condemns one that ${does}`, async () => {
      const finding: Finding | undefined = await findingOf({ ...mutant, courses: COURSES_MAX });
      expect(finding?.violation).to.be.a('string');
    });
  }

  it('has as many planted faults as docs/TESTING.md tells of, and the same', () => {
    const [, table = ''] = readFileSync('docs/TESTING.md', 'utf8').split(TABLE_HEAD);
    const rows = table.split('\n\n')[0]?.trim().split('\n') ?? [];
    expect(rows.map((row) => row.split(' | ')[0]?.slice(2))).to.deep.equal(
      FAILOVER_MUTANTS.map(({ does }) => does),
    );
  });

  it('finds nothing in a copy without a fault', async () => {
    expect(await findingOf({ edits: [], failovers: FAILOVERS, courses: 1 })).to.equal(undefined);
  });
});
