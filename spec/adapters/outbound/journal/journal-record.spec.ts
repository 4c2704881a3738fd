import { expect } from 'chai';
import fc from 'fast-check';
import {
  batchMembers,
  decodeHeader,
  decodeRecord,
  encodeFact,
  encodeLease,
  headerMembers,
  packed,
  leasesMembers,
  versionOf,
} from '../../../../adapters/outbound/journal/journal-record.js';
import type { Fact, LeaseEnding } from '../../../../domain/facts.js';
import { FOREVER } from '../../../../domain/instant.js';
import { ended, granted } from '../../../contracts/some-facts.js';
import { anyText } from '../../../support/some-holder.js';

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
  const anyReason = fc.constantFrom<LeaseEnding>('released', 'expired', 'revoked', 'session-ended');
  const anyFact: fc.Arbitrary<Fact> = fc.oneof(
    anyLease.map((lease) => ({ type: 'lease-granted' as const, ...lease })),
    fc.record({
      type: fc.constant('lease-renewed' as const),
      name: anyText,
      key: anyText,
      leaseMs: anyMs,
      at: anyNumber,
    }),
    fc.record({
      type: fc.constant('lease-ended' as const),
      name: anyText,
      key: anyText,
      reason: anyReason,
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
      fc.property(fc.array(anyLease), fc.maxSafeNat(), (leases, number) => {
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

  const grant = { ...granted(1) };
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
