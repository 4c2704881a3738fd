/**
 * Why: what the records of a journal say, wherever it is kept. A header, then the leases and
 * sessions of a snapshot, then batches of facts; docs/JOURNAL.md shows them. They stand there in the
 * domain's own words, FOREVER as null.
 */
import type { Fact, LeaseEnding, StreamRelease } from './facts.js';
import { FOREVER } from './instant.js';
import type { KeptLease, KeptSession } from './kept-state.js';
import type { Owner } from './owner.js';

export const JOURNAL_VERSION = 1;
/** By this a line of a journal is known, wherever it begins; so no record has it in it. */
export const LINE_BEGINNING = '{"sum":"';
/** By this a header is known. */
export const JOURNAL_MEMBER = '"journal":"ldlm"';

/** The first record: what the journal begins from. */
export interface JournalHeader {
  /**
   * The number of the last batch that went into the snapshot; the first one behind it is the next.
   */
  readonly batches: number;
  /** The highest fencing token given up to then. */
  readonly fencingToken: number;
  /** How many leases, and how many sessions, the lines of the snapshot hold together. */
  readonly leases: number;
  readonly sessions: number;
}

/** Any record behind the header. */
export type JournalRecord =
  | {
      readonly type: 'snapshot';
      readonly number: number;
      readonly leases: readonly KeptLease[];
      readonly sessions: readonly KeptSession[];
    }
  | { readonly type: 'batch'; readonly number: number; readonly facts: readonly Fact[] };

export function headerMembers(header: JournalHeader): string {
  const { batches, fencingToken, leases, sessions } = header;
  return (
    `${JOURNAL_MEMBER},"version":${JOURNAL_VERSION},"batches":${batches},` +
    `"fencingToken":${fencingToken},"leases":${leases},"sessions":${sessions}`
  );
}

/** @param number counted from 1 in each snapshot. @param leases joined `encodeLease`s. */
export function leasesMembers(number: number, leases: string): string {
  return `"snapshot":${number},"leases":[${leases}]`;
}

/** @param number goes on behind the leases. @param sessions joined `encodeSession`s. */
export function sessionsMembers(number: number, sessions: string): string {
  return `"snapshot":${number},"sessions":[${sessions}]`;
}

/**
 * @param number counted from 1 over the whole life of a journal. @param facts joined `encodeFact`s.
 */
export function batchMembers(number: number, facts: string): string {
  return `"batch":${number},"facts":[${facts}]`;
}

export function encodeLease(lease: KeptLease): string {
  return (
    `{"name":${quote(lease.name)},"size":${digits(lease.size)},"key":${quote(lease.key)},` +
    `"fencingToken":${digits(lease.fencingToken)},"leaseMs":${milliseconds(lease.leaseMs)},` +
    `"sessionId":${quote(lease.sessionId)},"at":${digits(lease.at)}${streamMembers(lease)}}`
  );
}

function streamMembers({ requestId, metadata }: KeptLease): string {
  const number = requestId === undefined ? '' : `,"requestId":${digits(requestId)}`;
  return metadata === undefined ? number : `${number},"metadata":${encodeWords(metadata)}`;
}

/** Names of words are the client's to choose; a blank keeps them from passing for the beginning of a line. */
function encodeWords(words: Owner): string {
  const text = JSON.stringify(words);
  return text.startsWith(LINE_BEGINNING) ? `{ ${text.slice(1)}` : text;
}

export function encodeSession({ releases, ...opening }: KeptSession): string {
  return `${encodeOpening(opening)},"releases":[${releases.map(digits).join()}]}`;
}

/** Without its end. */
function encodeOpening({
  sessionId,
  recoveryMs,
  owner,
  at,
}: Omit<KeptSession, 'releases'>): string {
  const words = owner === undefined ? '' : `,"owner":${encodeWords(owner)}`;
  return (
    `{"sessionId":${quote(sessionId)},"recoveryMs":${digits(recoveryMs)},` +
    `"at":${digits(at)}${words}`
  );
}

export function encodeFact(fact: Fact): string {
  switch (fact.type) {
    case 'lease-granted':
      return `{"type":"lease-granted",${encodeLease(fact).slice(1)}`;
    case 'lease-renewed':
      return (
        `{"type":"lease-renewed","name":${quote(fact.name)},"key":${quote(fact.key)},` +
        `"leaseMs":${milliseconds(fact.leaseMs)},"at":${digits(fact.at)}}`
      );
    case 'lease-ended':
      return (
        `{"type":"lease-ended","name":${quote(fact.name)},"key":${quote(fact.key)},` +
        `"reason":"${fact.reason}","at":${digits(fact.at)}${releaseMember(fact.by)}}`
      );
    case 'session-opened':
      return `{"type":"session-opened",${encodeOpening(fact).slice(1)}}`;
    case 'session-ended':
      return (
        `{"type":"session-ended","sessionId":${quote(fact.sessionId)},` + `"at":${digits(fact.at)}}`
      );
    default:
      return fact satisfies never;
  }
}

function releaseMember(by: StreamRelease | undefined): string {
  return by === undefined
    ? ''
    : `,"by":{"sessionId":${quote(by.sessionId)},"requestId":${digits(by.requestId)},` +
        `"heardBelow":${digits(by.heardBelow)}}`;
}

/**
 * Joins what is encoded with commas, in texts of about `lengthMax` each, or of one item if that is
 * longer.
 */
export function* packed<Item>(
  items: Iterable<Item>,
  encode: (item: Item) => string,
  lengthMax: number,
): Generator<string, void> {
  let text = '';
  for (const item of items) {
    const encoded = encode(item);
    if (text === '') {
      text = encoded;
    } else if (text.length + encoded.length < lengthMax) {
      text += `,${encoded}`;
    } else {
      yield text;
      text = encoded;
    }
  }
  if (text !== '') {
    yield text;
  }
}

/**
 * The session ids seen so far. A million leases of one session share its id through this, rather
 * than hold a copy each.
 */
export type SessionIds = Map<string, string>;

/** The version of the format that a header says; undefined if the line is no header. */
export function versionOf(value: unknown): number | undefined {
  const line = membersOf(value, 'line');
  return line.journal === 'ldlm' ? countOf(line, 'version') : undefined;
}

/** @throws TypeError when the value is no header of this version. */
export function decodeHeader(value: unknown): JournalHeader {
  const line = membersOf(value, 'line');
  return {
    batches: countOf(line, 'batches'),
    fencingToken: countOf(line, 'fencingToken'),
    leases: countOf(line, 'leases'),
    sessions: countOf(line, 'sessions'),
  };
}

/** @throws TypeError when the value is no record of a journal, though it was sealed as one. */
export function decodeRecord(value: unknown, sessionIds: SessionIds): JournalRecord {
  const line = membersOf(value, 'line');
  if (line.facts !== undefined) {
    const facts = listOf(line.facts, 'facts').map((fact) => decodeFact(fact, sessionIds));
    return { type: 'batch', number: countOf(line, 'batch'), facts };
  }
  if (line.snapshot !== undefined) {
    const { leases = [], sessions = [] } = line;
    return {
      type: 'snapshot',
      number: countOf(line, 'snapshot'),
      leases: listOf(leases, 'leases').map((lease) => decodeLease(lease, sessionIds)),
      sessions: listOf(sessions, 'sessions').map((session) => decodeSession(session, sessionIds)),
    };
  }
  throw new TypeError('it is neither a part of a snapshot nor a batch');
}

/**
 * Texts without quotes, backslashes and all beyond ASCII, which are nearly all, stand as they are.
 */
const PLAIN = /^[ !#-[\]-~]*$/;

function quote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

function milliseconds(value: number): string {
  return value === FOREVER ? 'null' : digits(value);
}

function digits(value: number): string {
  if (!Number.isFinite(value)) {
    throw new TypeError(`${value} cannot be kept in a journal`);
  }
  return `${value}`;
}

function decodeFact(value: unknown, sessionIds: SessionIds): Fact {
  const members = membersOf(value, 'fact');
  const type = members.type;
  switch (type) {
    case 'lease-granted':
      return { type, ...decodeLease(members, sessionIds) };
    case 'lease-renewed':
      return { type, ...namesOf(members), leaseMs: msOf(members), at: numberOf(members, 'at') };
    case 'lease-ended':
      return {
        type,
        ...namesOf(members),
        reason: endingOf(members),
        at: numberOf(members, 'at'),
        ...(members.by !== undefined && { by: decodeRelease(members.by, sessionIds) }),
      };
    case 'session-opened':
      return { type, ...decodeOpening(members, sessionIds) };
    case 'session-ended':
      return { type, sessionId: textOf(members, 'sessionId'), at: numberOf(members, 'at') };
    default:
      throw new TypeError(`there is no fact of type ${JSON.stringify(type)}`);
  }
}

type Members = Readonly<Record<string, unknown>>;

function decodeLease(value: unknown, sessionIds: SessionIds): KeptLease {
  const members = membersOf(value, 'lease');
  return {
    name: textOf(members, 'name'),
    size: countOf(members, 'size'),
    key: textOf(members, 'key'),
    fencingToken: countOf(members, 'fencingToken'),
    leaseMs: msOf(members),
    sessionId: sharedText(textOf(members, 'sessionId'), sessionIds),
    at: numberOf(members, 'at'),
    ...(members.requestId !== undefined && { requestId: countOf(members, 'requestId') }),
    ...(members.metadata !== undefined && { metadata: ownerOf(members.metadata) }),
  };
}

function decodeSession(value: unknown, sessionIds: SessionIds): KeptSession {
  const members = membersOf(value, 'session');
  const releases = listOf(members.releases, 'releases');
  return {
    ...decodeOpening(members, sessionIds),
    releases: releases.map((id) => countFrom(id, 'releases')),
  };
}

function decodeOpening(members: Members, sessionIds: SessionIds): Omit<KeptSession, 'releases'> {
  return {
    sessionId: sharedText(textOf(members, 'sessionId'), sessionIds),
    recoveryMs: countOf(members, 'recoveryMs'),
    at: numberOf(members, 'at'),
    ...(members.owner !== undefined && { owner: ownerOf(members.owner) }),
  };
}

function decodeRelease(value: unknown, sessionIds: SessionIds): StreamRelease {
  const members = membersOf(value, 'release');
  return {
    sessionId: sharedText(textOf(members, 'sessionId'), sessionIds),
    requestId: countOf(members, 'requestId'),
    heardBelow: countOf(members, 'heardBelow'),
  };
}

function ownerOf(value: unknown): Owner {
  const words = membersOf(value, 'description of an owner');
  for (const word of Object.keys(words)) {
    textOf(words, word);
  }
  return words as Owner;
}

function namesOf(members: Members): { readonly name: string; readonly key: string } {
  return { name: textOf(members, 'name'), key: textOf(members, 'key') };
}

const ENDINGS: ReadonlySet<unknown> = new Set<LeaseEnding>([
  'released',
  'expired',
  'revoked',
  'session-ended',
]);

function endingOf(members: Members): LeaseEnding {
  const reason = members.reason;
  if (!ENDINGS.has(reason)) {
    throw new TypeError(`there is no ending ${JSON.stringify(reason)}`);
  }
  return reason as LeaseEnding;
}

function membersOf(value: unknown, what: string): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`a ${what} is not an object`);
  }
  return value as Members;
}

function listOf(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) {
    throw new TypeError(`the ${what} are not a list`);
  }
  return value;
}

function textOf(members: Members, name: string): string {
  const value = members[name];
  if (typeof value !== 'string') {
    throw new TypeError(`"${name}" is not a text`);
  }
  return value;
}

function sharedText(text: string, texts: Map<string, string>): string {
  const shared = texts.get(text);
  if (shared !== undefined) {
    return shared;
  }
  texts.set(text, text);
  return text;
}

function numberOf(members: Members, name: string): number {
  const value = members[name];
  if (typeof value !== 'number') {
    throw new TypeError(`"${name}" is not a number`);
  }
  return value;
}

/** A whole number, 0 or more, that a double holds exactly. */
function countOf(members: Members, name: string): number {
  return countFrom(members[name], name);
}

function countFrom(value: unknown, name: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw new TypeError(`"${name}" is not a count`);
  }
  return value as number;
}

function msOf(members: Members): number {
  return members.leaseMs === null ? FOREVER : numberOf(members, 'leaseMs');
}
