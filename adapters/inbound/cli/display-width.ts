/** Why: columns line up only if text is measured in the cells that a terminal gives it. */

const PLAIN = /^[\x20-\x7E]*$/;

/** East Asian wide and full-width characters, and emoji. */
const WIDE = new RegExp(
  [
    '^(?:\\p{Emoji_Presentation}',
    '[\\u{1100}-\\u{115F}\\u{2E80}-\\u{303E}\\u{3041}-\\u{A4CF}\\u{A960}-\\u{A97F}]',
    '[\\u{AC00}-\\u{D7A3}\\u{F900}-\\u{FAFF}\\u{FE30}-\\u{FE6F}\\u{FF01}-\\u{FF60}]',
    '[\\u{FFE0}-\\u{FFE6}\\u{20000}-\\u{3FFFD}])',
  ].join('|'),
  'u',
);

/** Combining marks and format characters that stand alone. */
const NO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]/u;

/** Asks for the picture of a character that is text otherwise. */
const EMOJI_VARIATION = '\uFE0F';

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** How many cells of a terminal `text` takes. */
export function displayWidth(text: string): number {
  if (PLAIN.test(text)) {
    return text.length;
  }
  let width = 0;
  for (const { segment } of segmenter.segment(text)) {
    if (WIDE.test(segment) || segment.includes(EMOJI_VARIATION)) {
      width += 2;
    } else if (!NO_WIDTH.test(segment)) {
      width += 1;
    }
  }
  return width;
}
