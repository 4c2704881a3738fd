/** A holder for specs that look at a few of its fields; and any holder at all, for properties. */
import fc from 'fast-check';
import type { HolderDescription } from '../../domain/descriptions.js';
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
