/**
 * A REST server in the spec's own process on a fake clock, and clients that talk to it over
 * loopback.
 */
import { once } from 'node:events';
import { answerTo } from './http-question.js';
import { type IncomingHttpHeaders, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, type Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { RestServer, type RestServerOptions } from '../../adapters/inbound/rest/rest-server.js';
import { RandomKeySource } from '../../adapters/outbound/keys/random-key-source.js';
import { MemoryStateStore } from '../../adapters/outbound/memory/memory-state-store.js';
import { LockService, type LockServiceRules } from '../../domain/lock-service.js';
import type { Admission } from '../../ports/inbound/admission.js';
import type { StateStore } from '../../ports/outbound/state-store.js';
import { FakeClock } from './fake-clock.js';
import { ObservedLocking } from './observed-locking.js';
import { RecordingLogger } from './recording-logger.js';
import { clientTls } from './shared-key-tls.js';

const RULES: LockServiceRules = {
  shardCount: 4,
  nameBytesMax: 65_536,
  restoredLeaseMs: 600_000,
  keepLeasesOnDisconnect: false,
  sessionsMax: 100,
  waitersPerLockMax: 100,
  waitersMax: 1_000,
  idleCollectionIntervalMs: 1_800_000,
  idleMinMs: 300_000,
};

export const SESSION_IDLE_MS = 600_000;

export interface RestWorldOptions {
  readonly store?: StateStore;
  readonly rules?: Partial<LockServiceRules>;
  /** What clients must know; nothing if left out. */
  readonly password?: string;
  readonly server?: Partial<
    Pick<
      RestServerOptions,
      'bodyBytesMax' | 'headerBytesMax' | 'requestTimeoutMs' | 'connectionsMax' | 'tracing'
    >
  >;
  readonly tls?: TlsOptions;
}

export interface RestRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface RestResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A password that is asked for, without the pains that the real one takes over it. */
class PlainAdmission implements Admission {
  readonly #password: string | undefined;

  constructor(password: string | undefined) {
    this.#password = password;
  }

  admit(shown: string | undefined): ReturnType<Admission['admit']> {
    if (this.#password === undefined || shown === this.#password) {
      return 'admitted';
    }
    return shown === undefined ? 'missing' : 'wrong';
  }
}

export interface ServiceWorld {
  readonly clock: FakeClock;
  readonly logger: RecordingLogger;
  readonly service: LockService;
  readonly locking: ObservedLocking;
}

/** The service alone, for what stands between it and the server. */
export async function startService(
  options: Pick<RestWorldOptions, 'store' | 'rules'> = {},
): Promise<ServiceWorld> {
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
  return { clock, logger, service, locking: new ObservedLocking(service) };
}

export class RestWorld implements ServiceWorld {
  readonly clock: FakeClock;
  readonly logger: RecordingLogger;
  readonly service: LockService;
  readonly locking: ObservedLocking;
  readonly server: RestServer;
  /** `host:port`. */
  address = '';
  readonly #isSecure: boolean;
  readonly #sockets: Socket[] = [];

  private constructor(core: ServiceWorld, { tls, password, server }: RestWorldOptions) {
    this.clock = core.clock;
    this.logger = core.logger;
    this.service = core.service;
    this.locking = core.locking;
    this.#isSecure = tls !== undefined;
    this.server = new RestServer({
      host: '127.0.0.1',
      port: 0,
      locking: this.locking,
      admission: new PlainAdmission(password),
      logger: this.logger,
      sessionIdleMs: SESSION_IDLE_MS,
      bodyBytesMax: 1_048_576,
      headerBytesMax: 16_384,
      requestTimeoutMs: 30_000,
      connectionsMax: 1_000,
      ...server,
      ...(tls === undefined ? {} : { tls }),
    });
  }

  static async start(options: RestWorldOptions = {}): Promise<RestWorld> {
    const world = new RestWorld(await startService(options), options);
    world.address = await world.server.listen();
    return world;
  }

  /** One request by a connection of its own. Rejects when that ends without an answer. */
  send(sent: RestRequest): Promise<RestResponse> {
    return this.start(sent).response;
  }

  /** A request whose client can hang up. */
  start({ method, path, headers = {}, body = '' }: RestRequest): {
    readonly response: Promise<RestResponse>;
    hangUp(): void;
  } {
    const [host, port] = this.address.split(':');
    const options = { host, port, method, path, headers, agent: false };
    const request = this.#isSecure
      ? httpsRequest({ ...options, ...clientTls, rejectUnauthorized: false })
      : httpRequest(options);
    const response: Promise<RestResponse> = answerTo(request);
    // Whoever hangs up does not ask what becomes of it.
    response.catch(() => undefined);
    request.end(body);
    return { response, hangUp: () => request.destroy() };
  }

  /** A client with a session of its own, shown by header. */
  async client(headers: Readonly<Record<string, string>> = {}): Promise<RestWorldClient> {
    const { body } = await this.send({ method: 'POST', path: '/session', headers });
    const { session_id } = JSON.parse(body) as { session_id: string };
    return new RestWorldClient(this, session_id, headers);
  }

  /** A connection for bytes that no HTTP library would send. */
  async connection(): Promise<Socket> {
    const [host = '', port] = this.address.split(':');
    const socket = connect(Number(port), host);
    socket.on('error', () => undefined);
    this.#sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) {
      socket.destroy();
    }
    await this.server.close(100);
    await this.service.close();
  }
}

/** What the answers on locks may hold. */
export interface LockFields {
  readonly locked?: boolean;
  readonly unlocked?: boolean;
  readonly name?: string;
  readonly key?: string;
  readonly fencing_token?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

export class RestWorldClient {
  readonly #world: RestWorld;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(
    world: RestWorld,
    readonly token: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    this.#world = world;
    this.#headers = { ...headers, 'ldlm-session': token };
  }

  /** What a POST is answered with, its JSON read. */
  async post(path: string, fields: object = {}): Promise<LockFields & { readonly status: number }> {
    const { status, body } = await this.send({
      method: 'POST',
      path,
      body: JSON.stringify(fields),
    });
    return { status, ...(JSON.parse(body) as LockFields) };
  }

  send(sent: RestRequest): Promise<RestResponse> {
    return this.start(sent).response;
  }

  start(sent: RestRequest): ReturnType<RestWorld['start']> {
    return this.#world.start({ ...sent, headers: { ...this.#headers, ...sent.headers } });
  }
}

/** All that a connection brings until it ends. */
export async function readToEnd(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await untilClosed(socket);
  return Buffer.concat(chunks).toString();
}

/** Until a connection has ended, be it by a reset: whoever is cut before all was read gets one. */
export function untilClosed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
  });
}
