import { expect } from 'chai';
import {
  visiblePieces,
  visibleText,
} from '../../../../../adapters/inbound/console/page/hostile-text.js';

describe('Hostile text', () => {
  for (const [what, text, shown] of [
    ['plain text', 'invoice/42', 'invoice/42'],
    ['letters of all scripts, and emoji', 'Grüße 東京 שלום 🔒', 'Grüße 東京 שלום 🔒'],
    ['markup', '<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
    ['line ends and tabs', 'a\nb\r\tc', 'a\\nb\\r\\tc'],
    ['control characters', 'a\u0000\u001b[31m\u007f\u0085', 'a\\x00\\x1b[31m\\x7f\\x85'],
    ['what turns the writing around', 'a\u202Eb\u2066c\u200F', 'a\\u202eb\\u2066c\\u200f'],
    ['what has no width', 'a\u200Bb\uFEFFc\u00ADd\u{E0041}', 'a\\u200bb\\ufeffc\\xadd\\u{e0041}'],
    ['blanks that are others', 'a\u00A0b\u3000c', 'a\\xa0b\\u3000c'],
    ['separators of lines', 'a\u2028b\u2029c', 'a\\u2028b\\u2029c'],
    ['halves of pairs', 'a\uD83D', 'a\\ud83d'],
    ['nothing', '', ''],
  ] as const) {
    it(`shows ${what}`, () => {
      expect(visibleText(text)).to.equal(shown);
    });
  }

  it('tells what stands for a character from the same letters in a text', () => {
    expect(visiblePieces('\\n\n')).to.deep.equal([
      { text: '\\n', isEscape: false },
      { text: '\\n', isEscape: true },
    ]);
  });

  it('shows of long text the beginning, and how long it is', () => {
    expect(visibleText('x'.repeat(200))).to.equal('x'.repeat(200));
    expect(visibleText('x'.repeat(65_536))).to.equal(`${'x'.repeat(200)}… (65,536 characters)`);
  });
});
