import { expect } from 'chai';
import fc from 'fast-check';
import {
  batchMembers,
  decodeHeader,
  decodeRecord,
  encodeFact,
  encodeLease,
  encodeSession,
  headerMembers,
  LINE_BEGINNING,
  packed,
  leasesMembers,
  sessionsMembers,
  versionOf,
} from '../../domain/journal-record.js';
import type { Fact, LeaseEnding } from '../../domain/facts.js';
import { FOREVER } from '../../domain/instant.js';
import { ended, granted, sessionEnded, sessionOpened } from '../contracts/some-facts.js';
import { anyText } from '../support/some-holder.js';

describe('A record of a journal', () => {
  function read(members: string): unknown {
    return JSON.parse(`{${members}}`) as unknown;
  }

  function decode(value: unknown): unknown {
    return decodeRecord(value, new Map());
  }

  // Adding 0 makes 0 of -0, which JSON does not know.
  const anyNumber = fc.double({ noDefaultInfinity: true, noNaN: true }).map((number) => number + 0);
  const anyMs = fc.oneof(anyNumber, fc.constant(FOREVER));
  const anyLease = fc.record({
    name: anyText,
    size: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    key: anyText,
    fencingToken: fc.maxSafeNat(),
    leaseMs: anyMs,
    sessionId: anyText,
    at: anyNumber,
  });
  const anyWord = fc.oneof(anyText, fc.constant('sum'));
  const anyOwner = fc.dictionary(anyWord, anyText, { noNullPrototype: true });
  /** The same, and what only leases of stream sessions have. */
  const anyKeptLease = fc
    .tuple(
      anyLease,
      fc.record(
        { requestId: fc.maxSafeNat(), metadata: anyOwner },
        { requiredKeys: [], noNullPrototype: true },
      ),
    )
    .map(([lease, more]) => ({ ...lease, ...more }));
  const anyOpening = fc.record(
    { sessionId: anyText, recoveryMs: fc.maxSafeNat(), at: anyNumber, owner: anyOwner },
    { requiredKeys: ['sessionId', 'recoveryMs', 'at'], noNullPrototype: true },
  );
  const anyRelease = fc.record({
    sessionId: anyText,
    requestId: fc.maxSafeNat(),
    heardBelow: fc.maxSafeNat(),
  });
  const anyReason = fc.constantFrom<LeaseEnding>('released', 'expired', 'revoked', 'session-ended');
  const anyFact: fc.Arbitrary<Fact> = fc.oneof(
    anyKeptLease.map((lease) => ({ type: 'lease-granted' as const, ...lease })),
    fc.record({
      type: fc.constant('lease-renewed' as const),
      name: anyText,
      key: anyText,
      leaseMs: anyMs,
      at: anyNumber,
    }),
    fc.record(
      {
        type: fc.constant('lease-ended' as const),
        name: anyText,
        key: anyText,
        reason: anyReason,
        at: anyNumber,
        by: anyRelease,
      },
      { requiredKeys: ['type', 'name', 'key', 'reason', 'at'], noNullPrototype: true },
    ),
    anyOpening.map((opening) => ({ type: 'session-opened' as const, ...opening })),
    fc.record({
      type: fc.constant('session-ended' as const),
      sessionId: anyText,
      at: anyNumber,
    }),
  );

  it('gives back any batch', () => {
    fc.assert(
      fc.property(fc.array(anyFact), fc.maxSafeNat(), (facts, number) => {
        const members = batchMembers(number, facts.map(encodeFact).join());
        expect(decode(read(members))).to.deep.equal({ type: 'batch', number, facts });
      }),
    );
  });

  it('gives back any part of a snapshot', () => {
    fc.assert(
      fc.property(fc.array(anyKeptLease), fc.maxSafeNat(), (leases, number) => {
        const members = leasesMembers(number, leases.map(encodeLease).join());
        expect(decode(read(members))).to.deep.equal({
          type: 'snapshot',
          number,
          leases,
          sessions: [],
        });
      }),
    );
  });

  it('gives back any sessions of a snapshot', () => {
    const anySession = fc
      .tuple(anyOpening, fc.array(fc.maxSafeNat()))
      .map(([opening, releases]) => ({ ...opening, releases }));
    fc.assert(
      fc.property(fc.array(anySession), fc.maxSafeNat(), (sessions, number) => {
        const members = sessionsMembers(number, sessions.map(encodeSession).join());
        expect(decode(read(members))).to.deep.equal({
          type: 'snapshot',
          number,
          leases: [],
          sessions,
        });
      }),
    );
  });

  it('gives back any header', () => {
    const count = fc.maxSafeNat();
    fc.assert(
      fc.property(
        fc.record({ batches: count, fencingToken: count, leases: count, sessions: count }),
        (header) => {
          const value = read(headerMembers(header));
          expect(decodeHeader(value)).to.deep.equal(header);
          expect(versionOf(value)).to.equal(1);
        },
      ),
    );
  });

  it('has nothing in it that passes for the beginning of a line, whatever words a client chooses', () => {
    const isPlain = (text: string) => !text.includes(LINE_BEGINNING);
    fc.assert(fc.property(anyFact, (fact) => isPlain(encodeFact(fact))));
    const sum = { sum: '5d1c81a4' };
    for (const text of [
      encodeLease(granted(1, { requestId: 1, metadata: sum })),
      encodeSession({ ...sessionOpened('s', { owner: sum }), releases: [] }),
    ]) {
      expect(text).to.include('{ "sum":"5d1c81a4"}');
      expect(isPlain(text)).to.equal(true);
    }
  });

  it('says FOREVER as null', () => {
    expect(encodeLease(granted(1, { leaseMs: FOREVER }))).to.include('"leaseMs":null');
  });

  it('shares one id among the leases of a session', () => {
    const sessionIds = new Map<string, string>();
    for (const number of [1, 2]) {
      decodeRecord(read(leasesMembers(number, encodeLease(granted(1)))), sessionIds);
    }
    expect([...sessionIds]).to.deep.equal([['session-1', 'session-1']]);
  });

  for (const number of [Number.NaN, Number.NEGATIVE_INFINITY]) {
    it(`is not made of ${number}, which would be lost`, () => {
      expect(() => encodeFact(granted(1, { leaseMs: number }))).to.throw(TypeError, `${number}`);
    });
  }

  it('has no version if it is no header', () => {
    expect(versionOf(read(batchMembers(1, '')))).to.equal(undefined);
  });

  const by = { sessionId: 's', requestId: 1, heardBelow: 1 };

  for (const fact of [sessionOpened('s'), granted(1, { sessionId: 's' }), ended(1, { by })]) {
    it(`shares the id of a session that a ${fact.type} names`, () => {
      const sessionIds = new Map<string, string>();
      decodeRecord(read(batchMembers(1, encodeFact(fact))), sessionIds);
      expect([...sessionIds]).to.deep.equal([['s', 's']]);
    });
  }

  it('says of a connection’s lease nothing that only streams have', () => {
    expect(encodeLease(granted(1))).to.not.match(/requestId|metadata/);
    expect(encodeFact(ended(1))).to.not.include('"by"');
    expect(encodeFact(sessionOpened('s'))).to.not.include('owner');
  });

  const grant = { ...granted(1) };
  const opening = { ...sessionOpened('s') };
  const nonsense: readonly (readonly [string, unknown])[] = [
    ['null', null],
    ['a list', []],
    ['a text', 'batch'],
    ['of no kind', {}],
    ['facts that are no list', { batch: 1, facts: {} }],
    ['a batch without a number', { facts: [] }],
    ['a number below 0', { batch: -1, facts: [] }],
    ['a number with a fraction', { batch: 1.5, facts: [] }],
    ['a fact that is a number', { batch: 1, facts: [1] }],
    ['a fact of no type', { batch: 1, facts: [{ ...grant, type: undefined }] }],
    ['a fact of another type', { batch: 1, facts: [{ ...grant, type: 'lease-lent' }] }],
    ['a name that is a number', { batch: 1, facts: [{ ...grant, name: 1 }] }],
    ['no key', { batch: 1, facts: [{ ...grant, key: undefined }] }],
    ['a size that is a text', { batch: 1, facts: [{ ...grant, size: '1' }] }],
    [
      'a token beyond what a double holds',
      { batch: 1, facts: [{ ...grant, fencingToken: 2 ** 53 }] },
    ],
    ['no length', { batch: 1, facts: [{ ...grant, leaseMs: undefined }] }],
    ['an unheard-of ending', { batch: 1, facts: [{ ...ended(1), reason: 'lost' }] }],
    ['a request’s number below 0', { batch: 1, facts: [{ ...grant, requestId: -1 }] }],
    ['a request’s number that is null', { batch: 1, facts: [{ ...grant, requestId: null }] }],
    ['metadata that is a text', { batch: 1, facts: [{ ...grant, metadata: 'p' }] }],
    ['metadata with a number in it', { batch: 1, facts: [{ ...grant, metadata: { p: 1 } }] }],
    ['a release that is a text', { batch: 1, facts: [{ ...ended(1), by: 's' }] }],
    [
      'a release without a session',
      { batch: 1, facts: [{ ...ended(1), by: { ...by, sessionId: undefined } }] },
    ],
    [
      'a release without a number',
      { batch: 1, facts: [{ ...ended(1), by: { ...by, requestId: undefined } }] },
    ],
    [
      'a release that does not say what was heard',
      { batch: 1, facts: [{ ...ended(1), by: { ...by, heardBelow: undefined } }] },
    ],
    ['an opening without a window', { batch: 1, facts: [{ ...opening, recoveryMs: null }] }],
    ['an opening of no session', { batch: 1, facts: [{ ...opening, sessionId: 1 }] }],
    ['an opening at no time', { batch: 1, facts: [{ ...opening, at: undefined }] }],
    ['an opening by a list', { batch: 1, facts: [{ ...opening, owner: [] }] }],
    [
      'the end of no session',
      { batch: 1, facts: [{ ...sessionEnded('s'), sessionId: undefined }] },
    ],
    ['the end of a session at no time', { batch: 1, facts: [{ ...sessionEnded('s'), at: '0' }] }],
    ['sessions that are no list', { snapshot: 1, sessions: 1 }],
    ['a session without releases', { snapshot: 1, sessions: [opening] }],
    [
      'a session with a release that is a text',
      { snapshot: 1, sessions: [{ ...opening, releases: ['1'] }] },
    ],
    ['leases that are no list', { snapshot: 1, leases: 1 }],
    ['a lease without a session', { snapshot: 1, leases: [{ ...grant, sessionId: null }] }],
  ];
  for (const [what, value] of nonsense) {
    it(`is not ${what}`, () => {
      expect(() => decode(value)).to.throw(TypeError);
    });
  }

  it('is packed with others up to a length, and alone if it is longer', () => {
    const items = ['aa', 'bb', 'c', 'ddddddddd', 'e'];
    expect([...packed(items, (item) => item, 6)]).to.deep.equal(['aa,bb', 'c', 'ddddddddd', 'e']);
  });

  it('is not packed when there is none', () => {
    expect([...packed([], String, 6)]).to.deep.equal([]);
  });
});
