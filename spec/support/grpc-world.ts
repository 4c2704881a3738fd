/** A gRPC server in the spec's own process on a fake clock, and clients that talk to it over loopback. */
import { fileURLToPath } from 'node:url';
import type { TlsOptions } from 'node:tls';
import {
  type CallOptions,
  type ChannelCredentials,
  type ClientUnaryCall,
  credentials as channelCredentials,
  loadPackageDefinition,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { GrpcServer } from '../../adapters/inbound/grpc/grpc-server.js';
import { RandomKeySource } from '../../adapters/outbound/keys/random-key-source.js';
import { MemoryStateStore } from '../../adapters/outbound/memory/memory-state-store.js';
import { LockService, type LockServiceRules } from '../../domain/lock-service.js';
import type { Administration } from '../../ports/inbound/administration.js';
import type { Admission } from '../../ports/inbound/admission.js';
import type { StateStore } from '../../ports/outbound/state-store.js';
import type { Tracing } from '../../ports/outbound/tracing.js';
import type { LDLMClient } from '../../proto/generated/ldlm/LDLM.js';
import type { LockResponse__Output } from '../../proto/generated/ldlm/LockResponse.js';
import type { UnlockResponse__Output } from '../../proto/generated/ldlm/UnlockResponse.js';
import type { ProtoGrpcType } from '../../proto/generated/ldlm.js';
import { FakeClock } from './fake-clock.js';
import { ObservedLocking } from './observed-locking.js';
import { type RawAnswer, RawGrpcClient } from './raw-grpc-call.js';
import { RecordingLogger } from './recording-logger.js';

export type Method = 'Lock' | 'TryLock' | 'Unlock' | 'RefreshLock' | 'Renew';

/** A response, or the status that came in its place. */
export type Outcome = Partial<LockResponse__Output & UnlockResponse__Output> & {
  readonly status?: number;
  readonly details?: string;
};

/** What the generated overloads of all five methods come to. */
type UnaryCall = (
  request: object,
  metadata: Metadata,
  options: CallOptions,
  callback: (
    error: ServiceError | null,
    response?: LockResponse__Output & UnlockResponse__Output,
  ) => void,
) => ClientUnaryCall;

const PROTO_FILE = fileURLToPath(new URL('../../proto/ldlm.proto', import.meta.url));

const { ldlm } = loadPackageDefinition(
  loadSync(PROTO_FILE, { keepCase: true, longs: Number, enums: String }),
) as unknown as ProtoGrpcType;

const RULES: LockServiceRules = {
  shardCount: 4,
  nameBytesMax: 65_536,
  restoredLeaseMs: 600_000,
  keepLeasesOnDisconnect: false,
  sessionsMax: 100_000,
  waitersPerLockMax: 100_000,
  waitersMax: 1_000_000,
  idleCollectionIntervalMs: 1_800_000,
  idleMinMs: 300_000,
};

/** What a server takes unless a spec is about it. */
export const GRPC_BOUNDS = {
  connectionsMax: 1_000,
  streamsPerConnectionMax: 100_000,
  messageBytesMax: 4_194_304,
  headerBytesMax: 16_384,
  handshakeTimeoutMs: 10_000,
  recoveryMsMax: 10_000,
  sessionRequestsMax: 100_000,
  messageTimeoutMs: 30_000,
};

export interface GrpcWorldOptions {
  readonly store?: StateStore;
  readonly rules?: Partial<LockServiceRules>;
  readonly keepaliveMs?: number;
  readonly bounds?: Partial<typeof GRPC_BOUNDS>;
  readonly admission?: Admission;
  readonly tracing?: Tracing;
  readonly tls?: TlsOptions;
  /** What operators ask for by this door; nobody may, unless given. */
  readonly administration?: (administration: Administration) => Administration | undefined;
}

/** How a client comes to the server. */
export interface GrpcWorldClientOptions {
  /** In plain text if left out. */
  readonly credentials?: ChannelCredentials;
  /** Sent with every call. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A released client's view: one channel, one connection, one session. */
export class GrpcWorldClient {
  readonly #client: LDLMClient;
  readonly #metadata = new Metadata();

  constructor(
    address: string,
    {
      credentials = channelCredentials.createInsecure(),
      metadata = {},
    }: GrpcWorldClientOptions = {},
  ) {
    for (const [name, value] of Object.entries(metadata)) {
      this.#metadata.set(name, value);
    }
    this.#client = new ldlm.LDLM(address, credentials, {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.ssl_target_name_override': 'localhost',
      'grpc.max_send_message_length': -1,
    });
  }

  call(method: Method, request: object, options: { deadline?: number } = {}): Promise<Outcome> {
    return this.start(method, request, options).outcome;
  }

  /** A call that can be cancelled. */
  start(
    method: Method,
    request: object,
    options: { deadline?: number } = {},
  ): { readonly outcome: Promise<Outcome>; cancel(): void } {
    let cancel: () => void = () => undefined;
    const outcome = new Promise<Outcome>((resolve) => {
      const call = (this.#client[method] as UnaryCall).call(
        this.#client,
        request,
        this.#metadata,
        options,
        (error, response) =>
          resolve(
            error === null ? { ...response } : { status: error.code, details: error.details },
          ),
      );
      cancel = () => call.cancel();
    });
    return { outcome, cancel };
  }

  close(): void {
    this.#client.close();
  }
}

export class GrpcWorld {
  readonly clock: FakeClock;
  readonly logger: RecordingLogger;
  readonly service: LockService;
  readonly locking: ObservedLocking;
  readonly address: string;
  readonly server: GrpcServer;
  readonly #clients: { close(): void | Promise<void> }[] = [];
  #rawClient: RawGrpcClient | undefined;

  private constructor(parts: {
    clock: FakeClock;
    logger: RecordingLogger;
    service: LockService;
    locking: ObservedLocking;
    server: GrpcServer;
    address: string;
  }) {
    this.clock = parts.clock;
    this.logger = parts.logger;
    this.service = parts.service;
    this.locking = parts.locking;
    this.server = parts.server;
    this.address = parts.address;
  }

  static async start(options: GrpcWorldOptions = {}): Promise<GrpcWorld> {
    const clock = new FakeClock(1_000_000);
    const logger = new RecordingLogger();
    const service = await LockService.start({
      rules: { ...RULES, ...options.rules },
      clock,
      store: options.store ?? new MemoryStateStore(),
      keys: new RandomKeySource(),
      logger,
      onFailure: () => undefined,
    });
    const locking = new ObservedLocking(service);
    const server = new GrpcServer({
      host: '127.0.0.1',
      port: 0,
      keepaliveIntervalMs: options.keepaliveMs ?? 60_000,
      keepaliveTimeoutMs: options.keepaliveMs ?? 10_000,
      ...GRPC_BOUNDS,
      ...options.bounds,
      locking,
      administration: options.administration?.(service.administration),
      logger,
      admission: options.admission,
      tracing: options.tracing,
      tls: options.tls,
    });
    const address = await server.listen();
    return new GrpcWorld({ clock, logger, service, locking, server, address });
  }

  client(options: GrpcWorldClientOptions = {}): GrpcWorldClient {
    const client = new GrpcWorldClient(this.address, options);
    this.#clients.push(client);
    return client;
  }

  rawClient(): RawGrpcClient {
    const client = new RawGrpcClient(this.address);
    this.#clients.push(client);
    return client;
  }

  /** Sends bytes to a method by a connection that all raw calls share. */
  raw(method: Method, message: Uint8Array): Promise<RawAnswer> {
    this.#rawClient ??= this.rawClient();
    return this.#rawClient.call(`/ldlm.LDLM/${method}`, message);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    await this.server.close(100);
    await this.service.close();
  }
}
