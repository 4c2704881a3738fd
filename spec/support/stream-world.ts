/** Why: session streams over a lock service on a fake clock and a slow store, without a socket. */
import { newSessionToken } from '../../adapters/inbound/grpc/session-token.js';
import {
  StreamSessions,
  type StreamSessionsOptions,
} from '../../adapters/inbound/grpc/stream-sessions.js';
import { LeaseLedger } from '../../domain/lease-ledger.js';
import { LockService, type LockServiceRules } from '../../domain/lock-service.js';
import type { RecoveredState } from '../../ports/outbound/state-store.js';
import type {
  Acquire,
  ClientFrame,
  Release,
  ServerFrame,
  Welcome,
} from '../../proto/session-frames.js';
import { ControlledStateStore } from './controlled-state-store.js';
import { FakeClock } from './fake-clock.js';
import { FixedKeySource } from './fixed-key-source.js';
import { RecordingLogger } from './recording-logger.js';
import { ScriptedStream } from './scripted-stream.js';

const RULES: LockServiceRules = {
  shardCount: 2,
  nameBytesMax: 64,
  restoredLeaseMs: 60_000,
  keepLeasesOnDisconnect: false,
  idleCollectionIntervalMs: 1_800_000,
  idleMinMs: 300_000,
};

export class StreamWorld {
  readonly clock = new FakeClock(1_000_000);
  readonly cutConnections: string[] = [];
  readonly store: ControlledStateStore;
  readonly service: LockService;
  readonly sessions: StreamSessions;
  /** Whether the store keeps what it is given as soon as time or the loop moves on. */
  isStoreSlow = false;

  private constructor(
    store: ControlledStateStore,
    service: LockService,
    clock: FakeClock,
    options: Partial<StreamSessionsOptions>,
  ) {
    this.clock = clock;
    this.store = store;
    this.service = service;
    this.sessions = new StreamSessions({
      locking: service,
      now: () => clock.now(),
      newToken: newSessionToken,
      recoveryMsMax: 10_000,
      sessionRequestsMax: 100,
      frameBytesMax: 4_194_304,
      handshakeTimeoutMs: 10_000,
      peerOf: (connection) => connection,
      cutConnection: (peer) => this.cutConnections.push(peer),
      ...options,
    });
  }

  static async start(
    options: Partial<StreamSessionsOptions> & {
      readonly rules?: Partial<LockServiceRules>;
      readonly recovered?: RecoveredState;
    } = {},
  ): Promise<StreamWorld> {
    const { rules, recovered, ...streams } = options;
    const clock = new FakeClock(1_000_000);
    const store = new ControlledStateStore(recovered);
    const service = await LockService.start({
      rules: { ...RULES, ...rules },
      clock,
      store,
      keys: new FixedKeySource(),
      logger: new RecordingLogger(),
      onFailure: () => undefined,
    });
    return new StreamWorld(store, service, clock, streams);
  }

  /** Another server on what this one's store has kept. */
  restart(options: Parameters<typeof StreamWorld.start>[0] = {}): Promise<StreamWorld> {
    const ledger = new LeaseLedger();
    for (const fact of this.store.kept) {
      ledger.apply(fact);
    }
    const { leases, sessions, fencingToken } = ledger;
    const recovered = {
      leases: [...leases.values()],
      sessions: [...sessions.values()].map((session) => session.copy()),
      fencingToken,
    };
    return StreamWorld.start({ recovered, ...options });
  }

  /** A stream that has said nothing yet. */
  connect(peer?: string): ScriptedStream {
    const stream = new ScriptedStream(peer);
    this.sessions.serve(stream.call);
    return stream;
  }

  /** A stream that has been welcomed. */
  async visit(
    {
      token = '',
      recoveryWindowMs = 3_000,
      peer,
    }: { token?: string; recoveryWindowMs?: number; peer?: string } = {},
    frame: Partial<ClientFrame> = {},
  ): Promise<ScriptedStream> {
    const stream = this.connect(peer);
    stream.send({ hello: { token, recoveryWindowMs, owner: undefined }, ...frame });
    await this.settle();
    return stream;
  }

  /** Lets everything run that is ready to, and the store keep what it was given, unless it is slow. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 4; turn += 1) {
      if (!this.isStoreSlow) {
        this.store.resolveAll();
      }
      await this.clock.settle();
    }
  }

  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await this.settle();
    this.sessions.sweep();
    await this.settle();
  }
}

export function acquire(
  requestId: number,
  fields: Partial<Acquire> & { readonly name?: string } = {},
): Acquire {
  const { name = 'printer', ...rest } = fields;
  return {
    requestId,
    claims: [{ name, size: 1, units: 1 }],
    waitMs: undefined,
    leaseMs: undefined,
    metadata: undefined,
    ...rest,
  };
}

export function release(requestId: number, key: string, name = 'printer'): Release {
  return { requestId, name, key };
}

export function welcomeOf(stream: ScriptedStream): Welcome {
  const welcome = stream.frames.find((frame: ServerFrame) => frame.welcome !== undefined)?.welcome;
  if (welcome === undefined) {
    throw new Error(`the stream was not welcomed: ${JSON.stringify(stream.status)}`);
  }
  return welcome;
}
