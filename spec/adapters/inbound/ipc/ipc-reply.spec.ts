import { expect } from 'chai';
import fc from 'fast-check';
import {
  decodeReply,
  encodeReply,
  type IpcReply,
} from '../../../../adapters/inbound/ipc/ipc-reply.js';
import {
  anyChange,
  anyHolder,
  anyLock,
  anySession,
  anyStats,
  anyText,
  anyWaiter,
  someHolder,
} from '../../../support/some-holder.js';

/** Those that are one line, if their lists are short. */
const anyReply: fc.Arbitrary<IpcReply> = fc.oneof(
  fc.record({ kind: fc.constant('holders'), holders: fc.array(anyHolder, { minLength: 1 }) }),
  fc.record({ kind: fc.constant('waiters'), waiters: fc.array(anyWaiter, { minLength: 1 }) }),
  fc.record({
    kind: fc.constant('sessions'),
    sessions: fc.array(anySession, { minLength: 1 }),
    now: fc.nat(),
  }),
  fc.record({
    kind: fc.constant('news'),
    isGap: fc.boolean(),
    changes: fc.array(anyChange),
    now: fc.nat(),
  }),
  fc.record({ kind: fc.constant('lock'), lock: anyLock, now: fc.nat() }),
  fc.record({ kind: fc.constant('busiest'), locks: fc.array(anyLock) }),
  fc.record({ kind: fc.constant('stats'), stats: anyStats }),
  fc.record({ kind: fc.constant('end'), now: fc.nat() }),
  fc.record({ kind: fc.constant('revoked'), key: anyText }),
  fc.record({ kind: fc.constant('revoked-many'), count: fc.nat() }),
  fc.record({
    kind: fc.constant('kicked'),
    sessionId: anyText,
    session: anyText,
    leaseCount: fc.nat(),
    waiterCount: fc.nat(),
  }),
  fc.record({ kind: fc.constant('refused'), code: fc.constantFrom('key-needed', 'lock-unknown') }),
  fc.record({ kind: fc.constant('error'), message: anyText }),
);

/** JSON of any shape with the fields of replies in it, and text that is no JSON at all. */
const anyLine = fc.oneof(
  anyText,
  fc.json(),
  fc
    .record(
      {
        holders: fc.oneof(fc.array(fc.anything()), fc.anything()),
        changes: fc.oneof(fc.array(fc.anything()), fc.anything()),
        stats: fc.anything(),
        kicked: fc.anything(),
        end: fc.anything(),
        revoked: fc.anything(),
        refused: fc.oneof(fc.constantFrom('__proto__', 'toString'), fc.anything()),
        error: fc.anything(),
      },
      { requiredKeys: [] },
    )
    .map((value) => {
      try {
        return JSON.stringify(value);
      } catch {
        return '{}';
      }
    }),
);

describe('ipcReply', () => {
  it('is read as it was written, on one line', () => {
    fc.assert(
      fc.property(anyReply, (reply) => {
        const lines = [...encodeReply(reply)];
        expect(lines).to.have.lengthOf(1);
        expect(lines[0]?.indexOf('\n')).to.equal((lines[0]?.length ?? 0) - 1);
        expect(decodeReply(lines[0] ?? '')).to.deep.equal(reply);
      }),
    );
  });

  it('is cut into lines of about 64 Ki characters, if it is a page of long names', () => {
    const holders = Array.from({ length: 100 }, () => someHolder({ name: 'n'.repeat(10_000) }));
    const lengths = [...encodeReply({ kind: 'holders', holders })].map((line) => line.length);
    expect(lengths.length).to.equal(15);
    expect(Math.max(...lengths)).to.be.below(80_000);
  });

  it('tells of a gap in the first of its lines alone', () => {
    const holder = someHolder({ name: 'n'.repeat(40_000) });
    const change = { kind: 'granted', holder } as const;
    const lines = [
      ...encodeReply({ kind: 'news', isGap: true, changes: [change, change, change], now: 5 }),
    ];
    expect(lines.map((line) => /"gap":(\w+)/.exec(line)?.[1])).to.deep.equal(['true', 'false']);
  });

  it('is no line for an empty page', () => {
    expect([...encodeReply({ kind: 'holders', holders: [] })]).to.deep.equal([]);
  });

  it('is a line for no news, which tells that the server is there', () => {
    const lines = [...encodeReply({ kind: 'news', isGap: false, changes: [], now: 5 })];
    expect(lines).to.deep.equal(['{"changes":[],"gap":false,"now":5}\n']);
  });

  it('does not throw, whatever is read', () => {
    fc.assert(
      fc.property(anyLine, (line) => void decodeReply(line)),
      { numRuns: 1000 },
    );
  });

  const strange: readonly (readonly [string, string])[] = [
    ['{}', 'unknown reply "{}"'],
    ['{"end":true}', 'unknown reply "{\\"end\\":true}"'],
    ['{"end":true,"now":1e400}', 'unknown reply "{\\"end\\":true,\\"now\\":1e400}"'],
    ['{"refused":"too-late"}', 'unknown refusal "too-late"'],
    ['{"refused":"constructor"}', 'unknown refusal "constructor"'],
    ['{"holders":[{"name":"a"}]}', 'a holder lacks a field, or has one of another type'],
    ['{"holders":[null]}', 'a holder lacks a field, or has one of another type'],
    ['{"changes":[{}],"gap":false}', 'a change lacks a field, or has one of another type'],
    ['{"changes":[],"now":5}', 'unknown reply "{\\"changes\\":[],\\"now\\":5}"'],
    ['{"kicked":{"sessionId":"s"}}', 'unknown reply "{\\"kicked\\":{\\"sessionId\\":\\"s\\"}}"'],
  ];
  for (const [line, problem] of strange) {
    it(`says what is wrong with ${line}`, () => {
      expect(decodeReply(line)).to.deep.equal({ kind: 'malformed', problem });
    });
  }
});
