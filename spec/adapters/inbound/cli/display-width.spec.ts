import { expect } from 'chai';
import { displayWidth } from '../../../../adapters/inbound/cli/display-width.js';

describe('displayWidth', () => {
  const widths: readonly (readonly [string, string, number])[] = [
    ['nothing', '', 0],
    ['ASCII', 'b c', 3],
    ['accented letters', 'né', 2],
    ['letters with combining accents', 'ne\u0301', 2],
    ['Greek and Cyrillic', 'λж', 2],
    ['Chinese', '鍵', 2],
    ['rare Chinese', '𠀀', 2],
    ['Japanese', 'かギ', 4],
    ['half-width Japanese', 'ｶｷ', 2],
    ['Korean', '열쇠', 4],
    ['full-width Latin', 'Ａ', 2],
    ['emoji', '🔒', 2],
    ['emoji of several characters', '👩‍🔧', 2],
    ['flags', '🇨🇭', 2],
    ['symbols shown as emoji', '❤️', 2],
    ['symbols shown as text', '❤', 1],
    ['characters without width', '\u200b', 0],
  ];
  for (const [what, text, width] of widths) {
    it(`counts ${width} for ${what}`, () => {
      expect(displayWidth(text)).to.equal(width);
    });
  }
});
