import { expect } from 'chai';
import { type Offence, Patience } from '../../../../adapters/inbound/grpc/patience.js';

/** How many of one offence are borne in one moment. */
function borne(offence: Offence, patience = new Patience(0), now = 0): number {
  let count = 0;
  while (patience.bears(offence, now)) {
    count += 1;
  }
  return count;
}

describe('Patience', () => {
  for (const [offence, count] of [
    ['headers-gross', 0],
    ['headers-too-large', 20],
    ['message-overdue', 100],
    ['answer-untaken', 20],
    ['open-call-too-long', 20],
    ['call-taken-back', 200],
  ] as const) {
    it(`bears ${offence} ${count} times in one moment`, () => {
      expect(borne(offence)).to.equal(count);
    });
  }

  it('is regained in time', () => {
    const patience = new Patience(0);
    for (let count = 0; count < 200; count += 1) {
      patience.bears('call-taken-back', 0);
    }
    expect(borne('call-taken-back', patience, 1_000)).to.equal(6);
  });

  it('is no greater after a long time', () => {
    const patience = new Patience(0);
    patience.bears('call-taken-back', 0);
    expect(borne('call-taken-back', patience, 3_600_000)).to.equal(200);
  });
});
