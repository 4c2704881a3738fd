/** Why: one life of a server, from its start to its death: the real service, journal and doors on the simulation's clock, disk and network. */
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { ConnectionSessions } from '../../adapters/inbound/grpc/connection-sessions.js';
import { lockHandlers } from '../../adapters/inbound/grpc/lock-handlers.js';
import { StreamSessions } from '../../adapters/inbound/grpc/stream-sessions.js';
import { JournalStateStore } from '../../adapters/outbound/journal/journal-state-store.js';
import type { FileSystem } from '../../adapters/outbound/journal/file-system.js';
import type { Fact } from '../../domain/facts.js';
import { LockService } from '../../domain/lock-service.js';
import type { KeySource } from '../../ports/outbound/key-source.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { JudgedLocking } from './judged-locking.js';
import { JudgedStateStore } from './judged-state-store.js';
import type { Oracle } from './oracle.js';
import { ProcessClock } from './process-clock.js';
import type { Connection } from './simulated-network.js';
import { SimulatedStream } from './simulated-stream.js';
import { SimulatedProcess, type SimulatedTime } from './simulated-time.js';

export const JOURNAL = '/data/state';

const SWEEP_INTERVAL_MS = 500;

export interface ServerWorld {
  readonly time: SimulatedTime;
  readonly oracle: Oracle;
  readonly keys: KeySource;
  readonly newToken: () => string;
  readonly restoredLeaseMs: number;
  readonly keepsLeasesOfGone: boolean;
  readonly onDecided: (facts: readonly Fact[]) => void;
}

/** Starting → serving → (draining →) over. */
export class SimulatedServer {
  readonly process: SimulatedProcess;
  readonly logger = new RecordingLogger('warn');
  readonly connections = new Set<Connection>();
  readonly #world: ServerWorld;
  readonly #clock: ProcessClock;
  readonly #fileSystem: FileSystem;
  readonly #onFailure: () => void;
  #service: LockService | undefined;
  #doors: Doors | undefined;

  /**
   * @param wallOffsetMs by which its wall clock is off. @param onFailure told once if it cannot start or go on: its
   * process then ends.
   */
  constructor(
    world: ServerWorld,
    life: {
      readonly number: number;
      readonly wallOffsetMs: number;
      readonly fileSystem: FileSystem;
      readonly onFailure: () => void;
    },
  ) {
    this.#world = world;
    this.process = new SimulatedProcess(world.time, `server ${life.number}`);
    this.#clock = new ProcessClock(world.time, this.process, 1_900_000_000_000 + life.wallOffsetMs);
    this.#fileSystem = life.fileSystem;
    this.#onFailure = life.onFailure;
  }

  get isServing(): boolean {
    return this.#doors !== undefined && !this.process.isDead;
  }

  /** By its own clock. */
  now(): number {
    return this.#clock.now();
  }

  get leaseCount(): number {
    return this.#service?.leaseCount ?? 0;
  }

  get streamSessionCount(): number {
    return this.#doors?.streams.count ?? 0;
  }

  start(): void {
    this.#start().catch(() => this.#onFailure());
  }

  /** A connection has come; undefined when nobody listens. */
  accept(connection: Connection): Door | undefined {
    if (this.#doors === undefined || this.process.isDead) {
      connection.endByServer();
      return undefined;
    }
    this.connections.add(connection);
    return this.#doors.open(connection, () => this.connections.delete(connection));
  }

  revoke(lease: { readonly name: string; readonly key?: string }): void {
    this.#service?.administration.revoke(lease).catch(() => undefined);
  }

  /** As on SIGTERM. Resolves when the process may end. */
  async stop(): Promise<void> {
    const doors = this.#doors;
    this.#doors = undefined;
    await this.#service?.drain();
    doors?.streams.close();
    await this.#service?.close();
  }

  /** As on SIGKILL. */
  kill(): void {
    this.process.kill();
    this.#doors = undefined;
  }

  async #start(): Promise<void> {
    const { oracle, keys, newToken, restoredLeaseMs, keepsLeasesOfGone, onDecided } = this.#world;
    const now = () => this.#clock.now();
    const journal = new JournalStateStore({
      file: JOURNAL,
      logger: this.logger,
      fileSystem: this.#fileSystem,
      compactionMinBytes: 4_000,
      compactionFactor: 1,
      sliceLeases: 3,
      lineLengthMax: 700,
    });
    const service = await LockService.start({
      rules: {
        shardCount: 2,
        nameBytesMax: 64,
        restoredLeaseMs,
        keepLeasesOnDisconnect: keepsLeasesOfGone,
        idleCollectionIntervalMs: 2_000,
        idleMinMs: 1_000,
      },
      clock: this.#clock,
      store: new JudgedStateStore(journal, oracle, { now, onDecided }),
      keys,
      logger: this.logger,
      onFailure: () => this.#onFailure(),
    });
    this.#service = service;
    this.#doors = new Doors(new JudgedLocking(service, oracle), now, newToken);
    this.#sweep();
  }

  #sweep(): void {
    this.#clock.setTimer(SWEEP_INTERVAL_MS, () => {
      this.#doors?.streams.sweep();
      this.#sweep();
    });
  }
}

/** What a connection is given when it comes. */
export interface Door {
  stream(): SimulatedStream;
  /** A unary call. @returns how its client gives it up. */
  call(
    method: UnaryMethod,
    request: object,
    answer: (error: object | null, response: object | undefined) => void,
  ): () => void;
}

export type UnaryMethod = 'Lock' | 'TryLock' | 'Unlock' | 'Renew';

type Handler = (
  call: object,
  answer: (error: object | null, response?: object, receipt?: Receipt) => void,
) => void;

interface Receipt {
  toHttp2Headers(): unknown;
}

/** The gRPC adapter's parts, as its server puts them together. */
class Doors {
  readonly streams: StreamSessions;
  readonly #connections: ConnectionSessions;
  readonly #handlers: Readonly<Record<UnaryMethod, Handler>>;

  constructor(locking: JudgedLocking, now: () => number, newToken: () => string) {
    this.#connections = new ConnectionSessions(locking);
    this.#handlers = lockHandlers(locking, (call) =>
      this.#connections.sessionOf(call),
    ) as unknown as Readonly<Record<UnaryMethod, Handler>>;
    this.streams = new StreamSessions({
      locking,
      now,
      newToken,
      recoveryMsMax: 10_000,
      sessionRequestsMax: 1_000,
      frameBytesMax: 4_194_304,
      handshakeTimeoutMs: 10_000,
      peerOf: (name) => this.#connections.peerOf(name),
      cutConnection: (name) => this.#connections.destroy(name),
    });
  }

  open(connection: Connection, onClosed: () => void): Door {
    const socket = new SimulatedSocket(connection);
    const name = this.#connections.add(socket as unknown as Socket) ?? '';
    const onGone: (() => void)[] = [];
    connection.onServerEnd = () => {
      onClosed();
      socket.close();
      for (const tell of onGone) {
        tell();
      }
    };
    return {
      stream: () => {
        const stream = new SimulatedStream(connection, name);
        onGone.push(() => stream.break());
        this.streams.serve(stream.call);
        return stream;
      },
      call: (method, request, answer) => {
        const call = Object.assign(new EventEmitter(), { getPeer: () => name, request });
        let isOver = false;
        const cancel = () => {
          if (!isOver) {
            isOver = true;
            call.emit('cancelled');
          }
        };
        onGone.push(cancel);
        this.#handlers[method](call, (error, response, receipt) => {
          if (!isOver) {
            isOver = true;
            const { metadata } = (error ?? {}) as { readonly metadata?: Receipt };
            (receipt ?? metadata)?.toHttp2Headers();
            answer(error, response);
          }
        });
        return cancel;
      },
    };
  }
}

/** What the connection sessions use of a socket. */
class SimulatedSocket extends EventEmitter {
  readonly remoteAddress = '10.0.0.1';
  readonly remotePort: number;
  readonly localAddress = '10.0.0.2';
  readonly localPort = 3144;
  destroyed = false;
  readonly #connection: Connection;

  constructor(connection: Connection) {
    super();
    this.#connection = connection;
    this.remotePort = connection.number;
  }

  destroy(): void {
    if (!this.destroyed) {
      this.destroyed = true;
      this.#connection.endByServer();
    }
  }

  close(): void {
    this.destroyed = true;
    this.emit('close');
  }
}
