/** Why: what `ldlm-lock top` shows: how fast things happen between two looks, and which locks are busiest. */
import type { LockDescription, ServerStats } from '../../../domain/descriptions.js';
import { type Column, FittedColumns } from './fitted-columns.js';
import { shownDuration } from './shown-duration.js';
import { visibleText } from './visible-text.js';

/** What a look at the server finds. */
export interface TopLook {
  readonly stats: ServerStats;
  readonly locks: readonly LockDescription[];
}

interface BusyLock extends LockDescription {
  /** undefined when it was not seen before. */
  readonly grantsPerSecond: number | undefined;
}

/** The lines of the view. Without a look before, rates are those since the server's start. */
export function topLines(look: TopLook, before?: TopLook): readonly string[] {
  const { stats } = look;
  const { version, role, leaseCount, waiterCount, sessionCount, lockCount } = stats;
  const uptime = shownDuration(stats.now - stats.startedAt);
  const rates = RATES.map(([word, count]) => {
    const rate = perSecond(count(stats) - (before ? count(before.stats) : 0), look, before);
    return `${word} ${shownRate(rate)}`;
  });
  const columns = new FittedColumns(COLUMNS);
  const rows = look.locks.map((lock): BusyLock => {
    const known = before?.locks.find(({ name }) => name === lock.name);
    const grants = known && lock.grantCount - known.grantCount;
    // One that was forgotten meanwhile counts anew.
    const isComparable = grants !== undefined && grants >= 0;
    return { ...lock, grantsPerSecond: isComparable ? perSecond(grants, look, before) : undefined };
  });
  for (const row of rows) {
    columns.fit(row);
  }
  return [
    `ldlm ${visibleText(version)}, ${role}, up for ${uptime}`,
    `${leaseCount} leases, ${waiterCount} waiters, ${sessionCount} sessions, ${lockCount} names known`,
    `a second: ${rates.join(', ')}`,
    '',
    columns.titles(),
    ...rows.map((row) => columns.show(row)),
  ];
}

const RATES: readonly (readonly [string, (stats: ServerStats) => number])[] = [
  ['granted', ({ grantCount }) => grantCount],
  ['renewed', ({ renewalCount }) => renewalCount],
  ['released', ({ endCounts }) => endCounts.released],
  ['expired', ({ endCounts }) => endCounts.expired],
  ['revoked', ({ endCounts }) => endCounts.revoked],
  ['session ended', ({ endCounts }) => endCounts['session-ended']],
];

const COLUMNS: readonly Column<BusyLock>[] = [
  { title: 'WAITING', side: 'right', cell: ({ waiterCount }) => String(waiterCount) },
  { title: 'HELD', side: 'right', cell: ({ holderCount }) => String(holderCount) },
  { title: 'SIZE', side: 'right', cell: ({ size }) => String(size) },
  { title: 'GRANTED', side: 'right', cell: ({ grantCount }) => String(grantCount) },
  {
    title: 'GRANTED/S',
    side: 'right',
    cell: ({ grantsPerSecond: rate }) => (rate === undefined ? '-' : shownRate(rate)),
  },
  { title: 'NAME', side: 'left', cell: ({ name }) => visibleText(name) },
];

function perSecond(count: number, look: TopLook, before: TopLook | undefined): number {
  const ms = look.stats.now - (before?.stats.now ?? look.stats.startedAt);
  // A server that was restarted counts anew.
  return ms > 0 ? Math.max(0, (count * 1_000) / ms) : 0;
}

function shownRate(rate: number): string {
  return rate.toFixed(rate < 100 ? 1 : 0);
}
