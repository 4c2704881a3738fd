/** Why: locks on a fake clock whose spans are recorded, without a wire. */
import { trace } from '@opentelemetry/api';
import { RandomKeySource } from '../../adapters/outbound/keys/random-key-source.js';
import { MemoryStateStore } from '../../adapters/outbound/memory/memory-state-store.js';
import { OpenTelemetryTracing } from '../../adapters/outbound/tracing/open-telemetry-tracing.js';
import { FOREVER } from '../../domain/instant.js';
import { LockService } from '../../domain/lock-service.js';
import type { AcquireRequest, Acquisition, Locking } from '../../ports/inbound/locking.js';
import type { StateStore } from '../../ports/outbound/state-store.js';
import { FakeClock } from './fake-clock.js';
import { RecordingLogger } from './recording-logger.js';

export class TracedWorld {
  readonly clock: FakeClock;
  readonly logger: RecordingLogger;
  readonly service: LockService;
  readonly tracing: OpenTelemetryTracing;
  readonly locking: Locking;

  private constructor(
    parts: Pick<TracedWorld, 'clock' | 'logger' | 'service' | 'tracing' | 'locking'>,
  ) {
    this.clock = parts.clock;
    this.logger = parts.logger;
    this.service = parts.service;
    this.tracing = parts.tracing;
    this.locking = parts.locking;
  }

  /** With the SDK that is registered, or none. */
  static async start(store: StateStore = new MemoryStateStore()): Promise<TracedWorld> {
    const clock = new FakeClock(1_000_000);
    const logger = new RecordingLogger();
    const tracing = new OpenTelemetryTracing(trace.getTracer('spec'), logger);
    const service = await LockService.start({
      rules: {
        shardCount: 1,
        nameBytesMax: 65_536,
        restoredLeaseMs: 600_000,
        keepLeasesOnDisconnect: false,
        idleCollectionIntervalMs: 1_800_000,
        idleMinMs: 300_000,
      },
      clock,
      store: tracing.traceStore(store),
      keys: new RandomKeySource(),
      logger,
      onFailure: () => undefined,
    });
    return new TracedWorld({
      clock,
      logger,
      service,
      tracing,
      locking: tracing.traceLocking(service),
    });
  }

  session(): string {
    const opened = this.locking.openSession({ kind: 'connection', peer: 'spec' });
    return opened.kind === 'opened' ? opened.sessionId : '';
  }

  acquire(request: Partial<AcquireRequest> = {}): Acquisition {
    const { sessionId = this.session(), ...rest } = request;
    const usual = { name: 'a', size: 1, waitMs: FOREVER, leaseMs: FOREVER };
    return this.locking.acquire({ sessionId, ...usual, ...rest });
  }

  async stop(): Promise<void> {
    await this.service.close();
  }
}
