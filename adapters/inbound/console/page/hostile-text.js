/** Why: names and owners' words are anyone's text; shown to an operator they must not forge, hide or turn anything around. */
import { element } from './elements.js';

/** Control and format characters, separators that look like blanks or like nothing, halves of surrogate pairs. */
const DECEPTIVE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]|(?! )\p{Zs}/gu;

const NAMED = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/** Longer text is cut where it stands among other things. */
const SHOWN_MAX = 200;

/** @typedef {{ readonly text: string, readonly isEscape: boolean }} Piece */

/**
 * Text in pieces: as it is, and what stands for characters that would deceive.
 * @param {string} text
 * @returns {readonly Piece[]}
 */
export function visiblePieces(text) {
  /** @type {Piece[]} */
  const pieces = [];
  let from = 0;
  for (const { 0: character, index } of text.matchAll(DECEPTIVE)) {
    if (index > from) {
      pieces.push({ text: text.slice(from, index), isEscape: false });
    }
    pieces.push({ text: escapeOf(character), isEscape: true });
    from = index + character.length;
  }
  if (from < text.length) {
    pieces.push({ text: text.slice(from), isEscape: false });
  }
  return pieces;
}

/** The same as one text, for where there is no markup. @param {string} text */
export function visibleText(text) {
  return visiblePieces(shortened(text))
    .map((piece) => piece.text)
    .join('');
}

/**
 * An element that shows it, with a direction of its own.
 * @param {string} text
 * @param {number} [lengthMax] characters
 */
export function shownText(text, lengthMax = SHOWN_MAX) {
  return element(
    'bdi',
    { class: 'text' },
    ...visiblePieces(shortened(text, lengthMax)).map((piece) =>
      piece.isEscape ? element('span', { class: 'escape' }, piece.text) : piece.text,
    ),
  );
}

/**
 * @param {Readonly<Record<string, string>> | undefined} owner
 * @returns {HTMLElement | undefined}
 */
export function shownOwner(owner) {
  const words = Object.entries(owner ?? {});
  return words.length === 0
    ? undefined
    : element(
        'span',
        { class: 'owner' },
        ...words.map(([word, value]) =>
          element(
            'span',
            { class: 'word' },
            element('span', { class: 'word-name' }, shownText(word, 40)),
            ' ',
            shownText(value, 120),
          ),
        ),
      );
}

/** @param {string} text @param {number} [lengthMax] */
function shortened(text, lengthMax = SHOWN_MAX) {
  return text.length <= lengthMax
    ? text
    : `${text.slice(0, lengthMax)}… (${text.length.toLocaleString('en')} characters)`;
}

/** @param {string} character */
function escapeOf(character) {
  const code = character.codePointAt(0) ?? 0;
  const digits = code.toString(16);
  return (
    NAMED.get(character) ??
    (code <= 0xff
      ? `\\x${digits.padStart(2, '0')}`
      : code <= 0xffff
        ? `\\u${digits.padStart(4, '0')}`
        : `\\u{${digits}}`)
  );
}
