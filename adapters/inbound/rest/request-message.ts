/**
 * Why: reads a request's body as the proto JSON of its message (protobuf.dev, "ProtoJSON Format"),
 * as strictly and in the same words as the reference server. Never throws: what is wrong is an
 * answer.
 */
import { isUtf8 } from 'node:buffer';
import { type JsonListener, type Span, scanFirstValue } from './json-scanner.js';

/** The fields of a message by their names in the proto file. */
export type MessageFields = Readonly<Record<string, 'string' | 'int32'>>;

/** What was sent of them; a field that is null or absent is left out. */
export type Message<Fields extends MessageFields> = {
  readonly [Name in keyof Fields]?: Fields[Name] extends 'string' ? string : number;
};

export type MessageReading<Fields extends MessageFields> =
  | { readonly kind: 'message'; readonly message: Message<Fields> }
  | { readonly kind: 'malformed'; readonly reason: string };

const INT32_MIN = -2_147_483_648;
const INT32_MAX = 2_147_483_647;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** More than any int32 takes, however it is written; longer ones are refused unread. */
const NUMBER_LENGTH_MAX = 64;
/** How much of what was sent an answer shows. */
const SHOWN_LENGTH = 64;
/** Longer than any key that means something, escapes included. */
const KEY_LENGTH_MAX = 256;

/** An empty body is an empty message. What follows the first JSON value is ignored. */
export function readMessage<Fields extends MessageFields>(
  body: Buffer,
  fields: Fields,
): MessageReading<Fields> {
  const reader = new MessageReader(body, fields);
  const scan = scanFirstValue(body, reader);
  if (scan.kind === 'malformed') {
    return { kind: 'malformed', reason: scan.message };
  }
  if (scan.kind === 'value' && body[scan.span.start] !== 0x7b) {
    const token = tokenAt(body, scan.span);
    return malformed(body, scan.span.start, `unexpected token ${token}`, 'syntax error ');
  }
  return reader.problem ?? { kind: 'message', message: reader.values as Message<Fields> };
}

type Malformed = Extract<MessageReading<MessageFields>, { kind: 'malformed' }>;

/**
 * Takes the fields as they come, and remembers what was wrong first: a later syntax error counts
 * more.
 */
class MessageReader implements JsonListener {
  readonly values: Record<string, string | number> = {};
  problem: Malformed | undefined;
  readonly #body: Buffer;
  readonly #fields: MessageFields;
  /** The fields by both of their spellings. */
  readonly #names = new Map<unknown, string>();
  readonly #seen = new Set<string>();
  readonly #isUtf8: boolean;

  constructor(body: Buffer, fields: MessageFields) {
    this.#body = body;
    this.#fields = fields;
    for (const name of Object.keys(fields)) {
      this.#names.set(name, name).set(camelCase(name), name);
    }
    this.#isUtf8 = isUtf8(body);
  }

  onString({ start, end }: Span): void {
    if (!this.#isUtf8 && !isUtf8(this.#body.subarray(start, end))) {
      this.#refuse(start, 'invalid UTF-8 in string', 'syntax error ');
    }
  }

  onMember(key: Span, value: Span): void {
    const name = this.problem === undefined ? this.#fieldOf(key) : undefined;
    if (name === undefined) {
      return;
    }
    if (this.#seen.has(name)) {
      this.#refuse(key.start, `duplicate field ${tokenAt(this.#body, key)}`);
      return;
    }
    this.#seen.add(name);
    const token = this.#body.toString('utf8', value.start, value.end);
    if (token === 'null') {
      return;
    }
    const type = this.#fields[name] ?? 'string';
    const read = type === 'string' ? stringOf(token) : int32Of(token);
    if (read === undefined) {
      const shown = tokenAt(this.#body, value);
      const field = `${type} field ${camelCase(name)}`;
      this.#refuse(value.start, `invalid value for ${field}: ${shown}`);
    } else {
      this.values[name] = read;
    }
  }

  #fieldOf({ start, end }: Span): string | undefined {
    const isTooLong = end - start > KEY_LENGTH_MAX;
    return isTooLong
      ? undefined
      : this.#names.get(JSON.parse(this.#body.toString('utf8', start, end)));
  }

  #refuse(at: number, what: string, kind = ''): void {
    this.problem ??= malformed(this.#body, at, what, kind);
  }
}

function malformed(body: Buffer, at: number, what: string, kind: string): Malformed {
  const before = body.subarray(0, at);
  const lineStart = before.lastIndexOf(0x0a) + 1;
  const line = before.toString('latin1').split('\n').length;
  const column = [...before.toString('utf8', lineStart)].length + 1;
  return { kind: 'malformed', reason: `proto: ${kind}(line ${line}:${column}): ${what}` };
}

/** The value as it was written; of an object or array, how it begins. */
function tokenAt(body: Buffer, { start, end }: Span): string {
  const token = body.toString('utf8', start, Math.min(end, start + SHOWN_LENGTH));
  if (token.startsWith('{') || token.startsWith('[')) {
    return token.slice(0, 1);
  }
  return end - start > SHOWN_LENGTH ? `${token}…` : token;
}

/**
 * A text with half a surrogate pair has no UTF-8 of its own: two names that differ could become
 * one.
 */
function stringOf(token: string): string | undefined {
  if (!token.startsWith('"')) {
    return undefined;
  }
  const text: string = JSON.parse(token);
  return /\p{Surrogate}/u.test(text) ? undefined : text;
}

/** 2, 2.0, 2e0, and any of these in quotes. */
function int32Of(token: string): number | undefined {
  if (token.length > NUMBER_LENGTH_MAX) {
    return undefined;
  }
  const number: unknown = token.startsWith('"') ? JSON.parse(token) : token;
  if (typeof number !== 'string' || !NUMBER.test(number)) {
    return undefined;
  }
  const value = Number(number);
  const isExact = significantDigits(number) === significantDigits(String(value));
  const isInt32 = Number.isInteger(value) && value >= INT32_MIN && value <= INT32_MAX;
  return isExact && isInt32 ? value + 0 : undefined;
}

/** Tells a number from another that only rounds to it. */
function significantDigits(number: string): string {
  const [mantissa = ''] = number.toLowerCase().split('e');
  return mantissa.replace(/[-.]/g, '').replace(/^0+/, '').replace(/0+$/, '');
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
