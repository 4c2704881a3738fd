/** Why: the server as it ships, in a process of its own, that tells all that it has of the machine and of its clients. */
import { readdirSync, statSync } from 'node:fs';
import { queryObjects } from 'node:v8';
import { JournalStateStore } from '../../adapters/outbound/journal/journal-state-store.js';
import { answerParent } from '../../bench/child-program.js';
import { silentLogger } from '../../bench/silent-logger.js';
import { startServer } from '../../bootstrap/compose.js';
import type { RunningServer } from '../../bootstrap/running-server.js';
import type { LockCounts } from '../../domain/descriptions.js';
import { Lease } from '../../domain/lease.js';
import { Lock } from '../../domain/lock.js';
import { Session } from '../../domain/session.js';
import { Waiter } from '../../domain/waiter.js';

export interface SoakedServerStart {
  readonly stateFile: string;
  readonly compactionMinBytes: number;
  /** 0: one of the kernel's choice. */
  readonly port: number;
  /** How long sessions outlive their streams, and leases a restart; idle names are kept no longer either. */
  readonly recoveryWindowMs: number;
}

/** What of the machine a server has. */
interface ServerResources {
  readonly socketCount: number;
  readonly fileDescriptorCount: number;
  readonly timerCount: number;
  /** Whatever else keeps the process alive. */
  readonly handleCount: number;
}

/** What it knows that it has: told in no time. */
export type ServerGlance = ServerResources & LockCounts;

export interface ServerFigures extends ServerResources {
  readonly rssBytes: number;
  /** Heap in use and memory outside it that belongs to objects, after a collection. */
  readonly keptBytes: number;
  /** Objects that are alive, be they in a table or forgotten in a corner. */
  readonly leaseCount: number;
  readonly waiterCount: number;
  readonly sessionCount: number;
  readonly lockCount: number;
  readonly stateFileBytes: number;
}

answerParent(async (start: SoakedServerStart) => {
  const { stateFile, compactionMinBytes, port, recoveryWindowMs } = start;
  const store = new JournalStateStore({
    file: stateFile,
    compactionMinBytes,
    logger: silentLogger,
  });
  const server = await startServer({
    settings: {
      listenAddress: { host: '127.0.0.1', port },
      recoveryWindowMsMax: recoveryWindowMs,
      defaultLockTimeoutMs: recoveryWindowMs,
      idleCollectionIntervalMs: recoveryWindowMs,
      idleMinMs: recoveryWindowMs,
    },
    parts: { store, logger: silentLogger },
  });
  return {
    address: () => server.grpcAddress,
    glance: () => glanceAt(server),
    figures: () => figuresNow(stateFile),
    stop: () => server.stop(),
  };
});

async function glanceAt({ administration }: RunningServer): Promise<ServerGlance> {
  return { ...resourcesNow(), ...(await administration.stats()) };
}

function resourcesNow(): ServerResources {
  const resources = process.getActiveResourcesInfo();
  const countOf = (kind: string) => resources.filter((name) => name === kind).length;
  const [timerCount, socketCount] = [countOf('Timeout'), countOf('TCPSocketWrap')];
  return {
    socketCount,
    fileDescriptorCount: readdirSync('/proc/self/fd').length,
    timerCount,
    handleCount: resources.length - timerCount - socketCount,
  };
}

/** The server stands still for a second or two, since each kind of object is looked for all over the heap. */
async function figuresNow(stateFile: string): Promise<ServerFigures> {
  const { heapUsed, external } = await afterCollection();
  return {
    ...resourcesNow(),
    rssBytes: process.memoryUsage.rss(),
    keptBytes: heapUsed + external,
    leaseCount: queryObjects(Lease, { format: 'count' }),
    waiterCount: queryObjects(Waiter, { format: 'count' }),
    sessionCount: queryObjects(Session, { format: 'count' }),
    lockCount: queryObjects(Lock, { format: 'count' }),
    stateFileBytes: statSync(stateFile).size,
  };
}

/** What one collection lets go of, callbacks of the next turn may let go of more. */
async function afterCollection(): Promise<NodeJS.MemoryUsage> {
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage();
}
