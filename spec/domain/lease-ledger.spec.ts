import { expect } from 'chai';
import fc from 'fast-check';
import type { Fact, LeaseEnded } from '../../domain/facts.js';
import { InvariantError } from '../../domain/invariant.js';
import type { KeptLease, KeptSession } from '../../domain/kept-state.js';
import { LeaseLedger, LedgerError } from '../../domain/lease-ledger.js';
import type { LedgerSnapshot } from '../../domain/ledger-snapshot.js';
import { ended, granted, renewed, sessionEnded, sessionOpened } from '../contracts/some-facts.js';

describe('LeaseLedger', () => {
  function ledgerOf(...facts: readonly Fact[]): LeaseLedger {
    const ledger = new LeaseLedger();
    for (const fact of facts) {
      ledger.apply(fact);
    }
    return ledger;
  }

  function kept(index: number, leaseMs = granted(index).leaseMs): KeptLease {
    const { type: _, ...lease } = granted(index);
    return { ...lease, leaseMs };
  }

  describe('folds facts', () => {
    it('into nothing when there are none', () => {
      const ledger = new LeaseLedger();
      expect([ledger.leases.size, ledger.fencingToken]).to.deep.equal([0, 0]);
    });

    it('into the leases that live, by key', () => {
      const { leases } = ledgerOf(granted(1), granted(2), ended(1));
      expect([...leases]).to.deep.equal([['key-2', kept(2)]]);
    });

    it('into the latest length of a lease that was renewed', () => {
      const { leases } = ledgerOf(
        granted(1),
        renewed(1, { leaseMs: 5 }),
        renewed(1, { leaseMs: 6 }),
      );
      expect(leases.get('key-1')).to.deep.equal(kept(1, 6));
    });

    it('into the highest fencing token, though its lease has ended', () => {
      expect(ledgerOf(granted(1), granted(7), ended(7)).fencingToken).to.equal(
        granted(7).fencingToken,
      );
    });

    it('onto the fencing token that it begins from', () => {
      const ledger = new LeaseLedger(Number.MAX_SAFE_INTEGER);
      ledger.apply(granted(1));
      expect(ledger.fencingToken).to.equal(Number.MAX_SAFE_INTEGER);
    });

    it('onto leases restored from a snapshot', () => {
      const ledger = new LeaseLedger();
      ledger.restore(kept(1));
      ledger.apply(renewed(1, { leaseMs: 5 }));
      expect([...ledger.leases.values()]).to.deep.equal([kept(1, 5)]);
    });

    it('leaving the leases that it showed before as they were', () => {
      const ledger = ledgerOf(granted(1));
      const shown = [...ledger.leases.values()];
      ledger.apply(renewed(1, { leaseMs: 5 }));
      expect(shown).to.deep.equal([kept(1)]);
    });
  });

  describe('folds the facts of stream sessions', () => {
    function keptSession(sessionId: string, releases: readonly number[] = []): KeptSession {
      const { type: _, ...session } = sessionOpened(sessionId);
      return { ...session, releases };
    }

    function sessionsOf(...facts: readonly Fact[]): readonly KeptSession[] {
      return Array.from(ledgerOf(...facts).sessions.values(), (session) => session.copy());
    }

    function by(requestId: number, heardBelow = 1): Partial<LeaseEnded> {
      return { by: { sessionId: 's1', requestId, heardBelow } };
    }

    it('into those that are open', () => {
      expect(
        sessionsOf(sessionOpened('s1'), sessionOpened('s2'), sessionEnded('s1')),
      ).to.deep.equal([keptSession('s2')]);
    });

    it('into one that opens again under its id, as if it were the first', () => {
      const before = [sessionOpened('s1'), granted(1), ended(1, by(7)), sessionEnded('s1')];
      expect(sessionsOf(...before, sessionOpened('s1'))).to.deep.equal([keptSession('s1')]);
    });

    it('into its releases, in their order', () => {
      const grants = [granted(1), granted(2)];
      expect(
        sessionsOf(sessionOpened('s1'), ...grants, ended(2, by(7)), ended(1, by(9))),
      ).to.deep.equal([keptSession('s1', [7, 9])]);
    });

    it('into the releases whose answers it may not have heard', () => {
      const grants = [granted(1), granted(2)];
      expect(
        sessionsOf(sessionOpened('s1'), ...grants, ended(2, by(7)), ended(1, by(9, 8))),
      ).to.deep.equal([keptSession('s1', [9])]);
    });

    it('onto sessions restored from a snapshot', () => {
      const ledger = new LeaseLedger();
      ledger.restoreSession(keptSession('s1', [3]));
      ledger.apply(granted(1));
      ledger.apply(ended(1, by(7)));
      expect(ledger.sessions.get('s1')?.releases).to.deep.equal([3, 7]);
    });

    it('leaving a session its releases, whosever the lease was', () => {
      const facts = [sessionOpened('s1'), granted(1, { sessionId: 's2' }), ended(1, by(7))];
      expect(sessionsOf(...facts)).to.deep.equal([keptSession('s1', [7])]);
    });

    it('leaving leases to live on when their session has ended', () => {
      const grant = granted(1, { sessionId: 's1', requestId: 1 });
      const { leases } = ledgerOf(sessionOpened('s1'), grant, sessionEnded('s1'));
      expect([...leases.keys()]).to.deep.equal(['key-1']);
    });

    it('keeping a lease’s number and words over its renewal', () => {
      const fields = { requestId: 7, metadata: { purpose: 'p' } };
      const { leases } = ledgerOf(granted(1, fields), renewed(1, { leaseMs: 5 }));
      expect(leases.get('key-1')).to.deep.include({ ...fields, leaseMs: 5 });
    });
  });

  describe('refuses', () => {
    const unknown = { sessionId: 's1', requestId: 7, heardBelow: 1 };
    const contradictions: readonly (readonly [string, readonly Fact[], Fact, RegExp])[] = [
      [
        'a key granted twice',
        [granted(1)],
        granted(2, { key: 'key-1' }),
        /"lock-2" is granted twice/,
      ],
      ['the end of nothing', [], ended(1), /lease-ended of lock "lock-1" names a key that holds/],
      ['the end of what has ended', [granted(1), ended(1)], ended(1), /lease-ended of lock/],
      ['the renewal of nothing', [], renewed(1, { leaseMs: 1 }), /lease-renewed of lock "lock-1"/],
      ['an end on another lock', [granted(1)], ended(1, { name: 'b' }), /lease-ended of lock "b"/],
      [
        'a session opened twice',
        [sessionOpened('s1')],
        sessionOpened('s1'),
        /the session "s1" is opened twice/,
      ],
      ['the end of a session that is not open', [], sessionEnded('s1'), /"s1", which is not open/],
      [
        'the end of a session that has ended',
        [sessionOpened('s1'), sessionEnded('s1')],
        sessionEnded('s1'),
        /"s1", which is not open/,
      ],
      [
        'a release by a session that is not open',
        [granted(1)],
        ended(1, { by: unknown }),
        /"s1", which is not open/,
      ],
      ['a session’s id too long to be shown', [], sessionEnded('x'.repeat(65_536)), /^.{1,256}$/],
      ['a name too long to be shown', [], ended(1, { name: 'x'.repeat(65_536) }), /^.{1,256}$/],
    ];
    for (const [what, facts, fact, message] of contradictions) {
      it(what, () => {
        const ledger = ledgerOf(...facts);
        const before = [[...ledger.leases], [...ledger.sessions]];
        expect(() => ledger.apply(fact)).to.throw(LedgerError, message);
        expect([[...ledger.leases], [...ledger.sessions]]).to.deep.equal(before);
      });
    }
  });

  describe('takes a snapshot', () => {
    function read(snapshot: LedgerSnapshot, leasesMax = 1): KeptLease[] {
      const leases: KeptLease[] = [];
      let page = snapshot.nextLeases(leasesMax);
      for (; page !== undefined; page = snapshot.nextLeases(leasesMax)) {
        leases.push(...page);
      }
      return leases;
    }

    it('of nothing', () => {
      const snapshot = new LeaseLedger(9).snapshot();
      expect(snapshot.leaseCount).to.equal(0);
      expect(snapshot.fencingToken).to.equal(9);
      expect(read(snapshot)).to.deep.equal([]);
    });

    it('in pages no longer than asked for', () => {
      const snapshot = ledgerOf(granted(1), granted(2), granted(3)).snapshot();
      expect(snapshot.nextLeases(2)).to.deep.equal([kept(1), kept(2)]);
      expect(snapshot.nextLeases(2)).to.deep.equal([kept(3)]);
      expect(snapshot.nextLeases(2)).to.equal(undefined);
    });

    it('one at a time', () => {
      const ledger = ledgerOf(granted(1));
      ledger.snapshot();
      expect(() => ledger.snapshot()).to.throw(InvariantError);
    });

    it('anew when the one before was read to its end', () => {
      const ledger = ledgerOf(granted(1));
      read(ledger.snapshot());
      expect(read(ledger.snapshot())).to.deep.equal([kept(1)]);
    });

    it('anew when the one before was discarded, whatever had been read of it', () => {
      const ledger = ledgerOf(granted(1), granted(2));
      const first = ledger.snapshot();
      first.nextLeases(1);
      ledger.apply(renewed(2, { leaseMs: 5 }));
      first.discard();
      expect(read(ledger.snapshot())).to.have.deep.members([kept(1), kept(2, 5)]);
    });

    it('that passes over a bounded number of entries for a page', () => {
      const indexes = Array.from({ length: 100 }, (_, index) => index);
      const ledger = ledgerOf(...indexes.map((index) => granted(index)));
      const snapshot = ledger.snapshot();
      for (const index of indexes.slice(0, 99)) {
        ledger.apply(renewed(index, { leaseMs: 5 }));
        snapshot.nextLeases(1);
      }
      expect(snapshot.nextLeases(1)).to.deep.equal([]);
      expect(snapshot.nextLeases(1)).to.deep.equal([kept(99)]);
      expect(snapshot.nextLeases(1)).to.equal(undefined);
    });

    const anyChange = fc.record({
      kind: fc.constantFrom('grant', 'renew', 'end', 'read'),
      index: fc.nat({ max: 12 }),
      leasesMax: fc.integer({ min: 1, max: 4 }),
    });
    type Change = typeof anyChange extends fc.Arbitrary<infer Value> ? Value : never;

    /** @returns what a snapshot gave that was taken at a step, and what it was to give. */
    function replay(
      changes: readonly Change[],
      takenAt: number,
    ): readonly (readonly KeptLease[])[] {
      const ledger = new LeaseLedger();
      let snapshot = new LeaseLedger().snapshot();
      let expected: readonly KeptLease[] = [];
      const found: KeptLease[] = [];
      for (const [step, { kind, index, leasesMax }] of changes.entries()) {
        if (step === takenAt) {
          expected = [...ledger.leases.values()];
          snapshot = ledger.snapshot();
        }
        const isHeld = ledger.leases.has(`key-${index}`);
        if (kind === 'read') {
          found.push(...(snapshot.nextLeases(leasesMax) ?? []));
        } else if (kind === 'grant' && !isHeld) {
          ledger.apply(granted(index, { fencingToken: step, leaseMs: step }));
        } else if (kind === 'renew' && isHeld) {
          ledger.apply(renewed(index, { leaseMs: step }));
        } else if (kind === 'end' && isHeld) {
          ledger.apply(ended(index));
        }
      }
      return [found.concat(read(snapshot, 3)), expected];
    }

    it('that has everything as it was when it was taken, whatever happens while it is read', () => {
      const steps = fc.array(anyChange, { maxLength: 60 });
      fc.assert(
        fc.property(steps, fc.nat({ max: 40 }), (changes, takenAt) => {
          const [found, expected] = replay(changes, takenAt);
          expect(found).to.have.deep.members([...(expected ?? [])]);
        }),
      );
    });
  });
});
