/**
 * Why: the words that the server's local door and its client exchange, written and read in one
 * place so that they cannot differ. A request is one line of JSON; so is each part of its answer.
 */
import type { HolderDescription } from '../../../domain/descriptions.js';
import { FOREVER, type Instant } from '../../../domain/instant.js';
import type { Owner } from '../../../domain/owner.js';
import type { RefusalCode } from '../../../domain/refusal.js';

const PROTOCOL_VERSION = 1;

/** Text of holders gathered into one line: a listing of any length needs no more at once. */
const HOLDERS_LINE_CHARACTERS = 64 * 1024;

export type IpcRequest =
  | { readonly method: 'list'; readonly name?: string }
  | { readonly method: 'unlock'; readonly name: string; readonly key?: string };

/** A listing is any number of `holders`, then `end`. Every other reply is the whole answer. */
export type IpcReply =
  | { readonly kind: 'holders'; readonly holders: readonly HolderDescription[] }
  | { readonly kind: 'end'; readonly now: Instant }
  | { readonly kind: 'revoked'; readonly key: string }
  | { readonly kind: 'refused'; readonly code: RefusalCode }
  | { readonly kind: 'error'; readonly message: string };

/** A line that is none of the above, and what is wrong with it. */
export interface Malformed {
  readonly kind: 'malformed';
  readonly problem: string;
}

/** The codes as they are on this wire: themselves. Total, so that a new one is not overlooked. */
const REFUSAL_CODES: Readonly<Record<RefusalCode, true>> = {
  'lease-time-invalid': true,
  'wait-time-invalid': true,
  'name-empty': true,
  'name-too-long': true,
  'size-invalid': true,
  'size-mismatch': true,
  held: true,
  'wait-timeout': true,
  'lease-ended': true,
  withdrawn: true,
  'lock-unknown': true,
  'key-invalid': true,
  'key-needed': true,
  'lease-unknown': true,
  'session-unknown': true,
  'too-many-sessions': true,
  'too-many-waiters': true,
  'server-stopping': true,
};

type JsonObject = Readonly<Record<string, unknown>>;

export function encodeRequest(request: IpcRequest): string {
  return `${JSON.stringify({ v: PROTOCOL_VERSION, ...request })}\n`;
}

/** Reads a request; whatever the line holds, it does not throw. */
export function decodeRequest(line: string): IpcRequest | Malformed {
  const request = parseObject(line);
  if (request === undefined) {
    return malformed('a request is one JSON object on one line');
  }
  const { v, method, name, key } = request;
  if (v !== PROTOCOL_VERSION) {
    return malformed(
      `unknown protocol version ${excerpt(v)}: this server speaks version ${PROTOCOL_VERSION}`,
    );
  }
  switch (method) {
    case 'list':
      if (!isOptionalString(name)) {
        return malformed('list takes a name that is a string, or none');
      }
      return { method, ...(name !== undefined && { name }) };
    case 'unlock':
      if (typeof name !== 'string' || !isOptionalString(key)) {
        return malformed('unlock takes a name, and may take a key, that are strings');
      }
      return { method, name, ...(key !== undefined && { key }) };
    default:
      return malformed(`unknown method ${excerpt(method)}: this server knows list and unlock`);
  }
}

/** The holders as lines, each of about 64 Ki characters, or of one holder if that is longer. */
export function* encodeHolders(
  holders: Iterable<HolderDescription>,
): Generator<string, void, undefined> {
  let texts: string[] = [];
  let characterCount = 0;
  for (const holder of holders) {
    const text = encodeHolder(holder);
    texts.push(text);
    characterCount += text.length;
    if (characterCount >= HOLDERS_LINE_CHARACTERS) {
      yield `{"holders":[${texts.join(',')}]}\n`;
      texts = [];
      characterCount = 0;
    }
  }
  if (texts.length > 0) {
    yield `{"holders":[${texts.join(',')}]}\n`;
  }
}

export function encodeReply(reply: Exclude<IpcReply, { readonly kind: 'holders' }>): string {
  switch (reply.kind) {
    case 'end':
      return `${JSON.stringify({ end: true, now: reply.now })}\n`;
    case 'revoked':
      return `${JSON.stringify({ revoked: reply.key })}\n`;
    case 'refused':
      return `${JSON.stringify({ refused: reply.code })}\n`;
    case 'error':
      return `${JSON.stringify({ error: reply.message })}\n`;
  }
}

/** Reads a reply; whatever the line holds, it does not throw. */
export function decodeReply(line: string): IpcReply | Malformed {
  const { holders, end, now, revoked, refused, error } = parseObject(line) ?? {};
  if (Array.isArray(holders)) {
    const descriptions = holders.map(decodeHolder);
    return descriptions.every((description) => description !== undefined)
      ? { kind: 'holders', holders: descriptions }
      : malformed('a holder lacks a field, or has one of another type');
  }
  if (end === true && isNumber(now)) {
    return { kind: 'end', now };
  }
  if (typeof revoked === 'string') {
    return { kind: 'revoked', key: revoked };
  }
  if (typeof refused === 'string') {
    return isRefusalCode(refused)
      ? { kind: 'refused', code: refused }
      : malformed(`unknown refusal ${excerpt(refused)}`);
  }
  if (typeof error === 'string') {
    return { kind: 'error', message: error };
  }
  return malformed(`unknown reply ${excerpt(line)}`);
}

/** Field by field, so that a field which HolderDescription gains is not on the wire by accident. */
function encodeHolder(holder: HolderDescription): string {
  const { name, size, key, fencingToken, grantedAt, sessionId, session, owner, waiterCount } =
    holder;
  // JSON has no infinity.
  const expiresAt = holder.expiresAt === FOREVER ? null : holder.expiresAt;
  return JSON.stringify({
    name,
    size,
    key,
    fencingToken,
    grantedAt,
    expiresAt,
    sessionId,
    session,
    owner,
    waiterCount,
  });
}

function decodeHolder(value: unknown): HolderDescription | undefined {
  if (!isObject(value)) {
    return undefined;
  }
  const { name, size, key, fencingToken, grantedAt, sessionId, session, owner, waiterCount } =
    value;
  const expiresAt = value.expiresAt === null ? FOREVER : value.expiresAt;
  if (
    typeof name !== 'string' ||
    !isNumber(size) ||
    typeof key !== 'string' ||
    !isNumber(fencingToken) ||
    !isNumber(grantedAt) ||
    typeof expiresAt !== 'number' ||
    !isOptionalString(sessionId) ||
    !isOptionalString(session) ||
    !isOptionalOwner(owner) ||
    !isNumber(waiterCount)
  ) {
    return undefined;
  }
  return {
    name,
    size,
    key,
    fencingToken,
    grantedAt,
    expiresAt,
    sessionId,
    session,
    owner,
    waiterCount,
  };
}

function parseObject(line: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `1e400` reads as infinity, which is never written. */
function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

function isOptionalString(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

function isOptionalOwner(value: unknown): value is Owner | undefined {
  return (
    value === undefined ||
    (isObject(value) && Object.values(value).every((word) => typeof word === 'string'))
  );
}

function isRefusalCode(code: string): code is RefusalCode {
  return Object.hasOwn(REFUSAL_CODES, code);
}

function malformed(problem: string): Malformed {
  return { kind: 'malformed', problem };
}

/** What the other end sent, short enough to be repeated to it. */
function excerpt(value: unknown): string {
  const text = JSON.stringify(value) ?? 'none';
  return text.length <= 64 ? text : `${text.slice(0, 64)}…`;
}
