/**
 * Why: what the local door shows of the state, field by field, so that one which a description gains is not on the wire by
 * accident, and one that a stranger leaves out is missed before anybody reckons with it.
 */
import type {
  HolderChange,
  HolderDescription,
  LockDescription,
  ServerStats,
  SessionDescription,
  WaiterDescription,
} from '../../../domain/descriptions.js';
import type { LeaseEnding } from '../../../domain/facts.js';
import { FOREVER } from '../../../domain/instant.js';
import type { Owner } from '../../../domain/owner.js';

export type JsonObject = Readonly<Record<string, unknown>>;

/** How a field is written; those that may be undefined are left out then. FOREVER is null: JSON has no infinity. */
type FieldKind = 'text' | 'text or none' | 'number' | 'instant' | 'owner or none';

type Shape<Description> = { readonly [Field in keyof Description]-?: FieldKind };

const holder: Shape<HolderDescription> = {
  name: 'text',
  size: 'number',
  key: 'text',
  fencingToken: 'number',
  grantedAt: 'number',
  expiresAt: 'instant',
  sessionId: 'text or none',
  session: 'text or none',
  owner: 'owner or none',
  waiterCount: 'number',
};

const lock: Shape<LockDescription> = {
  name: 'text',
  size: 'number',
  holderCount: 'number',
  waiterCount: 'number',
  grantCount: 'number',
};

const waiter: Shape<WaiterDescription> = {
  queuedAt: 'number',
  waitsUntil: 'instant',
  sessionId: 'text',
  session: 'text',
  owner: 'owner or none',
};

const session: Shape<SessionDescription> = {
  sessionId: 'text',
  kind: 'text',
  peer: 'text or none',
  openedAt: 'number',
  endsAt: 'instant',
  leaseCount: 'number',
  waiterCount: 'number',
  owner: 'owner or none',
};

type PlainStats = Omit<ServerStats, 'endCounts' | 'role'>;

const stats: Shape<PlainStats> = {
  lockCount: 'number',
  leaseCount: 'number',
  waiterCount: 'number',
  sessionCount: 'number',
  grantCount: 'number',
  renewalCount: 'number',
  fencingToken: 'number',
  version: 'text',
  startedAt: 'number',
  now: 'number',
};

const endCounts: Shape<Record<LeaseEnding, number>> = {
  released: 'number',
  expired: 'number',
  revoked: 'number',
  'session-ended': 'number',
};

/** Of a description: as an object for JSON, and back; undefined for what is not one. */
export interface Codec<Description> {
  write(description: Description): JsonObject;
  read(value: unknown): Description | undefined;
}

export const holderCodec = codecOf(holder);
export const lockCodec = codecOf(lock);
export const waiterCodec = codecOf(waiter);
export const sessionCodec = codecOf(session);

const plainStatsCodec = codecOf(stats);
const endCountsCodec = codecOf(endCounts);

const ROLES: Readonly<Record<ServerStats['role'], true>> = {
  single: true,
  leader: true,
  standby: true,
};

export const statsCodec: Codec<ServerStats> = {
  write: (given) => ({
    ...plainStatsCodec.write(given),
    endCounts: endCountsCodec.write(given.endCounts),
    role: given.role,
  }),
  read: (value) => {
    const plain = plainStatsCodec.read(value);
    if (plain === undefined || !isObject(value)) {
      return undefined;
    }
    const ends = endCountsCodec.read(value.endCounts);
    const { role } = value;
    return ends !== undefined && isOneOf(ROLES, role)
      ? { ...plain, endCounts: ends, role }
      : undefined;
  },
};

export const changeCodec: Codec<HolderChange> = {
  write: (change) => ({
    change: change.kind === 'ended' ? change.reason : change.kind,
    ...holderCodec.write(change.holder),
  }),
  read: (value) => {
    const described = holderCodec.read(value);
    if (described === undefined || !isObject(value)) {
      return undefined;
    }
    const { change } = value;
    if (change === 'granted' || change === 'renewed') {
      return { kind: change, holder: described };
    }
    return isOneOf(endCounts, change)
      ? { kind: 'ended', holder: described, reason: change }
      : undefined;
  },
};

/** All of a list, or undefined if one of it is none. */
export function readAll<Description>(
  codec: Codec<Description>,
  values: readonly unknown[],
): readonly Description[] | undefined {
  const read = values.map((value) => codec.read(value));
  return read.every((description) => description !== undefined) ? read : undefined;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isOneOf<Word extends string>(
  words: Readonly<Record<Word, unknown>>,
  value: unknown,
): value is Word {
  return typeof value === 'string' && Object.hasOwn(words, value);
}

/** `1e400` reads as infinity, which is never written. */
export function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

export function isOptionalString(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

function codecOf<Description extends object>(shape: Shape<Description>): Codec<Description> {
  const fields = Object.entries(shape) as [keyof Description & string, FieldKind][];
  return {
    write: (description) => {
      const written: Record<string, unknown> = {};
      for (const [field] of fields) {
        const value = description[field];
        written[field] = value === FOREVER ? null : value;
      }
      return written;
    },
    read: (value) => {
      if (!isObject(value)) {
        return undefined;
      }
      const read: Record<string, unknown> = {};
      for (const [field, kind] of fields) {
        const given = value[field];
        if (!isOfKind[kind](given)) {
          return undefined;
        }
        read[field] = given === null ? FOREVER : given;
      }
      return read as Description;
    },
  };
}

const isOfKind: Readonly<Record<FieldKind, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  'text or none': isOptionalString,
  number: isNumber,
  instant: (value) => value === null || isNumber(value),
  'owner or none': isOptionalOwner,
};

function isOptionalOwner(value: unknown): value is Owner | undefined {
  return (
    value === undefined ||
    (isObject(value) && Object.values(value).every((word) => typeof word === 'string'))
  );
}
