import { expect } from 'chai';
import fc from 'fast-check';
import { LineError, LineSplitter } from '../../../../adapters/inbound/ipc/line-splitter.js';

describe('LineSplitter', () => {
  it('gives the same lines however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\n', ''))),
        fc.array(fc.nat(200)),
        (lines, cuts) => {
          const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
          const splitter = new LineSplitter(10_000);
          const edges = [0, ...cuts.sort((one, other) => one - other), bytes.length];
          const found = edges.flatMap((edge, index) => [
            ...splitter.push(bytes.subarray(edges[index - 1] ?? 0, edge)),
          ]);
          expect(found).to.deep.equal(lines);
          expect(splitter.pendingBytes).to.equal(0);
        },
      ),
    );
  });

  it('takes a line of exactly the bound', () => {
    expect([...new LineSplitter(4).push(Buffer.from('1234\n'))]).to.deep.equal(['1234']);
  });

  it('refuses a line one byte over the bound before its end has come', () => {
    const splitter = new LineSplitter(4);
    expect([...splitter.push(Buffer.from('123'))]).to.deep.equal([]);
    expect(() => [...splitter.push(Buffer.from('45'))]).to.throw(LineError, 'longer than 4 bytes');
  });

  it('refuses bytes that are no UTF-8 rather than read another name from them', () => {
    const splitter = new LineSplitter(100);
    expect(() => [...splitter.push(Buffer.from([0x61, 0xff, 0x0a]))]).to.throw(
      LineError,
      'not UTF-8',
    );
  });

  it('keeps count of the bytes that wait for their line feed', () => {
    const splitter = new LineSplitter(100);
    expect([...splitter.push(Buffer.from('a\nbc'))]).to.deep.equal(['a']);
    expect(splitter.pendingBytes).to.equal(2);
  });
});
