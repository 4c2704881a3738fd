/** Why: very many held locks, as one server would have them: typical names, UUID keys, a hundred to a session. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { JournalStateStore } from 'ldlm/adapters/outbound/journal/journal-state-store';
import type { Fact } from 'ldlm/domain';
import { silentLogger } from './silent-logger.js';
import { typicalName } from './typical-names.js';

const LEASES_PER_SESSION = 100;
const GRANTS_PER_BATCH = 1_000;

/** The journal of a server that granted so many leases and went; made once a run. @returns its path. */
export async function journalOfHeldLeases(folder: string, count: number): Promise<string> {
  const file = join(folder, `${count}-held.state`);
  if (existsSync(file)) {
    return file;
  }
  const store = new JournalStateStore({ file, logger: silentLogger });
  await store.open();
  for (let granted = 0; granted < count; granted += GRANTS_PER_BATCH) {
    await store.append(grants(granted));
  }
  await store.close();
  return file;
}

function grants(from: number): readonly Fact[] {
  let sessionId = '';
  return Array.from({ length: GRANTS_PER_BATCH }, (_, index): Fact => {
    if (index % LEASES_PER_SESSION === 0) {
      sessionId = randomUUID();
    }
    return {
      type: 'lease-granted',
      name: typicalName(from + index),
      size: 1,
      key: randomUUID(),
      fencingToken: 1_700_000_000_000_000 + from + index,
      leaseMs: 600_000,
      sessionId,
      at: 1_700_000_000_000,
    };
  });
}
