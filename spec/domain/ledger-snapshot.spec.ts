import { expect } from 'chai';
import fc from 'fast-check';
import type { Fact } from '../../domain/facts.js';
import type { KeptLease, KeptSession } from '../../domain/kept-state.js';
import { LeaseLedger } from '../../domain/lease-ledger.js';
import type { LedgerSnapshot } from '../../domain/ledger-snapshot.js';
import { assertFold } from '../contracts/recovered-state.js';
import { ended, granted, renewed, sessionEnded, sessionOpened } from '../contracts/some-facts.js';

/** More than any ledger here fills. */
const PAGES_MAX = 1_000;

describe('LedgerSnapshot', () => {
  function ledgerOf(...facts: readonly Fact[]): LeaseLedger {
    const ledger = new LeaseLedger();
    for (const fact of facts) {
      ledger.apply(fact);
    }
    return ledger;
  }

  function kept(sessionId: string, releases: readonly number[] = []): KeptSession {
    const { type: _, ...session } = sessionOpened(sessionId);
    return { ...session, releases };
  }

  function released(index: number, sessionId: string, requestId: number): Fact {
    return ended(index, { by: { sessionId, requestId, heardBelow: 1 } });
  }

  /** Every page that there is of something; a snapshot that misses an entry has no last one. */
  function all<Kept>(next: () => readonly Kept[] | undefined): Kept[] {
    const found: Kept[] = [];
    for (let pageCount = 0; pageCount < PAGES_MAX; pageCount += 1) {
      const page = next();
      if (page === undefined) {
        return found;
      }
      found.push(...page);
    }
    throw new Error(`a snapshot has more than ${PAGES_MAX} pages`);
  }

  function sessionsOf(snapshot: LedgerSnapshot): KeptSession[] {
    return all(() => snapshot.nextSessions(2));
  }

  it('counts what it holds, as it was', () => {
    const ledger = ledgerOf(sessionOpened('s1'), sessionOpened('s2'), granted(1));
    const snapshot = ledger.snapshot();
    ledger.apply(sessionEnded('s1'));
    ledger.apply(granted(2));
    expect([snapshot.leaseCount, snapshot.sessionCount, snapshot.fencingToken]).to.deep.equal([
      1,
      2,
      granted(1).fencingToken,
    ]);
  });

  it('gives sessions in pages no longer than asked for', () => {
    const snapshot = ledgerOf(...['s1', 's2', 's3'].map((id) => sessionOpened(id))).snapshot();
    expect(snapshot.nextSessions(2)).to.deep.equal([kept('s1'), kept('s2')]);
    expect(snapshot.nextSessions(2)).to.deep.equal([kept('s3')]);
    expect(snapshot.nextSessions(2)).to.equal(undefined);
  });

  const changes: readonly (readonly [string, Fact])[] = [
    ['ends', sessionEnded('s1')],
    ['releases something', released(1, 's1', 7)],
  ];
  for (const [what, change] of changes) {
    it(`has a session that ${what} before it is read as it was`, () => {
      const ledger = ledgerOf(sessionOpened('s1'), granted(1));
      const snapshot = ledger.snapshot();
      ledger.apply(change);
      expect(sessionsOf(snapshot)).to.deep.equal([kept('s1')]);
    });

    it(`has a session that ${what} after it was read once`, () => {
      const ledger = ledgerOf(sessionOpened('s1'), granted(1), sessionOpened('s2'));
      const snapshot = ledger.snapshot();
      const page = snapshot.nextSessions(1);
      ledger.apply(change);
      expect([page, sessionsOf(snapshot)]).to.deep.equal([[kept('s1')], [kept('s2')]]);
    });
  }

  it('has nothing of a session that opens after it was taken, under an id that it has too', () => {
    const ledger = ledgerOf(sessionOpened('s1'));
    const snapshot = ledger.snapshot();
    ledger.apply(sessionEnded('s1'));
    ledger.apply(sessionOpened('s1', { recoveryMs: 5 }));
    ledger.apply(sessionOpened('s2'));
    expect(sessionsOf(snapshot)).to.deep.equal([kept('s1')]);
  });

  it('is over when both leases and sessions are read, in whichever order', () => {
    const ledger = ledgerOf(sessionOpened('s1'), granted(1));
    for (const order of ['leases first', 'sessions first']) {
      const snapshot = ledger.snapshot();
      const leases = () => all(() => snapshot.nextLeases(1));
      const reads = order === 'leases first' ? [leases, sessionsOf] : [sessionsOf, leases];
      for (const read of reads) {
        expect(() => ledger.snapshot(), order).to.throw('one snapshot at a time');
        read(snapshot);
      }
    }
    ledger.snapshot();
  });

  it('that is over does not end the next one', () => {
    const ledger = ledgerOf(sessionOpened('s1'));
    const first = ledger.snapshot();
    first.discard();
    ledger.snapshot();
    first.discard();
    expect(() => ledger.snapshot()).to.throw('one snapshot at a time');
  });

  describe('with the facts after it', () => {
    const anyStep = fc.record({
      kind: fc.constantFrom('grant', 'renew', 'end', 'release', 'open', 'close', 'read'),
      index: fc.nat(7),
      session: fc.constantFrom('s1', 's2', 's3'),
      unheardCount: fc.nat(5),
    });
    type Step = typeof anyStep extends fc.Arbitrary<infer Value> ? Value : never;

    /** The fact that a step brings about, if it can be one. */
    function factOf(step: Step, number: number, ledger: LeaseLedger): Fact | undefined {
      const { kind, index, session: sessionId } = step;
      const isHeld = ledger.leases.has(`key-${index}`);
      const isOpen = ledger.sessions.has(sessionId);
      switch (kind) {
        case 'grant':
          return isHeld
            ? undefined
            : granted(index, {
                sessionId,
                fencingToken: number,
                ...(isOpen && { requestId: number }),
              });
        case 'renew':
          return isHeld ? renewed(index, { leaseMs: number }) : undefined;
        case 'end':
          return isHeld ? ended(index) : undefined;
        case 'release': {
          const heardBelow = Math.max(1, number - step.unheardCount);
          const by = { sessionId, requestId: number, heardBelow };
          return isHeld && isOpen ? ended(index, { by }) : undefined;
        }
        case 'open':
          return isOpen ? undefined : sessionOpened(sessionId, { recoveryMs: number });
        case 'close':
          return isOpen ? sessionEnded(sessionId) : undefined;
        case 'read':
          return undefined;
        default:
          return kind satisfies never;
      }
    }

    it('folds to the same state as all facts do, wherever it was taken and however it is read', () => {
      fc.assert(
        fc.property(fc.array(anyStep, { maxLength: 80 }), fc.nat(60), (steps, takenAt) => {
          const ledger = new LeaseLedger();
          const facts: Fact[] = [];
          const leases: KeptLease[] = [];
          const sessions: KeptSession[] = [];
          let snapshot: LedgerSnapshot | undefined;
          let factCount = 0;
          for (const [number, step] of steps.entries()) {
            if (number === takenAt) {
              snapshot = ledger.snapshot();
              factCount = facts.length;
            }
            if (step.kind === 'read') {
              leases.push(...(snapshot?.nextLeases(step.index + 1) ?? []));
              sessions.push(...(snapshot?.nextSessions(1) ?? []));
            }
            const fact = factOf(step, number, ledger);
            if (fact !== undefined) {
              ledger.apply(fact);
              facts.push(fact);
            }
          }
          if (snapshot === undefined) {
            snapshot = ledger.snapshot();
            factCount = facts.length;
          }
          const { fencingToken } = snapshot;
          leases.push(...all(() => snapshot?.nextLeases(3)));
          sessions.push(...all(() => snapshot?.nextSessions(3)));
          assertFold({ leases, sessions, fencingToken }, facts.slice(0, factCount));

          const again = new LeaseLedger(fencingToken);
          for (const lease of leases) {
            again.restore(lease);
          }
          for (const session of sessions) {
            again.restoreSession(session);
          }
          for (const fact of facts.slice(factCount)) {
            again.apply(fact);
          }
          assertFold(
            {
              leases: [...again.leases.values()],
              sessions: [...again.sessions.values()],
              fencingToken: again.fencingToken,
            },
            facts,
          );
        }),
        { numRuns: 500 },
      );
    });
  });
});
