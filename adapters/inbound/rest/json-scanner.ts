/**
 * Why: finds the first JSON value of a body, and the members of an object, where they stand:
 * JSON.parse would hide duplicates, positions and how numbers were written. Stack and time are
 * bounded by the body's length, and nesting by a depth. Its complaints are in the reference
 * server's words.
 */

/** The deepest nesting of objects and arrays, the outermost counted. */
export const JSON_DEPTH_MAX = 100;

/** Where something stands in the bytes: from `start` up to but not including `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export type JsonScan =
  | { readonly kind: 'value'; readonly span: Span }
  /** Nothing but white space. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'malformed'; readonly message: string };

/**
 * Is told of every string, in order, and of every member of the outermost object once it has been
 * read.
 */
export interface JsonListener {
  onString(span: Span): void;
  onMember(key: Span, value: Span): void;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
const LETTER_U = 0x75;
const ESCAPED = new Set(Buffer.from('"\\/bfnrt'));
const LITERALS = ['true', 'false', 'null'];
const LOOKING_FOR_VALUE = 'looking for beginning of value';
const LOOKING_FOR_KEY = 'looking for beginning of object key string';

/**
 * What has to come next. An opened object or array may be closed at once, but not after a comma.
 */
type Expected = 'value' | 'value-or-close' | 'key' | 'key-or-close' | 'colon' | 'comma-or-close';

/** Scans the first value of `bytes`; what follows it is not looked at. */
export function scanFirstValue(bytes: Buffer, listener: JsonListener): JsonScan {
  return new JsonScanner(bytes, listener).scan();
}

/**
 * One scan. Methods that read a part return whether it was well-formed, and leave `#at` behind it.
 */
class JsonScanner {
  readonly #bytes: Buffer;
  readonly #listener: JsonListener;
  #at = 0;
  #complaint = '';
  #expected: Expected = 'value';
  /** The bracket that closes each open object or array. */
  readonly #closers: number[] = [];
  /** The outermost object's member that is being read. */
  #key: Span = { start: 0, end: 0 };
  #memberStart = 0;

  constructor(bytes: Buffer, listener: JsonListener) {
    this.#bytes = bytes;
    this.#listener = listener;
  }

  scan(): JsonScan {
    this.#skipSpace();
    const start = this.#at;
    if (start === this.#bytes.length) {
      return { kind: 'nothing' };
    }
    do {
      this.#skipSpace();
      if (!this.#step()) {
        return { kind: 'malformed', message: this.#complaint };
      }
    } while (this.#closers.length > 0);
    return { kind: 'value', span: { start, end: this.#at } };
  }

  #step(): boolean {
    switch (this.#expected) {
      case 'value':
      case 'value-or-close':
        return this.#readValue();
      case 'key':
      case 'key-or-close':
        return this.#readKey();
      case 'colon':
        this.#expected = 'value';
        return this.#readOne(COLON, 'after object key');
      case 'comma-or-close':
        return this.#readCommaOrClose();
    }
  }

  #readValue(): boolean {
    const byte = this.#bytes[this.#at];
    const start = this.#at;
    if (this.#closers.length === 1) {
      this.#memberStart = start;
    }
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      return this.#open(byte);
    }
    if (byte === CLOSE_BRACKET && this.#expected === 'value-or-close') {
      return this.#close();
    }
    const isWhole =
      byte === QUOTE
        ? this.#readString()
        : byte === MINUS || isDigit(byte)
          ? this.#readNumber()
          : this.#readLiteral();
    if (isWhole) {
      this.#endValue();
    }
    return isWhole;
  }

  #open(byte: number): boolean {
    if (this.#closers.length === JSON_DEPTH_MAX) {
      this.#complaint = `nested more than ${JSON_DEPTH_MAX} levels deep`;
      return false;
    }
    this.#closers.push(byte === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET);
    this.#expected = byte === OPEN_BRACE ? 'key-or-close' : 'value-or-close';
    this.#at += 1;
    return true;
  }

  #close(): boolean {
    this.#closers.pop();
    this.#at += 1;
    this.#endValue();
    return true;
  }

  #endValue(): void {
    this.#expected = 'comma-or-close';
    if (this.#closers.length === 1 && this.#closers[0] === CLOSE_BRACE) {
      this.#listener.onMember(this.#key, { start: this.#memberStart, end: this.#at });
    }
  }

  #readKey(): boolean {
    const start = this.#at;
    const byte = this.#bytes[start];
    if (byte === CLOSE_BRACE && this.#expected === 'key-or-close') {
      return this.#close();
    }
    if (byte !== QUOTE) {
      return this.#complain(LOOKING_FOR_KEY);
    }
    if (!this.#readString()) {
      return false;
    }
    if (this.#closers.length === 1) {
      this.#key = { start, end: this.#at };
    }
    this.#expected = 'colon';
    return true;
  }

  #readCommaOrClose(): boolean {
    const closer = this.#closers.at(-1);
    const byte = this.#bytes[this.#at];
    if (byte === closer) {
      return this.#close();
    }
    this.#expected = closer === CLOSE_BRACE ? 'key' : 'value';
    return this.#readOne(
      COMMA,
      closer === CLOSE_BRACE ? 'after object key:value pair' : 'after array element',
    );
  }

  #readString(): boolean {
    const start = this.#at;
    this.#at += 1;
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined || byte < 0x20) {
        return this.#complain('in string literal');
      }
      this.#at += 1;
      if (byte === QUOTE) {
        this.#listener.onString({ start, end: this.#at });
        return true;
      }
      if (byte === BACKSLASH && !this.#readEscape()) {
        return false;
      }
    }
  }

  #readEscape(): boolean {
    const byte = this.#bytes[this.#at];
    if (byte !== LETTER_U && (byte === undefined || !ESCAPED.has(byte))) {
      return this.#complain('in string escape code');
    }
    this.#at += 1;
    for (let digit = 0; byte === LETTER_U && digit < 4; digit += 1) {
      if (!isHexDigit(this.#bytes[this.#at])) {
        return this.#complain('in \\u hexadecimal character escape');
      }
      this.#at += 1;
    }
    return true;
  }

  #readNumber(): boolean {
    this.#skipOne(MINUS);
    if (!this.#skipOne(ZERO) && !this.#readDigits('in numeric literal')) {
      return false;
    }
    if (this.#skipOne(POINT) && !this.#readDigits('after decimal point in numeric literal')) {
      return false;
    }
    if (this.#skipOne(0x65) || this.#skipOne(0x45)) {
      if (!this.#skipOne(PLUS)) {
        this.#skipOne(MINUS);
      }
      return this.#readDigits('in exponent of numeric literal');
    }
    return true;
  }

  #readDigits(where: string): boolean {
    if (!isDigit(this.#bytes[this.#at])) {
      return this.#complain(where);
    }
    while (isDigit(this.#bytes[this.#at])) {
      this.#at += 1;
    }
    return true;
  }

  #readLiteral(): boolean {
    const first = this.#bytes[this.#at];
    const literal = LITERALS.find((one) => one.charCodeAt(0) === first);
    if (literal === undefined) {
      return this.#complain(LOOKING_FOR_VALUE);
    }
    for (const letter of literal) {
      if (!this.#readOne(letter.charCodeAt(0), `in literal ${literal} (expecting '${letter}')`)) {
        return false;
      }
    }
    return true;
  }

  #readOne(byte: number, where: string): boolean {
    return this.#skipOne(byte) || this.#complain(where);
  }

  #skipOne(byte: number): boolean {
    const isThere = this.#bytes[this.#at] === byte;
    this.#at += isThere ? 1 : 0;
    return isThere;
  }

  #skipSpace(): void {
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) {
        return;
      }
      this.#at += 1;
    }
  }

  #complain(where: string): false {
    const byte = this.#bytes[this.#at];
    this.#complaint =
      byte === undefined ? 'unexpected EOF' : `invalid character ${shown(byte)} ${where}`;
    return false;
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function isHexDigit(byte: number | undefined): boolean {
  const letter = (byte ?? 0) | 0x20;
  return isDigit(byte) || (letter >= 0x61 && letter <= 0x66);
}

function shown(byte: number): string {
  const isPrintable = byte >= 0x20 && byte < 0x7f;
  const text = isPrintable ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
  return `'${text}'`;
}
