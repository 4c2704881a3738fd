/** What operators are shown, for specs that look at a few of its fields; and any of it at all, for properties. */
import fc from 'fast-check';
import type {
  HolderChange,
  HolderDescription,
  LockDescription,
  ServerStats,
  SessionDescription,
  WaiterDescription,
} from '../../domain/descriptions.js';
import { FOREVER } from '../../domain/instant.js';

export function someHolder(fields: Partial<HolderDescription> = {}): HolderDescription {
  return {
    name: 'a',
    size: 1,
    key: '2ce80fb6-81ed-4f95-9d01-6c2a4f1f0b9e',
    fencingToken: 7,
    grantedAt: 1_000_000,
    expiresAt: 1_600_000,
    sessionId: 's1',
    session: 'connection 127.0.0.1:51234',
    owner: undefined,
    waiterCount: 0,
    ...fields,
  };
}

export function someSession(fields: Partial<SessionDescription> = {}): SessionDescription {
  return {
    sessionId: 's1',
    kind: 'connection',
    peer: '127.0.0.1:51234',
    openedAt: 1_000_000,
    endsAt: FOREVER,
    leaseCount: 0,
    waiterCount: 0,
    owner: undefined,
    ...fields,
  };
}

export function someWaiter(fields: Partial<WaiterDescription> = {}): WaiterDescription {
  return {
    queuedAt: 1_000_000,
    waitsUntil: FOREVER,
    sessionId: 's2',
    session: 'rest 127.0.0.1:51235',
    owner: undefined,
    ...fields,
  };
}

export function someLock(fields: Partial<LockDescription> = {}): LockDescription {
  return { name: 'a', size: 1, holderCount: 0, waiterCount: 0, grantCount: 0, ...fields };
}

export function someStats(fields: Partial<ServerStats> = {}): ServerStats {
  return {
    version: '1.2.3',
    role: 'single',
    startedAt: 1_000_000,
    now: 1_060_000,
    lockCount: 0,
    leaseCount: 0,
    waiterCount: 0,
    sessionCount: 0,
    grantCount: 0,
    renewalCount: 0,
    endCounts: { released: 0, expired: 0, revoked: 0, 'session-ended': 0 },
    fencingToken: 0,
    ...fields,
  };
}

/** Text with everything in it that UTF-16 can hold, halves of pairs included. */
export const anyText = fc.string({
  unit: fc.integer({ min: 0, max: 0xffff }).map(String.fromCharCode),
});

const anyInstant = fc.double({ min: 0, max: 1e15, noNaN: true }).map((instant) => instant + 0);

export const anyHolder: fc.Arbitrary<HolderDescription> = fc.record({
  name: anyText,
  size: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  key: anyText,
  fencingToken: fc.maxSafeNat(),
  grantedAt: anyInstant,
  expiresAt: fc.oneof(anyInstant, fc.constant(FOREVER)),
  sessionId: fc.option(anyText, { nil: undefined }),
  session: fc.option(anyText, { nil: undefined }),
  owner: fc.option(fc.dictionary(anyText, anyText, { noNullPrototype: true }), { nil: undefined }),
  waiterCount: fc.nat(),
});

const anyEnd = fc.oneof(anyInstant, fc.constant(FOREVER));
const anyOwner = fc.option(fc.dictionary(anyText, anyText, { noNullPrototype: true }), {
  nil: undefined,
});

export const anyWaiter: fc.Arbitrary<WaiterDescription> = fc.record({
  queuedAt: anyInstant,
  waitsUntil: anyEnd,
  sessionId: anyText,
  session: anyText,
  owner: anyOwner,
});

export const anySession: fc.Arbitrary<SessionDescription> = fc.record({
  sessionId: anyText,
  kind: anyText,
  peer: fc.option(anyText, { nil: undefined }),
  openedAt: anyInstant,
  endsAt: anyEnd,
  leaseCount: fc.nat(),
  waiterCount: fc.nat(),
  owner: anyOwner,
});

export const anyLock: fc.Arbitrary<LockDescription> = fc.record({
  name: anyText,
  size: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  holderCount: fc.nat(),
  waiterCount: fc.nat(),
  grantCount: fc.maxSafeNat(),
});

export const anyChange: fc.Arbitrary<HolderChange> = fc.oneof(
  fc.record({ kind: fc.constantFrom('granted', 'renewed'), holder: anyHolder }),
  fc.record({
    kind: fc.constant('ended'),
    holder: anyHolder,
    reason: fc.constantFrom('released', 'expired', 'revoked', 'session-ended'),
  }),
);

export const anyStats: fc.Arbitrary<ServerStats> = fc.record({
  version: anyText,
  role: fc.constantFrom('single', 'leader', 'standby'),
  startedAt: anyInstant,
  now: anyInstant,
  lockCount: fc.nat(),
  leaseCount: fc.nat(),
  waiterCount: fc.nat(),
  sessionCount: fc.nat(),
  grantCount: fc.maxSafeNat(),
  renewalCount: fc.maxSafeNat(),
  endCounts: fc.record({
    released: fc.nat(),
    expired: fc.nat(),
    revoked: fc.nat(),
    'session-ended': fc.nat(),
  }),
  fencingToken: fc.maxSafeNat(),
});
