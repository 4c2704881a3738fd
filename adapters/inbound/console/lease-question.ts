/** Why: which leases, and sessions, a page asks for, in the words of the domain and one of its own: a piece of a name. */
import type { HolderDescription, SessionDescription } from '../../../domain/descriptions.js';
import { type HolderFilter, NAME_PATTERN_LENGTH_MAX } from '../../../domain/holder-filter.js';
import { ConsoleError } from './console-error.js';
import type { QuestionBody } from './question-body.js';

export interface LeaseQuestion {
  readonly filter: HolderFilter;
  /** What the filter cannot say. */
  readonly isWanted: (holder: HolderDescription) => boolean;
}

/** @throws ConsoleError */
export function leaseQuestion(body: QuestionBody): LeaseQuestion {
  const name = body.optionalText('name');
  const namePattern = body.optionalText('pattern');
  const session = body.optionalText('session');
  const owner = body.optionalText('owner');
  const text = body.optionalText('text')?.toLowerCase();
  if ((namePattern?.length ?? 0) > NAME_PATTERN_LENGTH_MAX) {
    throw new ConsoleError('request-too-long');
  }
  return {
    filter: {
      ...(name !== undefined && { name }),
      ...(namePattern !== undefined && { namePattern }),
      ...(session !== undefined && { session }),
      ...(owner !== undefined && { owner: ownerWord(owner) }),
    },
    isWanted: (holder) => text === undefined || holder.name.toLowerCase().includes(text),
  };
}

/** @throws ConsoleError */
export function sessionTest(body: QuestionBody): (session: SessionDescription) => boolean {
  const text = body.optionalText('text')?.toLowerCase();
  return ({ sessionId, kind, peer = '', owner = {} }) =>
    text === undefined ||
    [sessionId, `${kind} ${peer}`, ...Object.values(owner)].some((each) =>
      each.toLowerCase().includes(text),
    );
}

/** `host=web-1` asks for that word, `web-1` for any word with that value. */
function ownerWord(text: string): NonNullable<HolderFilter['owner']> {
  const at = text.indexOf('=');
  return at === -1 ? { value: text } : { word: text.slice(0, at), value: text.slice(at + 1) };
}

type Comparison<Item> = ((one: Item, other: Item) => number) | undefined;

export const LEASE_ORDERS = {
  newest: (one, other) => other.grantedAt - one.grantedAt || other.fencingToken - one.fencingToken,
  listed: undefined,
  name: byName,
  oldest: (one, other) => one.grantedAt - other.grantedAt || one.fencingToken - other.fencingToken,
  ending: (one, other) => difference(one.expiresAt, other.expiresAt) || byName(one, other),
  waiting: (one, other) => other.waiterCount - one.waiterCount || byName(one, other),
} as const satisfies Readonly<Record<string, Comparison<HolderDescription>>>;

export const SESSION_ORDERS = {
  listed: undefined,
  leases: (one, other) => other.leaseCount - one.leaseCount,
  waiters: (one, other) => other.waiterCount - one.waiterCount,
} as const satisfies Readonly<Record<string, Comparison<SessionDescription>>>;

function byName(one: HolderDescription, other: HolderDescription): number {
  return one.name < other.name ? -1 : Number(one.name > other.name);
}

/** Of what may be for ever, twice. */
function difference(one: number, other: number): number {
  return one === other ? 0 : one - other;
}
