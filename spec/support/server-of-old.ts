/** Why: a server as it was before the session stream, for clients that must get along with one. */
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { lockHandlers } from '../../adapters/inbound/grpc/lock-handlers.js';
import { loadWireDefinition } from '../../adapters/inbound/grpc/wire-definition.js';
import { RandomKeySource } from '../../adapters/outbound/keys/random-key-source.js';
import { SystemClock } from '../../adapters/outbound/clock/system-clock.js';
import { LockService } from '../../domain/lock-service.js';
import { ObservedLocking } from './observed-locking.js';
import type { ObservedStateStore } from './observed-state-store.js';
import { RecordingLogger } from './recording-logger.js';

export interface ServerOfOld {
  readonly address: string;
  readonly service: LockService;
  /** By which the service is asked. */
  readonly locking: ObservedLocking;
  /** Cuts every connection. */
  stop(): void;
}

/** @param without methods that it does not know, beside Session. */
export async function startServerOfOld(
  store: ObservedStateStore,
  without: readonly string[] = [],
): Promise<ServerOfOld> {
  const service = await LockService.start({
    rules: {
      shardCount: 1,
      nameBytesMax: 1_024,
      restoredLeaseMs: 60_000,
      keepLeasesOnDisconnect: false,
      idleCollectionIntervalMs: 1_800_000,
      idleMinMs: 300_000,
    },
    clock: new SystemClock(),
    store,
    keys: new RandomKeySource(),
    logger: new RecordingLogger('error'),
    onFailure: () => undefined,
  });
  const locking = new ObservedLocking(service);
  const session = service.openSession({ kind: 'connection', peer: 'all of them' });
  const methods = Object.entries(loadWireDefinition()).filter(
    ([name]) => name !== 'Session' && !without.includes(name),
  );
  const server = new Server();
  server.addService(Object.fromEntries(methods) as never, {
    ...lockHandlers(locking, () => session),
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { address: `127.0.0.1:${port}`, service, locking, stop: () => server.forceShutdown() };
}
