/** Why: a LockService as the server composes it, without a wire, over a store that is to be measured. */
import { RandomKeySource } from 'ldlm/adapters/outbound/keys/random-key-source';
import { SystemClock } from 'ldlm/adapters/outbound/clock/system-clock';
import { LockService } from 'ldlm/domain';
import type { StateStore } from 'ldlm/ports';
import { silentLogger } from './silent-logger.js';

const HOUR_MS = 3_600_000;

export function startService(store: StateStore): Promise<LockService> {
  return LockService.start({
    rules: {
      shardCount: 16,
      nameBytesMax: 65_536,
      restoredLeaseMs: HOUR_MS,
      keepLeasesOnDisconnect: false,
      idleCollectionIntervalMs: HOUR_MS,
      idleMinMs: HOUR_MS,
    },
    clock: new SystemClock(),
    keys: new RandomKeySource(),
    store,
    logger: silentLogger,
    onFailure: (failure) => {
      throw failure;
    },
  });
}
