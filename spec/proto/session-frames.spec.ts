import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import {
  type ClientFrame,
  decodeClientFrame,
  decodeServerFrame,
  encodeClientFrame,
  encodeServerFrame,
  LOSS,
  NOTICE,
  REFUSAL,
  type ServerFrame,
} from '../../proto/session-frames.js';

const root = protobuf.loadSync(fileURLToPath(new URL('../../proto/ldlm.proto', import.meta.url)));

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const number = fc.maxSafeNat();
const small = fc.nat();
const count = fc.integer({ min: 0, max: 0xffff_ffff });
const owner = fc.option(fc.dictionary(text, text, { minKeys: 1, maxKeys: 3 }), { nil: undefined });
const numbers = fc.array(number, { maxLength: 5 });
const list = <Item>(item: fc.Arbitrary<Item>) => fc.array(item, { maxLength: 4 });
const release = { requestId: number, name: text, key: text };

const clientFrames: fc.Arbitrary<ClientFrame> = fc.record({
  hello: fc.option(
    fc.record({
      token: text,
      recoveryWindowMs: fc.option(count, { nil: undefined }),
      owner,
    }),
    { nil: undefined },
  ),
  heard: numbers,
  releases: list(fc.record({ ...release, leaseMs: fc.constant(0) })),
  renewals: list(fc.record({ ...release, leaseMs: number })),
  checks: list(fc.record({ ...release, leaseMs: fc.constant(0) })),
  acquires: list(
    fc.record({
      requestId: number,
      claims: list(fc.record({ name: text, size: count, units: count })),
      waitMs: fc.option(number, { nil: undefined }),
      leaseMs: fc.option(number, { nil: undefined }),
      metadata: owner,
    }),
  ),
  withdrawals: numbers,
  goodbye: fc.boolean(),
});

const serverFrames: fc.Arbitrary<ServerFrame> = fc.record({
  welcome: fc.option(
    fc.record({
      token: text,
      resumed: fc.boolean(),
      recoveryWindowMs: count,
      heartbeatMs: count,
      frameRequestsMax: count,
      sessionRequestsMax: count,
      frameBytesMax: count,
    }),
    { nil: undefined },
  ),
  received: number,
  granted: list(
    fc.record({ requestId: number, key: text, fencingToken: number, waitedMs: number }),
  ),
  done: numbers,
  refused: list(fc.record({ requestId: number, code: small, message: text })),
  lost: list(fc.record({ name: text, key: text, reason: small })),
  notices: list(small),
});

/** Words as the proto's map has them, whatever object held them. */
const plain = (frame: unknown): unknown => JSON.parse(JSON.stringify(frame));

/** What the general library reads, in the words of the frames' own interfaces. */
function asTheLibraryReads(type: string, bytes: Buffer): Record<string, unknown> {
  const message = root.lookupType(type).decode(bytes);
  return root.lookupType(type).toObject(message, { longs: Number, defaults: false }) as never;
}

describe('session frames', () => {
  it('come back from their bytes as they were', () => {
    fc.assert(
      fc.property(clientFrames, (frame) => {
        expect(plain(decodeClientFrame(encodeClientFrame(frame)))).to.deep.equal(plain(frame));
      }),
    );
    fc.assert(
      fc.property(serverFrames, (frame) => {
        expect(plain(decodeServerFrame(encodeServerFrame(frame)))).to.deep.equal(plain(frame));
      }),
    );
  });

  it('are to the general library what the proto file says', () => {
    fc.assert(
      fc.property(clientFrames, (frame) => {
        const read = asTheLibraryReads('ldlm.ClientFrame', encodeClientFrame(frame));
        const again = encodeClientFrame(decodeClientFrame(bytesByTheLibrary('ClientFrame', read)));
        expect(again.equals(encodeClientFrame(frame))).to.equal(true);
      }),
    );
    fc.assert(
      fc.property(serverFrames, (frame) => {
        const read = asTheLibraryReads('ldlm.ServerFrame', encodeServerFrame(frame));
        const again = encodeServerFrame(decodeServerFrame(bytesByTheLibrary('ServerFrame', read)));
        expect(again.equals(encodeServerFrame(frame))).to.equal(true);
      }),
    );
  });

  it('are named in the proto file by the names of their fields', () => {
    const bytes = encodeClientFrame({
      hello: { token: 't', recoveryWindowMs: 5, owner: { host: 'h' } },
      heard: [1],
      releases: [{ requestId: 2, name: 'n', key: 'k' }],
      renewals: [{ requestId: 3, name: 'n', key: 'k', leaseMs: 9 }],
      checks: [{ requestId: 4, name: 'n', key: 'k' }],
      acquires: [
        {
          requestId: 2 ** 53 - 1,
          claims: [{ name: 'n', size: 2, units: 3 }],
          waitMs: 0,
          leaseMs: 7,
          metadata: { purpose: 'p' },
        },
      ],
      withdrawals: [6],
      goodbye: true,
    });
    expect(asTheLibraryReads('ldlm.ClientFrame', bytes)).to.deep.equal({
      hello: { token: 't', recoveryWindowMs: 5, owner: { host: 'h' } },
      heard: [1],
      releases: [{ requestId: 2, name: 'n', key: 'k' }],
      renewals: [{ requestId: 3, name: 'n', key: 'k', leaseMs: 9 }],
      checks: [{ requestId: 4, name: 'n', key: 'k' }],
      acquires: [
        {
          requestId: 2 ** 53 - 1,
          claims: [{ name: 'n', size: 2, units: 3 }],
          waitMs: 0,
          leaseMs: 7,
          metadata: { purpose: 'p' },
        },
      ],
      withdrawals: [6],
      goodbye: true,
    });
  });

  it('share the numbers of refusals, losses and notices with the proto file', () => {
    const named = (prefix: string, values: Readonly<Record<string, number>>) => ({
      [`${prefix}_UNSPECIFIED`]: 0,
      ...Object.fromEntries(
        Object.entries(values).map(([name, value]) => [
          `${prefix}_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`,
          value,
        ]),
      ),
    });
    expect({ ...root.lookupEnum('ldlm.Refusal').values }).to.deep.equal(named('REFUSAL', REFUSAL));
    expect({ ...root.lookupEnum('ldlm.Loss').values }).to.deep.equal(named('LOSS', LOSS));
    expect({ ...root.lookupEnum('ldlm.Notice').values }).to.deep.equal(named('NOTICE', NOTICE));
  });

  it('pass over fields that are not known yet', () => {
    const unknown = protobuf.Writer.create()
      .uint32((1000 << 3) | 2)
      .string('new')
      .finish();
    const bytes = Buffer.concat([encodeClientFrame(decodeClientFrame(Buffer.alloc(0))), unknown]);
    expect(decodeClientFrame(bytes)).to.deep.equal(decodeClientFrame(Buffer.alloc(0)));
    expect(decodeServerFrame(bytes)).to.deep.equal(decodeServerFrame(Buffer.alloc(0)));
  });

  for (const [what, hex] of [
    ['a name that is not UTF-8', '1a04 1202 fffe'],
    ['a token that is not UTF-8', '0a03 0a01 ff'],
    ['a message that ends beyond its frame', '1a09 0801'],
    ['a field that ends beyond its message', '1a02 1205 6161 6161 61'],
    ['a number over 2^53', '1a0a 08 80808080808080 8001'],
    ['a number without an end', '10 ffffffffffffffffffffff'],
    ['a list that ends inside a number', '1201 80'],
    ['a field with the number 0', '0001'],
  ] as const) {
    it(`refuses ${what}`, () => {
      const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
      expect(() => decodeClientFrame(bytes)).to.throw(Error);
    });
  }

  it('are read or refused, whatever bytes come, and nothing else happens', () => {
    let refusedCount = 0;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        for (const decode of [decodeClientFrame, decodeServerFrame]) {
          try {
            expect(decode(Buffer.from(bytes))).to.be.an('object');
          } catch (error) {
            expect(error).to.be.instanceOf(Error);
            refusedCount += 1;
          }
        }
      }),
      { numRuns: 2_000 },
    );
    expect(refusedCount).to.be.greaterThan(0);
  });
});

function bytesByTheLibrary(type: string, frame: Record<string, unknown>): Buffer {
  const lookup = root.lookupType(`ldlm.${type}`);
  return Buffer.from(lookup.encode(lookup.fromObject(frame)).finish());
}
