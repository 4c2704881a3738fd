/** Why: whether the disk under the state file is quick enough, and whether the file is kept in proportion. */
import { Counter, Histogram, type Registry } from 'prom-client';
import type { CompactionOutcome, JournalMetrics } from '../../../ports/outbound/metrics.js';
import { DISK_BUCKETS } from './disk-buckets.js';
import { gaugeOnDemand } from './read-on-demand.js';

const OUTCOMES: Readonly<Record<CompactionOutcome, 0>> = { done: 0, 'given-up': 0 };

export function journalCounts(registry: Registry): JournalMetrics {
  let bytes = 0;
  const syncs = new Histogram({
    name: 'ldlm_journal_sync_seconds',
    help: 'Time that the disk takes to say that what was written is safe.',
    buckets: DISK_BUCKETS,
    registers: [registry],
  });
  const compactions = new Counter({
    name: 'ldlm_journal_compactions_total',
    help: 'Compactions of the state file, by outcome.',
    labelNames: ['outcome'],
    registers: [registry],
  });
  for (const outcome of Object.keys(OUTCOMES)) {
    compactions.inc({ outcome }, 0);
  }
  gaugeOnDemand({
    registry,
    name: 'ldlm_journal_bytes',
    help: 'Size of the state file; 0 without one.',
    read: () => bytes,
  });
  return {
    synced: (ms) => syncs.observe(ms / 1_000),
    measured: (length) => {
      bytes = length;
    },
    compacted: (outcome) => compactions.inc({ outcome }),
  };
}
