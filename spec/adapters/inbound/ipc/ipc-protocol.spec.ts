import { expect } from 'chai';
import fc from 'fast-check';
import {
  decodeReply,
  decodeRequest,
  encodeHolders,
  encodeReply,
  encodeRequest,
  type IpcReply,
  type IpcRequest,
} from '../../../../adapters/inbound/ipc/ipc-protocol.js';
import { anyHolder, anyText, someHolder } from '../../../support/some-holder.js';

const anyRequest: fc.Arbitrary<IpcRequest> = fc.oneof(
  fc.record({ method: fc.constant('list'), name: anyText }, { requiredKeys: ['method'] }),
  fc.record(
    { method: fc.constant('unlock'), name: anyText, key: anyText },
    { requiredKeys: ['method', 'name'] },
  ),
);

const anyReply: fc.Arbitrary<Exclude<IpcReply, { kind: 'holders' }>> = fc.oneof(
  fc.record({ kind: fc.constant('end'), now: fc.nat() }),
  fc.record({ kind: fc.constant('revoked'), key: anyText }),
  fc.record({ kind: fc.constant('refused'), code: fc.constantFrom('key-needed', 'lock-unknown') }),
  fc.record({ kind: fc.constant('error'), message: anyText }),
);

/** JSON of any shape with the fields of the protocol in it, and text that is no JSON at all. */
const anyLine = fc.oneof(
  anyText,
  fc.json(),
  fc
    .record(
      {
        v: fc.oneof(fc.constant(1), fc.anything()),
        method: fc.oneof(fc.constantFrom('list', 'unlock'), fc.anything()),
        name: fc.anything(),
        key: fc.anything(),
        holders: fc.oneof(fc.array(fc.anything()), fc.anything()),
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

describe('ipcProtocol', () => {
  it('reads every request as it was written, on one line', () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        const line = encodeRequest(request);
        expect(line.indexOf('\n')).to.equal(line.length - 1);
        expect(decodeRequest(line)).to.deep.equal(request);
      }),
    );
  });

  it('reads every reply as it was written, on one line', () => {
    fc.assert(
      fc.property(anyReply, (reply) => {
        const line = encodeReply(reply);
        expect(line.indexOf('\n')).to.equal(line.length - 1);
        expect(decodeReply(line)).to.deep.equal(reply);
      }),
    );
  });

  it('reads every holder as it was written, a lease without an end included', () => {
    fc.assert(
      fc.property(fc.array(anyHolder), (holders) => {
        const replies = [...encodeHolders(holders)].map(decodeReply);
        const found = replies.flatMap((reply) => (reply.kind === 'holders' ? reply.holders : []));
        expect(found).to.deep.equal(holders);
      }),
    );
  });

  it('cuts a page of long names into lines of about 64 Ki characters', () => {
    const holders = Array.from({ length: 100 }, () => someHolder({ name: 'n'.repeat(10_000) }));
    const lengths = [...encodeHolders(holders)].map((line) => line.length);
    expect(lengths.length).to.equal(15);
    expect(Math.max(...lengths)).to.be.below(80_000);
  });

  it('writes no line for an empty page', () => {
    expect([...encodeHolders([])]).to.deep.equal([]);
  });

  it('does not throw on any request', () => {
    fc.assert(
      fc.property(anyLine, (line) => void decodeRequest(line)),
      { numRuns: 1000 },
    );
  });

  it('does not throw on any reply', () => {
    fc.assert(
      fc.property(anyLine, (line) => void decodeReply(line)),
      { numRuns: 1000 },
    );
  });

  const strangeRequests: readonly (readonly [string, string])[] = [
    ['', 'a request is one JSON object on one line'],
    ['list', 'a request is one JSON object on one line'],
    ['[]', 'a request is one JSON object on one line'],
    ['null', 'a request is one JSON object on one line'],
    ['['.repeat(100_000), 'a request is one JSON object on one line'],
    ['{}', 'unknown protocol version none: this server speaks version 1'],
    ['{"v":2,"method":"list"}', 'unknown protocol version 2: this server speaks version 1'],
    ['{"v":"1"}', 'unknown protocol version "1": this server speaks version 1'],
    ['{"v":1}', 'unknown method none: this server knows list and unlock'],
    ['{"v":1,"method":"lock"}', 'unknown method "lock": this server knows list and unlock'],
    ['{"v":1,"method":"list","name":3}', 'list takes a name that is a string, or none'],
    ['{"v":1,"method":"unlock"}', 'unlock takes a name, and may take a key, that are strings'],
    [
      '{"v":1,"method":"unlock","name":"a","key":null}',
      'unlock takes a name, and may take a key, that are strings',
    ],
  ];
  for (const [line, problem] of strangeRequests) {
    it(`says what is wrong with the request ${line.slice(0, 60)}`, () => {
      expect(decodeRequest(line)).to.deep.equal({ kind: 'malformed', problem });
    });
  }

  it('repeats no more of a strange request than makes it known', () => {
    const reply = decodeRequest(JSON.stringify({ v: 1, method: 'm'.repeat(1000) }));
    expect(reply).to.have.property('problem').with.lengthOf.below(150);
  });

  const strangeReplies: readonly (readonly [string, string])[] = [
    ['{}', 'unknown reply "{}"'],
    ['{"end":true}', 'unknown reply "{\\"end\\":true}"'],
    ['{"end":true,"now":1e400}', 'unknown reply "{\\"end\\":true,\\"now\\":1e400}"'],
    ['{"refused":"too-late"}', 'unknown refusal "too-late"'],
    ['{"refused":"constructor"}', 'unknown refusal "constructor"'],
    ['{"holders":[{"name":"a"}]}', 'a holder lacks a field, or has one of another type'],
    ['{"holders":[null]}', 'a holder lacks a field, or has one of another type'],
  ];
  for (const [line, problem] of strangeReplies) {
    it(`says what is wrong with the reply ${line}`, () => {
      expect(decodeReply(line)).to.deep.equal({ kind: 'malformed', problem });
    });
  }
});
