/** Why: `ldlm-lock list`: who holds what, by name and then by fencing token, in one of three forms. */
import type { HolderDescription } from '../../../domain/descriptions.js';
import type { HolderFilter } from '../../../domain/holder-filter.js';
import type { Instant } from '../../../domain/instant.js';
import type { AdministrationClient } from './administration-client.js';
import type { ListForm } from './command-line.js';
import { holderJson } from './holder-json.js';
import { holderLines } from './holder-lines.js';
import { holderTable } from './holder-table.js';
import { SortedHolders } from './sorted-holders.js';

/** The lines of the listing: none before all of it is here. Rejects as the client does. */
export async function* listLines(
  client: AdministrationClient,
  { filter, form }: { readonly filter: HolderFilter; readonly form: ListForm },
): AsyncGenerator<string, void, undefined> {
  const sorted = new SortedHolders();
  try {
    let now = 0;
    for await (const page of client.holders(filter)) {
      await sorted.add(page.holders);
      now = page.now ?? now;
    }
    if (sorted.count === 0 && form !== 'json') {
      yield 'No locks found';
      return;
    }
    yield* FORMS[form](sorted, now);
  } finally {
    await sorted.close();
  }
}

const FORMS: Readonly<
  Record<
    ListForm,
    (holders: AsyncIterable<HolderDescription>, now: Instant) => AsyncIterable<string>
  >
> = {
  lines: (holders) => holderLines(holders),
  table: holderTable,
  json: holderJson,
};
