/** Why: memory is measured in a process that holds nothing but what is to be measured, after a collection of garbage. */
import { join } from 'node:path';
import { JournalStateStore } from 'ldlm/adapters/outbound/journal/journal-state-store';
import { MemoryStateStore } from 'ldlm/adapters/outbound/memory/memory-state-store';
import type { LockService, PendingAcquisition } from 'ldlm/domain';
import { answerParent } from './child-program.js';
import { journalOfHeldLeases } from './held-leases.js';
import { ldlmService } from './ldlm-wire.js';
import { startService } from './service-start.js';
import { silentLogger } from './silent-logger.js';
import { typicalKey, typicalName } from './typical-names.js';

export interface BytesTrial {
  readonly count: number;
  readonly folder: string;
  readonly holder: 'map' | 'memory' | 'journal' | 'restored';
}

const LOCKS_PER_SESSION = 100;
/** As many as a journal takes in one write. */
const LOCKS_AT_ONCE = 2_000;

answerParent(({ count, folder, holder }: BytesTrial) => ({
  bytes: async () => {
    const restoredFrom = holder === 'restored' ? await journalOfHeldLeases(folder, count) : '';
    const before = usedBytes();
    const held = await hold(holder, count, restoredFrom || join(folder, 'bytes.state'));
    const used = usedBytes() - before;
    await held.close();
    return used / count;
  },
}));

interface Held {
  close(): Promise<void>;
}

async function hold(holder: BytesTrial['holder'], count: number, file: string): Promise<Held> {
  switch (holder) {
    case 'map': {
      const map = new Map<string, string>();
      for (let index = 0; index < count; index += 1) {
        map.set(typicalName(index), typicalKey());
      }
      return { close: async () => map.clear() };
    }
    case 'memory':
      return grantedBy(await startService(new MemoryStateStore()), count);
    case 'journal':
      return grantedBy(
        await startService(new JournalStateStore({ file, logger: silentLogger })),
        count,
      );
    case 'restored':
      return startService(new JournalStateStore({ file, logger: silentLogger }));
    default:
      return holder satisfies never;
  }
}

/** Each grant is written out as the wire would, since V8 lays texts out anew when they are read. */
async function grantedBy(service: LockService, count: number): Promise<Held> {
  for (let granted = 0; granted < count; granted += LOCKS_AT_ONCE) {
    const acquisitions = acquireSome(service, granted);
    for (const { name, key, answer } of acquisitions) {
      const outcome = await answer;
      if (outcome.kind !== 'granted') {
        throw new Error(`${name} was not granted: ${outcome.code}`);
      }
      const fencing_token = outcome.fencingToken;
      ldlmService.Lock?.responseSerialize({ locked: true, name, key, fencing_token });
    }
  }
  return service;
}

function acquireSome(service: LockService, from: number): readonly PendingAcquisition[] {
  let sessionId = '';
  return Array.from({ length: LOCKS_AT_ONCE }, (_, index) => {
    if (index % LOCKS_PER_SESSION === 0) {
      const peer = `127.0.0.1:${(from + index) % 65_536}`;
      const opened = service.openSession({ kind: 'connection', peer });
      sessionId = opened.kind === 'opened' ? opened.sessionId : '';
    }
    const name = typicalName(from + index);
    return service.acquire({ sessionId, name, size: 1, waitMs: 0, leaseMs: 3_600_000 });
  });
}

function usedBytes(): number {
  // Twice: what the first one finds weakly held, the second one frees.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
