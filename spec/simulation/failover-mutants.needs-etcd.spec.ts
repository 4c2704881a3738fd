/** The judges of failovers condemn whom they should: each planted fault of leading is found. */
import { expect } from 'chai';
import { FAILOVERS } from './failover-course.js';
import { FAILOVER_MUTANTS, type FailoverMutant } from './failover-mutant-list.js';
import { type Finding, MutantCopy } from './mutant-trial.js';

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

  it('finds nothing in a copy without a fault', async () => {
    expect(await findingOf({ edits: [], failovers: FAILOVERS })).to.equal(undefined);
  });
});
