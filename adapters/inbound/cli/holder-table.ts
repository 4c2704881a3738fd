/** Why: the long listing, which people read: a row a holder, columns fitted to what is in them. */
import type { HolderDescription } from '../../../domain/descriptions.js';
import { FOREVER, type Instant } from '../../../domain/instant.js';
import type { Owner } from '../../../domain/owner.js';
import type { Listing } from './administration-client.js';
import { displayWidth } from './display-width.js';
import { visibleText } from './visible-text.js';

interface Column {
  readonly title: string;
  readonly side: 'left' | 'right';
  cell(holder: HolderDescription, now: Instant): string;
}

const NONE = '-';
const GAP = '  ';

/** A cell that is wider stands as it is, and pushes its own row alone. */
const COLUMN_WIDTH_MAX = 80;

const COLUMNS: readonly Column[] = [
  { title: 'NAME', side: 'left', cell: ({ name }) => visibleText(name) },
  { title: 'KEY', side: 'left', cell: ({ key }) => visibleText(key) },
  { title: 'SIZE', side: 'right', cell: ({ size }) => String(size) },
  { title: 'FENCING TOKEN', side: 'right', cell: ({ fencingToken }) => String(fencingToken) },
  { title: 'AGE', side: 'right', cell: ({ grantedAt }, now) => duration(now - grantedAt) },
  { title: 'TIME LEFT', side: 'right', cell: ({ expiresAt }, now) => duration(expiresAt - now) },
  { title: 'SESSION', side: 'left', cell: ({ session }) => visibleText(session ?? NONE) },
  { title: 'OWNER', side: 'left', cell: ({ owner }) => visibleText(ownerText(owner)) },
  { title: 'WAITING', side: 'right', cell: ({ waiterCount }) => String(waiterCount) },
];

/** The lines of the table, its titles first. */
export function* holderTable({ holders, now }: Listing): Generator<string, void, undefined> {
  const widths = COLUMNS.map(({ title, cell }) =>
    holders.reduce(
      (width, holder) =>
        Math.max(width, Math.min(displayWidth(cell(holder, now)), COLUMN_WIDTH_MAX)),
      title.length,
    ),
  );
  yield row(
    COLUMNS.map(({ title }) => title),
    widths,
  );
  for (const holder of holders) {
    yield row(
      COLUMNS.map(({ cell }) => cell(holder, now)),
      widths,
    );
  }
}

function row(cells: readonly string[], widths: readonly number[]): string {
  return COLUMNS.map(({ side }, index) => {
    const cell = cells[index] ?? '';
    const padding = ' '.repeat(Math.max(0, (widths[index] ?? 0) - displayWidth(cell)));
    return side === 'left' ? `${cell}${padding}` : `${padding}${cell}`;
  }).join(GAP);
}

function ownerText(owner: Owner | undefined): string {
  const words = Object.entries(owner ?? {}).map(([word, value]) => `${word}=${value}`);
  return words.join(' ') || NONE;
}

/** Rounded down, in the two units that say most: `3d4h`, `1h0m`, `2m5s`, `7.5s`, `0.0s`. */
function duration(ms: number): string {
  if (ms === FOREVER) {
    return NONE;
  }
  const tenths = Math.max(0, Math.floor(ms / 100));
  if (tenths < 600) {
    return `${Math.floor(tenths / 10)}.${tenths % 10}s`;
  }
  const seconds = Math.floor(tenths / 10);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (minutes < 60) {
    return `${minutes}m${seconds % 60}s`;
  }
  return hours < 24 ? `${hours}h${minutes % 60}m` : `${Math.floor(hours / 24)}d${hours % 24}h`;
}
