import { expect } from 'chai';
import { topLines } from '../../../../adapters/inbound/cli/top-view.js';
import { someLock, someStats } from '../../../support/some-holder.js';

const BEFORE = {
  stats: someStats({ now: 1_060_000, grantCount: 100 }),
  locks: [someLock({ name: 'a', grantCount: 50 }), someLock({ name: 'again', grantCount: 9 })],
};

const LOOK = {
  stats: someStats({
    now: 1_062_000,
    leaseCount: 3,
    waiterCount: 2,
    sessionCount: 4,
    lockCount: 5,
    grantCount: 103,
    endCounts: { released: 400, expired: 0, revoked: 0, 'session-ended': 0 },
  }),
  locks: [
    someLock({ name: 'a', holderCount: 1, waiterCount: 2, grantCount: 53 }),
    someLock({ name: 'new\n', holderCount: 1, grantCount: 1 }),
    someLock({ name: 'again', grantCount: 1 }),
  ],
};

describe('topLines', () => {
  it('shows how fast things happened since the look before, and the busiest locks', () => {
    expect(topLines(LOOK, BEFORE)).to.deep.equal([
      'ldlm 1.2.3, single, up for 1m2s',
      '3 leases, 2 waiters, 4 sessions, 5 names known',
      'a second: granted 1.5, renewed 0.0, released 200, expired 0.0, revoked 0.0, session ended 0.0',
      '',
      'WAITING  HELD  SIZE  GRANTED  GRANTED/S  NAME',
      '      2     1     1       53        1.5  a',
      '      0     1     1        1          -  new\\n',
      '      0     0     1        1          -  again',
    ]);
  });

  it('shows how fast they happened since the start, without a look before', () => {
    expect(topLines(LOOK)[2]).to.match(/^a second: granted 1\.7, .*released 6\.5/);
  });

  it('shows nothing below zero of a server that was restarted', () => {
    expect(topLines(BEFORE, LOOK)[2]).to.match(/granted 0\.0/);
  });
});
