/** Why: the listing for programs: every field, exact names, and field names that stay. */
import type { HolderDescription } from '../../../domain/descriptions.js';
import { FOREVER, type Instant } from '../../../domain/instant.js';
import { jsonArray } from './json-array.js';

/** The lines of one JSON array, one holder a line. */
export function holderJson(
  holders: AsyncIterable<HolderDescription>,
  now: Instant,
): AsyncGenerator<string, void, undefined> {
  return jsonArray(holders, (holder) => holderFields(holder, now));
}

export function holderFields(holder: HolderDescription, now: Instant): object {
  const { name, key, size, fencingToken, grantedAt, expiresAt, waiterCount } = holder;
  return {
    name,
    key,
    size,
    fencingToken,
    ageMs: elapsedMs(grantedAt, now),
    timeLeftMs: leftMs(expiresAt, now),
    sessionId: holder.sessionId ?? null,
    session: holder.session ?? null,
    owner: holder.owner ?? null,
    waiterCount,
  };
}

/** Whole milliseconds since `at`. */
export function elapsedMs(at: Instant, now: Instant): number {
  return Math.max(0, Math.round(now - at));
}

/** Whole milliseconds until `at`; null for what never comes. */
export function leftMs(at: Instant, now: Instant): number | null {
  return at === FOREVER ? null : Math.max(0, Math.round(at - now));
}
