import { expect } from 'chai';
import { JournalFold } from '../../domain/journal-fold.js';
import {
  batchMembers,
  encodeFact,
  encodeLease,
  encodeSession,
  leasesMembers,
  sessionsMembers,
} from '../../domain/journal-record.js';
import { LedgerError } from '../../domain/lease-ledger.js';
import { ended, granted, sessionOpened } from '../contracts/some-facts.js';

describe('A JournalFold', () => {
  const header = { batches: 7, fencingToken: 50, leases: 1, sessions: 1 };

  function record(members: string): unknown {
    return JSON.parse(`{${members}}`);
  }

  const leases = record(leasesMembers(1, encodeLease(granted(1))));
  const sessions = record(
    sessionsMembers(2, encodeSession({ ...sessionOpened('s'), releases: [4] })),
  );

  it('takes the snapshot, then the batches behind it', () => {
    const fold = new JournalFold(header);
    fold.take(leases);
    expect(fold.isInSnapshot).to.equal(true);
    fold.take(sessions);
    expect(fold.isInSnapshot).to.equal(false);
    fold.take(record(batchMembers(8, [granted(2), ended(1)].map(encodeFact).join())));
    expect(fold.batchNumber).to.equal(8);
    expect([...fold.ledger.leases.keys()]).to.deep.equal([granted(2).key]);
    expect(fold.ledger.sessions.get('s')?.releases).to.deep.equal([4]);
    expect(fold.ledger.fencingToken).to.equal(Math.max(50, granted(2).fencingToken));
  });

  it('takes no batch before its snapshot is whole, and no snapshot after', () => {
    const early = record(batchMembers(8, encodeFact(granted(2))));
    expect(() => new JournalFold(header).take(early)).to.throw(TypeError, 'a batch cannot stand');
    const fold = new JournalFold({ ...header, leases: 0, sessions: 0 });
    expect(() => fold.take(leases)).to.throw(TypeError, 'a snapshot cannot stand');
  });

  it('takes parts and batches by their numbers only', () => {
    expect(() => new JournalFold(header).take(sessions)).to.throw(TypeError, 'the number 2');
    const fold = new JournalFold({ ...header, leases: 0, sessions: 0 });
    const late = record(batchMembers(9, encodeFact(granted(2))));
    expect(() => fold.take(late)).to.throw(TypeError, 'the number 9 in the place of 8');
  });

  it('takes no more than the header announced, and no fact that contradicts those before', () => {
    const two = [granted(1), granted(2)].map(encodeLease).join();
    const small = new JournalFold({ ...header, sessions: 0 });
    expect(() => small.take(record(leasesMembers(1, two)))).to.throw(TypeError, 'more than');
    const fold = new JournalFold({ ...header, leases: 0, sessions: 0 });
    const stranger = record(batchMembers(8, encodeFact(ended(3))));
    expect(() => fold.take(stranger)).to.throw(LedgerError);
  });
});
