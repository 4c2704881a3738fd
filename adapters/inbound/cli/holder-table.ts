/** Why: the long listing, which people read: a row a holder. */
import type { HolderDescription } from '../../../domain/descriptions.js';
import type { Instant } from '../../../domain/instant.js';
import { type Column, FittedColumns, ownerText } from './fitted-columns.js';
import { NONE, shownDuration } from './shown-duration.js';
import { visibleText } from './visible-text.js';

/** The lines of the table, its titles first. Goes through the holders twice: to fit columns, and to show them. */
export async function* holderTable(
  holders: AsyncIterable<HolderDescription>,
  now: Instant,
): AsyncGenerator<string, void, undefined> {
  const columns = new FittedColumns(holderColumns(now));
  for await (const holder of holders) {
    columns.fit(holder);
  }
  yield columns.titles();
  for await (const holder of holders) {
    yield columns.show(holder);
  }
}

function holderColumns(now: Instant): readonly Column<HolderDescription>[] {
  return [
    { title: 'NAME', side: 'left', cell: ({ name }) => visibleText(name) },
    { title: 'KEY', side: 'left', cell: ({ key }) => visibleText(key) },
    { title: 'SIZE', side: 'right', cell: ({ size }) => String(size) },
    { title: 'FENCING TOKEN', side: 'right', cell: ({ fencingToken }) => String(fencingToken) },
    { title: 'AGE', side: 'right', cell: ({ grantedAt }) => shownDuration(now - grantedAt) },
    { title: 'TIME LEFT', side: 'right', cell: ({ expiresAt }) => shownDuration(expiresAt - now) },
    { title: 'SESSION', side: 'left', cell: ({ session }) => visibleText(session ?? NONE) },
    { title: 'OWNER', side: 'left', cell: ({ owner }) => visibleText(ownerText(owner)) },
    { title: 'WAITING', side: 'right', cell: ({ waiterCount }) => String(waiterCount) },
  ];
}
