/** Why: where adapters meet ports. Read this first to see the whole server on one page. */
import { GrpcServer } from '../adapters/inbound/grpc/grpc-server.js';
import { IpcServer } from '../adapters/inbound/ipc/ipc-server.js';
import { SystemClock } from '../adapters/outbound/clock/system-clock.js';
import { JournalStateStore } from '../adapters/outbound/journal/journal-state-store.js';
import { RandomKeySource } from '../adapters/outbound/keys/random-key-source.js';
import { BunyanLogger } from '../adapters/outbound/logging/bunyan-logger.js';
import { MemoryStateStore } from '../adapters/outbound/memory/memory-state-store.js';
import { LockService } from '../domain/lock-service.js';
import type { Administration } from '../ports/inbound/administration.js';
import type { Locking } from '../ports/inbound/locking.js';
import type { Clock } from '../ports/outbound/clock.js';
import type { KeySource } from '../ports/outbound/key-source.js';
import type { Logger } from '../ports/outbound/logger.js';
import type { StateStore } from '../ports/outbound/state-store.js';
import { defaultSettings, type Settings } from './settings.js';

export type { Settings } from './settings.js';

/** How long answers under way may take to leave once the server stops. */
const GRACE_MS = 2_000;

/** Any outbound adapter may be the caller's own; see docs/ADAPTERS.md. */
export interface ServerParts {
  readonly clock: Clock;
  readonly keys: KeySource;
  readonly logger: Logger;
  readonly store: StateStore;
}

export interface ServerOptions {
  /**
   * What differs from the defaults of docs/SETTINGS.md. A server inside another program has no
   * administration socket unless `ipcSocketFile` is given.
   */
  readonly settings?: Partial<Settings>;
  readonly parts?: Partial<ServerParts>;
}

/** Running → stopped. */
export interface RunningServer {
  /** The `address:port` that gRPC clients connect to. */
  readonly grpcAddress: string;
  readonly locking: Locking;
  readonly administration: Administration;
  /**
   * Resolves with the cause if the server can no longer vouch for its state; it answers nothing from
   * then on, and its program has to `stop` it and end. Never rejects.
   */
  readonly failure: Promise<unknown>;
  /**
   * Takes no new work, answers waiters UNAVAILABLE, closes the connections and the store. What is held
   * stays in the store. May be called more than once.
   */
  stop(): Promise<void>;
}

/**
 * Starts a server in this process.
 * @throws RangeError for settings out of bounds, StateStoreError, RestoreError, GrpcListenError or IpcListenError; nothing is left running then.
 */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const settings = defaultSettings({ ipcSocketFile: undefined, ...options.settings });
  const { clock, keys, logger, store } = partsFor(settings, options.parts);
  let reportFailure: (cause: unknown) => void = () => undefined;
  const failure = new Promise<unknown>((resolve) => {
    reportFailure = resolve;
  });
  const service = await LockService.start({
    rules: {
      shardCount: settings.shardCount,
      nameBytesMax: settings.nameBytesMax,
      restoredLeaseMs: settings.defaultLockTimeoutMs,
      keepLeasesOnDisconnect: settings.keepLeasesOnDisconnect,
      idleCollectionIntervalMs: settings.idleCollectionIntervalMs,
      idleMinMs: settings.idleMinMs,
    },
    clock,
    store,
    keys,
    logger,
    onFailure: reportFailure,
  });
  const ipc =
    settings.ipcSocketFile === undefined
      ? undefined
      : new IpcServer({ path: settings.ipcSocketFile, administration: service, logger });
  const grpc = new GrpcServer({
    ...settings.listenAddress,
    keepaliveIntervalMs: settings.keepaliveIntervalMs,
    keepaliveTimeoutMs: settings.keepaliveTimeoutMs,
    locking: service,
    logger,
  });
  const stop = once(async () => {
    await service.drain();
    await Promise.all([grpc.close(GRACE_MS), ipc?.close()]);
    await service.close();
  });
  try {
    await ipc?.listen();
    const grpcAddress = await grpc.listen();
    return { grpcAddress, locking: service, administration: service, failure, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function partsFor(settings: Settings, given: Partial<ServerParts> = {}): ServerParts {
  const logger =
    given.logger ?? new BunyanLogger({ level: settings.logLevel, output: process.stderr });
  const store =
    settings.stateFile === undefined
      ? new MemoryStateStore()
      : new JournalStateStore({ file: settings.stateFile, logger });
  return {
    logger,
    clock: given.clock ?? new SystemClock(),
    keys: given.keys ?? new RandomKeySource(),
    store: given.store ?? store,
  };
}

function once(act: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | undefined;
  return () => {
    result ??= act();
    return result;
  };
}
