import { crc32 } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import { LineSealer, unseal } from '../../../../adapters/outbound/journal/journal-line.js';
import { anyText } from '../../../support/some-holder.js';

describe('A line of a journal', () => {
  function seal(members: string): Buffer {
    return Buffer.from(new LineSealer().seal(members));
  }

  function sealText(text: string): Buffer {
    return seal(`"text":${JSON.stringify(text)}`);
  }

  it('bears the CRC-32 of all that stands behind it', () => {
    const sum = crc32('"a":1}').toString(16);
    expect(seal('"a":1').toString()).to.equal(`{"sum":"${sum}","a":1}\n`);
  });

  it('bears eight digits, whatever the sum', () => {
    const lengths = Array.from({ length: 600 }, (_, number) => seal(`"a":${number}`).indexOf(','));
    expect(new Set(lengths)).to.deep.equal(new Set([17]));
  });

  it('gives back what was sealed, whatever the text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(unseal(sealText(text).subarray(0, -1))).to.include({ text });
      }),
    );
  });

  it('ends with its only end of line, whatever the text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const line = sealText(text);
        expect(line.indexOf('\n')).to.equal(line.length - 1);
      }),
    );
  });

  it('holds the beginning of a line at its own beginning alone, whatever the text', () => {
    const text = fc.oneof(anyText, fc.constant('{"sum":"'), fc.constant('\\{"sum":"'));
    fc.assert(
      fc.property(text, (sealedText) => {
        expect(sealText(sealedText).indexOf('{"sum":"', 1)).to.equal(-1);
      }),
    );
  });

  it('is sealed though it is longer than any before', () => {
    const sealer = new LineSealer();
    for (const length of [10, 1_000_000, 10]) {
      const line = Buffer.from(sealer.seal(`"text":"${'鍵'.repeat(length)}"`));
      expect(unseal(line.subarray(0, -1))).to.include({ text: '鍵'.repeat(length) });
    }
  });

  const line = seal('"a":1').subarray(0, -1);
  const broken: readonly (readonly [string, Buffer])[] = [
    ['nothing', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(64)],
    ['its beginning', line.subarray(0, 20)],
    ['its end', line.subarray(1)],
    ['the line and a byte', Buffer.concat([line, Buffer.from(' ')])],
    ['the line twice', Buffer.concat([line, line])],
    ['the sum in capitals', Buffer.from(line.toString().toUpperCase().replace('SUM', 'sum'))],
    ['JSON without a sum', Buffer.from('{"a":1}')],
    ['a right sum of what is no JSON', seal('"a":').subarray(0, -1)],
  ];
  for (const [what, bytes] of broken) {
    it(`is not ${what}`, () => {
      expect(unseal(bytes)).to.equal(undefined);
    });
  }
});
