/**
 * Why: text that the wire cannot carry, or that is longer than a server takes in a frame, would end the stream for
 * everybody who uses the client; it is refused before it is sent.
 */
import { InvalidArgumentError } from './ldlm-error.js';

/** Of an owner's or a lock's words, names and values together, in units of UTF-16; the server's bound. */
const WORDS_LENGTH_MAX = 1024;

/** Half of a pair, which UTF-8 has no bytes for. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** @throws InvalidArgumentError that begins with `what`. */
export function checkedText(what: string, text: unknown): string {
  if (typeof text !== 'string' || LONE_SURROGATE.test(text)) {
    throw new InvalidArgumentError(`${what} must be text, without halves of surrogate pairs`);
  }
  return text;
}

/** @throws InvalidArgumentError that begins with `what`. */
export function checkedWords<Words extends Readonly<Record<string, string>>>(
  what: string,
  words: Words,
): Words {
  let length = 0;
  for (const [word, value] of Object.entries(words)) {
    checkedText(`the words of ${what}`, word);
    length += word.length + checkedText(`${what}.${word}`, value).length;
  }
  if (length > WORDS_LENGTH_MAX) {
    throw new InvalidArgumentError(
      `${what} must be ${WORDS_LENGTH_MAX} characters or less, names and values together`,
    );
  }
  return words;
}
