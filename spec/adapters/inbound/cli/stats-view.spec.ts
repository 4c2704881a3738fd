import { expect } from 'chai';
import { statsJson, statsLines } from '../../../../adapters/inbound/cli/stats-view.js';
import { someStats } from '../../../support/some-holder.js';

const STATS = someStats({
  role: 'leader',
  lockCount: 1,
  leaseCount: 2,
  waiterCount: 3,
  sessionCount: 4,
  grantCount: 5,
  renewalCount: 6,
  endCounts: { released: 7, expired: 8, revoked: 9, 'session-ended': 10 },
  fencingToken: 11,
});

describe('statsLines', () => {
  it('shows each number once', () => {
    expect(statsLines(STATS).map((line) => line.replace(/ {2,}/g, ' '))).to.deep.equal([
      'Version: 1.2.3',
      'Role: leader',
      'Up for: 1m0s',
      'Leases: 2',
      'Waiters: 3',
      'Sessions: 4',
      'Names known: 1',
      'Fencing token: 11',
      'Since the start:',
      ' granted 5',
      ' renewed 6',
      ' released 7',
      ' expired 8',
      ' revoked 9',
      ' session ended 10',
    ]);
  });
});

describe('statsJson', () => {
  it('writes one object on one line', () => {
    const lines = statsJson(STATS);
    expect(lines).to.have.lengthOf(1);
    expect(JSON.parse(lines[0] ?? '')).to.deep.equal({
      version: '1.2.3',
      role: 'leader',
      uptimeMs: 60_000,
      lockCount: 1,
      leaseCount: 2,
      waiterCount: 3,
      sessionCount: 4,
      grantCount: 5,
      renewalCount: 6,
      releasedCount: 7,
      expiredCount: 8,
      revokedCount: 9,
      sessionEndedCount: 10,
      fencingToken: 11,
    });
  });
});
