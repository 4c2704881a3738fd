/** Why: `ldlm-lock show`: all that is known of one lock, who holds it, and who waits for it, in order. */
import type {
  HolderDescription,
  LockDescription,
  LockPart,
  WaiterDescription,
} from '../../../domain/descriptions.js';
import type { Instant } from '../../../domain/instant.js';
import { type Column, ownerText, PagedTable } from './fitted-columns.js';
import { elapsedMs, holderFields, leftMs } from './holder-json.js';
import { NONE, shownDuration } from './shown-duration.js';
import { visibleJson, visibleText } from './visible-text.js';

/** A lock, and what follows of it: holders first. */
export interface LockView {
  readonly lock: LockDescription;
  readonly now: Instant;
  readonly parts: AsyncIterable<LockPart>;
}

interface PlacedWaiter extends WaiterDescription {
  /** 1 for the next one. */
  readonly place: number;
}

/** For people. Waiters are as many as there are: they are shown as they come. */
export async function* lockLines({
  lock,
  now,
  parts,
}: LockView): AsyncGenerator<string, void, undefined> {
  yield `Name:     ${visibleText(lock.name)}`;
  yield `Size:     ${lock.size}`;
  yield `Held by:  ${lock.holderCount}`;
  yield `Waiting:  ${lock.waiterCount}`;
  yield `Granted:  ${lock.grantCount} since it is known`;
  const holders = new PagedTable(holderColumns(now));
  const waiters = new PagedTable(waiterColumns(now));
  let before = '';
  let place = 0;
  for await (const part of parts) {
    if (part.kind !== before) {
      before = part.kind;
      yield '';
    }
    if (part.kind === 'holders') {
      yield* holders.show(part.holders);
    } else if (part.kind === 'waiters') {
      yield* waiters.show(placed(part.waiters, place));
      place += part.waiters.length;
    }
  }
}

/** For programs: one object, a holder or waiter a line. */
export async function* lockJson({
  lock,
  now,
  parts,
}: LockView): AsyncGenerator<string, void, undefined> {
  const { name, size, holderCount, waiterCount, grantCount } = lock;
  const head = visibleJson({ name, size, holderCount, waiterCount, grantCount });
  yield `${head.slice(0, -1)},"holders":[`;
  let list = 'holders';
  let held: string | undefined;
  let place = 0;
  for await (const part of parts) {
    if (part.kind === 'waiters' && list === 'holders') {
      list = 'waiters';
      yield* held === undefined ? [] : [held];
      yield '],"waiters":[';
      held = undefined;
    }
    for (const fields of fieldsOf(part, { now, place })) {
      yield* held === undefined ? [] : [`${held},`];
      held = `  ${visibleJson(fields)}`;
    }
    place += part.kind === 'waiters' ? part.waiters.length : 0;
  }
  yield* held === undefined ? [] : [held];
  yield list === 'holders' ? '],"waiters":[]}' : ']}';
}

function fieldsOf(
  part: LockPart,
  { now, place }: { readonly now: Instant; readonly place: number },
): readonly object[] {
  switch (part.kind) {
    case 'lock':
      return [];
    case 'holders':
      return part.holders.map((holder) => holderFields(holder, now));
    case 'waiters':
      return placed(part.waiters, place).map((waiter) => ({
        place: waiter.place,
        waitedMs: elapsedMs(waiter.queuedAt, now),
        patienceLeftMs: leftMs(waiter.waitsUntil, now),
        sessionId: waiter.sessionId,
        session: waiter.session,
        owner: waiter.owner ?? null,
      }));
  }
}

function placed(waiters: readonly WaiterDescription[], before: number): readonly PlacedWaiter[] {
  return waiters.map((waiter, index) => ({ ...waiter, place: before + index + 1 }));
}

function holderColumns(now: Instant): readonly Column<HolderDescription>[] {
  return [
    { title: 'HOLDER', side: 'left', cell: ({ key }) => visibleText(key) },
    { title: 'FENCING TOKEN', side: 'right', cell: ({ fencingToken }) => String(fencingToken) },
    { title: 'AGE', side: 'right', cell: ({ grantedAt }) => shownDuration(now - grantedAt) },
    { title: 'TIME LEFT', side: 'right', cell: ({ expiresAt }) => shownDuration(expiresAt - now) },
    { title: 'SESSION', side: 'left', cell: ({ session }) => visibleText(session ?? NONE) },
    { title: 'SESSION ID', side: 'left', cell: ({ sessionId }) => visibleText(sessionId ?? NONE) },
    { title: 'OWNER', side: 'left', cell: ({ owner }) => visibleText(ownerText(owner)) },
  ];
}

function waiterColumns(now: Instant): readonly Column<PlacedWaiter>[] {
  return [
    { title: 'WAITER', side: 'right', cell: ({ place }) => String(place) },
    { title: 'WAITS FOR', side: 'right', cell: ({ queuedAt }) => shownDuration(now - queuedAt) },
    { title: 'GIVES UP IN', side: 'right', cell: (one) => shownDuration(one.waitsUntil - now) },
    { title: 'SESSION', side: 'left', cell: ({ session }) => visibleText(session) },
    { title: 'SESSION ID', side: 'left', cell: ({ sessionId }) => visibleText(sessionId) },
    { title: 'OWNER', side: 'left', cell: ({ owner }) => visibleText(ownerText(owner)) },
  ];
}
