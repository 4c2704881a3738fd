/** Why: the listing for programs: every field, exact names, and field names that stay. */
import type { HolderDescription } from '../../../domain/descriptions.js';
import { FOREVER } from '../../../domain/instant.js';
import type { Listing } from './administration-client.js';
import { visibleJson } from './visible-text.js';

/** The lines of one JSON array, one holder a line. */
export function* holderJson({ holders, now }: Listing): Generator<string, void, undefined> {
  if (holders.length === 0) {
    yield '[]';
    return;
  }
  yield '[';
  const last = holders.length - 1;
  for (const [index, holder] of holders.entries()) {
    yield `  ${visibleJson(fields(holder, now))}${index < last ? ',' : ''}`;
  }
  yield ']';
}

function fields(holder: HolderDescription, now: number): object {
  const { name, key, size, fencingToken, grantedAt, expiresAt, waiterCount } = holder;
  return {
    name,
    key,
    size,
    fencingToken,
    ageMs: Math.max(0, Math.round(now - grantedAt)),
    timeLeftMs: expiresAt === FOREVER ? null : Math.max(0, Math.round(expiresAt - now)),
    sessionId: holder.sessionId ?? null,
    session: holder.session ?? null,
    owner: holder.owner ?? null,
    waiterCount,
  };
}
