/** Why: a lock's name is anyone's text; shown to an operator it must not forge lines or hide. */

/** Control characters, line separators, halves of surrogate pairs, what reverses the writing. */
const DECEPTIVE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202A-\u202E\u2066-\u2069]/gu;

const NAMED: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/** `text` as it is, but for the characters above: `\n`, `\r`, `\t`, `\xNN` or `\uNNNN`. */
export function visibleText(text: string): string {
  return text.replace(DECEPTIVE, (character) => {
    const code = character.charCodeAt(0);
    return NAMED.get(character) ?? (code <= 0xff ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
  });
}

/** The JSON of `value` on one line, safe to show, and the same value to whoever parses it. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value).replace(
    DECEPTIVE,
    (character) => `\\u${hex(character.charCodeAt(0), 4)}`,
  );
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
