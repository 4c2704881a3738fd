import { expect } from 'chai';
import fc from 'fast-check';
import { cutByBytes } from '../../../../adapters/inbound/grpc/page-stream.js';

describe('cutByBytes', () => {
  const cut = (texts: readonly string[], bytesMax: number) =>
    [...cutByBytes(texts, bytesMax, (text) => [text, undefined])].map((part) => [...part]);

  it('cuts nothing of a list that fits', () => {
    expect(cut(['a', 'b'], 1_000)).to.deep.equal([['a', 'b']]);
  });

  it('begins a part with what does not fit any more', () => {
    const long = 'x'.repeat(100);
    expect(cut([long, long, long], 2 * (256 + 300))).to.deep.equal([[long, long], [long]]);
    expect(cut([long, long], 2 * (256 + 300) - 1)).to.deep.equal([[long], [long]]);
  });

  it('gives what fits nowhere a part of its own', () => {
    const long = 'x'.repeat(10_000);
    expect(cut(['a', long, 'b'], 600)).to.deep.equal([['a'], [long], ['b']]);
  });

  it('gives no part of an empty list', () => {
    expect(cut([], 1_000)).to.deep.equal([]);
  });

  it('loses nothing, and makes no part that is too long but for one of a single entry', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.nat(2_000), (texts, bytesMax) => {
        const parts = cut(texts, bytesMax);
        expect(parts.flat()).to.deep.equal(texts);
        for (const part of parts.filter(({ length }) => length > 1)) {
          expect(Buffer.byteLength(part.join('')) + 256 * part.length).to.be.at.most(bytesMax);
        }
      }),
    );
  });
});
