/** Why: what a store gave back, held against the facts that it was given. */
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { Fact } from '../../domain/facts.js';
import type { KeptLease, KeptSession } from '../../domain/kept-state.js';
import { LeaseLedger } from '../../domain/lease-ledger.js';
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
  const { leases, sessions, fencingToken } = ledger;
  return { leases: [...leases.values()], sessions: [...sessions.values()], fencingToken };
}

/** Everything as plain objects, in the order of their keys and ids. */
function comparable({ leases, sessions, fencingToken }: RecoveredState): RecoveredState {
  return {
    leases: leases.map(plainLease).sort((a, b) => (a.key < b.key ? -1 : 1)),
    sessions: sessions.map(plainSession).sort((a, b) => (a.sessionId < b.sessionId ? -1 : 1)),
    fencingToken,
  };
}

function plainLease(lease: KeptLease): KeptLease {
  const { name, size, key, fencingToken, leaseMs, sessionId, at, requestId, metadata } = lease;
  return {
    name,
    size,
    key,
    fencingToken,
    leaseMs,
    sessionId,
    at,
    ...(requestId !== undefined && { requestId }),
    ...(metadata && { metadata: { ...metadata } }),
  };
}

function plainSession({ sessionId, recoveryMs, owner, at, releases }: KeptSession): KeptSession {
  return { sessionId, recoveryMs, ...(owner && { owner: { ...owner } }), at, releases };
}
