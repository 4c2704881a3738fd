/** The judges of failovers condemn whom they should: each planted fault of leading is found. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { FAILOVERS } from './failover-course.js';
import { FAILOVER_MUTANTS, type FailoverMutant } from './failover-mutant-list.js';
import { type Finding, MutantCopy } from './mutant-trial.js';

const TABLE_HEAD = '| The planted fault | As |\n| --- | --- |';

async function findingOf({
  edits,
  failovers,
}: Pick<FailoverMutant, 'failovers'> & Pick<ConstructorParameters<typeof MutantCopy>[0], 'edits'>) {
  const copy = new MutantCopy({ edits });
  try {
    return await copy.findFaultOf(failovers);
  } finally {
    copy.remove();
  }
}

describe('The history of servers whose leaders fall', function () {
  this.timeout(300_000);

  for (const { does, ...mutant } of FAILOVER_MUTANTS) {
    it(`condemns one that ${does}`, async () => {
      const finding: Finding | undefined = await findingOf(mutant);
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
    expect(await findingOf({ edits: [], failovers: FAILOVERS })).to.equal(undefined);
  });
});
