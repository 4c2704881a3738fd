/** Why: `ldlm-lock sessions`: who is there, what each holds and waits for, and the id by which it can be ended. */
import type { SessionDescription } from '../../../domain/descriptions.js';
import type { Instant } from '../../../domain/instant.js';
import type { AdministrationClient } from './administration-client.js';
import { type Column, ownerText, PagedTable } from './fitted-columns.js';
import { elapsedMs, leftMs } from './holder-json.js';
import { jsonArray } from './json-array.js';
import { NONE, shownDuration } from './shown-duration.js';
import { visibleText } from './visible-text.js';

type Pages = ReturnType<AdministrationClient['sessions']>;

/** A session, and the server's clock when it was looked at. */
interface SeenSession extends SessionDescription {
  readonly now: Instant;
}

/** For people: a table, as it comes. */
export async function* sessionLines(pages: Pages): AsyncGenerator<string, void, undefined> {
  const table = new PagedTable(COLUMNS);
  let isEmpty = true;
  for await (const { sessions, now } of pages) {
    isEmpty = false;
    yield* table.show(sessions.map((session) => ({ ...session, now })));
  }
  if (isEmpty) {
    yield 'No sessions found';
  }
}

/** For programs: one array, a session a line. */
export function sessionJson(pages: Pages): AsyncGenerator<string, void, undefined> {
  return jsonArray(eachOf(pages), (session) => {
    const { sessionId, kind, openedAt, endsAt, leaseCount, waiterCount, now } = session;
    return {
      sessionId,
      kind,
      peer: session.peer ?? null,
      ageMs: elapsedMs(openedAt, now),
      endsInMs: leftMs(endsAt, now),
      leaseCount,
      waiterCount,
      owner: session.owner ?? null,
    };
  });
}

async function* eachOf(pages: Pages): AsyncGenerator<SeenSession, void, undefined> {
  for await (const { sessions, now } of pages) {
    for (const session of sessions) {
      yield { ...session, now };
    }
  }
}

const COLUMNS: readonly Column<SeenSession>[] = [
  { title: 'SESSION ID', side: 'left', cell: ({ sessionId }) => visibleText(sessionId) },
  { title: 'KIND', side: 'left', cell: ({ kind }) => visibleText(kind) },
  { title: 'PEER', side: 'left', cell: ({ peer }) => visibleText(peer ?? NONE) },
  { title: 'AGE', side: 'right', cell: ({ openedAt, now }) => shownDuration(now - openedAt) },
  { title: 'ENDS IN', side: 'right', cell: ({ endsAt, now }) => shownDuration(endsAt - now) },
  { title: 'LEASES', side: 'right', cell: ({ leaseCount }) => String(leaseCount) },
  { title: 'WAITING', side: 'right', cell: ({ waiterCount }) => String(waiterCount) },
  { title: 'OWNER', side: 'left', cell: ({ owner }) => visibleText(ownerText(owner)) },
];
