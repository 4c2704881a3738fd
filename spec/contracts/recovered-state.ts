/** Why: what a store gave back, held against the facts that it was given. */
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { Fact } from '../../domain/facts.js';
import { type KeptLease, LeaseLedger } from '../../domain/lease-ledger.js';
import type { RecoveredState } from '../../ports/outbound/state-store.js';

/** It kept these facts, and these alone. */
export function assertFold(recovered: RecoveredState, facts: readonly Fact[]): void {
  assert.deepEqual(comparable(recovered), comparable(foldOf(facts)));
}

/** It kept the facts up to some point, the first `factCountMin` at the least. */
export function assertPrefix(
  recovered: RecoveredState,
  facts: readonly Fact[],
  factCountMin: number,
): void {
  const found = comparable(recovered);
  const prefixes = facts.map((_, index) => facts.slice(0, index + 1));
  const isPrefix = [[], ...prefixes]
    .slice(factCountMin)
    .some((prefix) => isDeepStrictEqual(comparable(foldOf(prefix)), found));
  assert.ok(isPrefix, `not a prefix with at least ${factCountMin} facts: ${JSON.stringify(found)}`);
}

function foldOf(facts: readonly Fact[]): RecoveredState {
  const ledger = new LeaseLedger();
  for (const fact of facts) {
    ledger.apply(fact);
  }
  return { leases: [...ledger.leases.values()], fencingToken: ledger.fencingToken };
}

/** Leases as plain objects, in the order of their keys. */
function comparable({ leases, fencingToken }: RecoveredState): RecoveredState {
  const plain = leases.map(
    ({ name, size, key, fencingToken: token, leaseMs, sessionId, at }): KeptLease => ({
      name,
      size,
      key,
      fencingToken: token,
      leaseMs,
      sessionId,
      at,
    }),
  );
  return { leases: plain.sort((a, b) => (a.key < b.key ? -1 : 1)), fencingToken };
}
