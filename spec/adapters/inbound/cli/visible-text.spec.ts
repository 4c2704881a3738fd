import { expect } from 'chai';
import fc from 'fast-check';
import { visibleJson, visibleText } from '../../../../adapters/inbound/cli/visible-text.js';
import { anyText } from '../../../support/some-holder.js';

const DECEPTIVE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u;

describe('visibleText', () => {
  const shown: readonly (readonly [string, string, string])[] = [
    ['plain text', 'b c, "d" {e} \\n \\', 'b c, "d" {e} \\n \\'],
    ['any script', '鍵🔒 né עברית 👩‍🔧', '鍵🔒 né עברית 👩‍🔧'],
    ['line ends', 'a\nb\r\nc', 'a\\nb\\r\\nc'],
    ['tabs', 'a\tb', 'a\\tb'],
    ['zero and delete', 'a\0b\x7f', 'a\\x00b\\x7f'],
    ['escape sequences, in both forms', '\x1b[2J\x9b2J', '\\x1b[2J\\x9b2J'],
    ['next line', 'a\x85b', 'a\\x85b'],
    ['line separators', 'a\u2028b\u2029c', 'a\\u2028b\\u2029c'],
    ['text that runs backwards', 'a\u202Eb\u2066c', 'a\\u202eb\\u2066c'],
    ['half a surrogate pair', 'a\ud83db', 'a\\ud83db'],
  ];
  for (const [what, text, visible] of shown) {
    it(`shows ${what} as ${visible}`, () => {
      expect(visibleText(text)).to.equal(visible);
    });
  }

  it('leaves nothing deceptive in any text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(visibleText(text)).not.to.match(DECEPTIVE);
      }),
    );
  });
});

describe('visibleJson', () => {
  it('says the same as the value, and nothing deceptive', () => {
    fc.assert(
      fc.property(fc.array(anyText), (texts) => {
        expect(visibleJson(texts)).not.to.match(DECEPTIVE);
        expect(JSON.parse(visibleJson(texts))).to.deep.equal(texts);
      }),
    );
  });
});
