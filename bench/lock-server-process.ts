/** Why: the server as it ships, in a process of its own, that tells what it uses of the machine. */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { startServer } from 'ldlm';
import { SystemClock } from 'ldlm/adapters/outbound/clock/system-clock';
import { EtcdElection } from 'ldlm/adapters/outbound/etcd/etcd-election';
import { JournalStateStore } from 'ldlm/adapters/outbound/journal/journal-state-store';
import type { StateStore } from 'ldlm/ports';
import { answerParent } from './child-program.js';
import { cpuMicroseconds } from './cpu-microseconds.js';
import { silentLogger } from './silent-logger.js';

export interface LockServerStart {
  /** undefined: nothing is kept. */
  readonly journal?: { readonly file: string; readonly compactionMinBytes: number };
  /** A journal with the server's own settings. */
  readonly stateFile?: string;
  /** `host:port` of an etcd. */
  readonly etcd?: string;
  readonly idleCollectionIntervalMs?: number;
}

export interface LoopDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const RESOLUTION_MS = 1;

answerParent(async (start: LockServerStart) => {
  const { stateFile, idleCollectionIntervalMs } = start;
  const store = storeFor(start);
  const server = await startServer({
    settings: {
      listenAddress: { host: '127.0.0.1', port: 0 },
      ...(stateFile === undefined ? {} : { stateFile }),
      ...(idleCollectionIntervalMs === undefined
        ? {}
        : { idleCollectionIntervalMs, idleMinMs: idleCollectionIntervalMs }),
    },
    parts: { logger: silentLogger, ...(store && { store }) },
  });
  const loopDelay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  return {
    address: () => server.grpcAddress,
    cpuMicroseconds,
    watchLoop: () => {
      loopDelay.reset();
      loopDelay.enable();
    },
    loopDelay: () => {
      loopDelay.disable();
      return summary(loopDelay);
    },
    stop: () => server.stop(),
  };
});

function storeFor({ journal, etcd }: LockServerStart): StateStore | undefined {
  if (journal !== undefined) {
    return new JournalStateStore({ ...journal, compactionFactor: 0, logger: silentLogger });
  }
  return etcd === undefined ? undefined : electionIn(etcd).newStore();
}

function electionIn(endpoint: string): EtcdElection {
  return new EtcdElection({
    access: { endpoints: [endpoint] },
    prefix: '/ldlm',
    leaderTtlMs: 5_000,
    leader: { id: 'bench', host: 'here', pid: process.pid, grpcAddress: '', version: '' },
    clock: new SystemClock(),
    logger: silentLogger,
  });
}

/** The monitor counts from one of its own ticks to the next, so that an idle loop shows its resolution. */
function summary(delay: IntervalHistogram): LoopDelay {
  const beyond = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
  return {
    p50Ms: beyond(delay.percentile(50)),
    p99Ms: beyond(delay.percentile(99)),
    maxMs: beyond(delay.max),
  };
}
