/** Why: whether answers wait for what is to be kept, and whether a store has failed, whatever store it is. */
import { Counter, Histogram, type Registry } from 'prom-client';
import type { StoreMetrics } from '../../../ports/outbound/metrics.js';
import { DISK_BUCKETS } from './disk-buckets.js';
import { gaugeOnDemand } from './read-on-demand.js';

export function storeCounts(registry: Registry): StoreMetrics {
  let pendingCount = 0;
  const append = new Histogram({
    name: 'ldlm_store_append_seconds',
    help: 'Time from when facts are handed to the state store until they are kept, by group.',
    buckets: DISK_BUCKETS,
    registers: [registry],
  });
  const failures = new Counter({
    name: 'ldlm_store_failures_total',
    help: 'State stores that have failed; each ends the serving that rests on it.',
    registers: [registry],
  });
  gaugeOnDemand({
    registry,
    name: 'ldlm_store_pending_facts',
    help: 'Facts that were handed to the state store and are not known to be kept.',
    read: () => pendingCount,
  });
  return {
    gathered: (factCount) => {
      pendingCount += factCount;
    },
    kept: (factCount, ms) => {
      pendingCount -= factCount;
      append.observe(ms / 1_000);
    },
    lost: (factCount) => {
      pendingCount -= factCount;
    },
    failed: () => failures.inc(),
  };
}
