/**
 * Why: the door for programs that speak plain HTTP: sessions by cookie or header, JSON, one bounded
 * server.
 */
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type RequestListener,
  type ServerOptions,
  STATUS_CODES,
} from 'node:http';
import { createServer as createHttpsServer, Server as HttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { SecureContextOptions, TlsOptions } from 'node:tls';
import type { Admission } from '../../../ports/inbound/admission.js';
import type { Locking } from '../../../ports/inbound/locking.js';
import type { Logger } from '../../../ports/outbound/logger.js';
import type { Tracing } from '../../../ports/outbound/tracing.js';
import { answerHttpOnTlsPort } from './http-on-tls-port.js';
import { lingerBriefly } from './linger-briefly.js';
import { RequestBodies } from './request-bodies.js';
import * as answers from './rest-answer.js';
import { restApplication } from './rest-application.js';
import { RestConnections } from './rest-connections.js';
import { RestListenError } from './rest-listen-error.js';
import { RestSessions } from './rest-sessions.js';

/** As many bodies may be read at one time, if all are as long as may be. */
const BODIES_MAX = 64;
/** Room for a name of some length, a key and times; the bound on connections bounds them all. */
const SMALL_BODY_BYTES = 4_096;
const HEADERS_MAX = 100;
/**
 * Longer than the proxies in front of it keep theirs, so that none sends into a connection that is
 * ending.
 */
const KEEP_ALIVE_MS = 75_000;
/** Silence before the system asks whether the other end of a connection is still there. */
const TCP_KEEPALIVE_MS = 60_000;
/** How often connections are looked through for requests that take too long to come. */
const CHECK_INTERVAL_MS = 1_000;
/** Connections past their bound are told of once in so long. */
const DROP_WARNING_INTERVAL_MS = 60_000;

export interface RestServerOptions {
  /** undefined: every interface. */
  readonly host: string | undefined;
  /** 0: one of the kernel's choice. */
  readonly port: number;
  readonly locking: Locking;
  readonly admission: Admission;
  readonly logger: Logger;
  /** undefined: nobody follows requests. */
  readonly tracing?: Tracing | undefined;
  readonly sessionIdleMs: number;
  readonly bodyBytesMax: number;
  readonly headerBytesMax: number;
  /**
   * How long a request may take to come, and an answer to be taken; how long it is decided upon is
   * another matter.
   */
  readonly requestTimeoutMs: number;
  readonly connectionsMax: number;
  /** undefined: in plain text. */
  readonly tls?: TlsOptions;
}

/** New → listening → closed. */
export class RestServer {
  readonly #options: RestServerOptions;
  readonly #connections = new RestConnections();
  readonly #server: HttpServer | HttpsServer;
  #isClosing = false;
  #droppedAt = Number.NEGATIVE_INFINITY;

  constructor(options: RestServerOptions) {
    this.#options = options;
    const { locking, admission, logger, sessionIdleMs, bodyBytesMax, tls } = options;
    const handle = restApplication({
      locking,
      admission,
      logger,
      tracing: options.tracing,
      sessions: new RestSessions({
        locking,
        idleMs: sessionIdleMs,
        now: () => performance.now(),
      }),
      sessionIdleMs,
      bodies: new RequestBodies({
        bytesMax: bodyBytesMax,
        totalBytesMax: BODIES_MAX * bodyBytesMax,
        smallBytesMax: SMALL_BODY_BYTES,
      }),
      headersMax: HEADERS_MAX,
      answerTimeoutMs: options.requestTimeoutMs,
      isSecure: tls !== undefined,
      isClosing: () => this.#isClosing,
    });
    this.#server = boundedServer(options, (request, response) => {
      if (this.#connections.begin(request, response)) {
        handle(request, response);
      }
    });
    this.#watchConnections();
  }

  /** Connections that are open, those in their TLS handshake not among them. */
  get connectionCount(): number {
    return this.#connections.count;
  }

  /** @returns the `address:port` it listens on. @throws RestListenError */
  async listen(): Promise<string> {
    const { host, port, logger } = this.#options;
    try {
      // Of a name's addresses the IPv4 one, as the reference server does: `localhost` is 127.0.0.1.
      const resolved = host === undefined ? {} : { host: await addressOf(host) };
      this.#server.listen({ port, ...resolved });
      await once(this.#server, 'listening');
    } catch (error) {
      throw new RestListenError(`${host ?? ''}:${port}`, error as NodeJS.ErrnoException);
    }
    this.#server.on('error', (error) => {
      logger.error('A connection could not be accepted', { reason: error.message });
    });
    const address = shown(this.#server.address() as AddressInfo);
    logger.warn(`REST server started. Listening on ${address}`);
    return address;
  }

  /**
   * New connections get these certificates; those that are open keep theirs. Without TLS it does
   * nothing.
   */
  setSecureContext(options: SecureContextOptions): void {
    if (this.#server instanceof HttpsServer) {
      this.#server.setSecureContext({ minVersion: 'TLSv1.2', ...options });
    }
  }

  /**
   * Takes no new connections and lets requests that are being answered finish, for `graceMs` at
   * most; then every connection is cut. Whoever waits is the business of the one who drained the
   * service.
   */
  async close(graceMs: number): Promise<void> {
    this.#isClosing = true;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#connections.destroyIdle();
    const grace = new Promise((resolve) => setTimeout(resolve, graceMs).unref());
    await Promise.race([closed, grace]);
    this.#connections.destroyAll();
    await closed;
  }

  #watchConnections(): void {
    const { logger, connectionsMax } = this.#options;
    const server = this.#server;
    const isSecure = server instanceof HttpsServer;
    server.on('connection', (socket: Socket) => {
      socket.on('error', (error) => this.#logEnd(error));
      this.#connections[isSecure ? 'addCarrier' : 'add'](socket);
    });
    server.on('secureConnection', (socket: Socket) => this.#connections.add(socket));
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      this.#logEnd(error);
      this.#answerBroken(error, socket as Socket);
    });
    server.on('drop', () => {
      const now = performance.now();
      if (now >= this.#droppedAt + DROP_WARNING_INTERVAL_MS) {
        this.#droppedAt = now;
        logger.warn('REST connections refused: as many are open as may be', { connectionsMax });
      }
    });
  }

  #logEnd(error: Error): void {
    this.#options.logger.debug('A REST connection failed', { reason: error.message });
  }

  /**
   * A request that did not come whole. Where other answers are owed, this one would be taken for
   * one of them.
   */
  #answerBroken(error: NodeJS.ErrnoException, socket: Socket): void {
    if (!socket.writable || !this.#connections.isFree(socket)) {
      socket.destroy();
      return;
    }
    const { status, body } =
      error.code === 'HPE_HEADER_OVERFLOW'
        ? answers.headersTooLarge
        : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
          ? answers.requestTooSlow
          : answers.notHttp;
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
    ];
    socket.end([...head, '', body].join('\r\n'));
    lingerBriefly(socket);
  }
}

function boundedServer(
  { headerBytesMax, requestTimeoutMs, connectionsMax, tls }: RestServerOptions,
  handle: RequestListener,
): HttpServer | HttpsServer {
  const bounds: ServerOptions = {
    maxHeaderSize: headerBytesMax,
    headersTimeout: requestTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(requestTimeoutMs, CHECK_INTERVAL_MS),
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAlive: true,
    keepAliveInitialDelay: TCP_KEEPALIVE_MS,
    noDelay: true,
    // The application asks for it: what this library answers by itself is not counted as owed.
    requireHostHeader: false,
    insecureHTTPParser: false,
    joinDuplicateHeaders: false,
  };
  const server =
    tls === undefined
      ? createHttpServer(bounds, handle)
      : createHttpsServer(
          { minVersion: 'TLSv1.2', handshakeTimeout: requestTimeoutMs, ...tls, ...bounds },
          handle,
        );
  // An expectation that is not known may be passed over (RFC 9110, section 10.1.1).
  server.on('checkExpectation', handle);
  // Who waits for a lock is silent for as long as it takes.
  server.timeout = 0;
  server.maxRequestsPerSocket = 0;
  // The application counts them and says so; those past a bound here would be left out in silence.
  server.maxHeadersCount = 0;
  server.maxConnections = connectionsMax;
  if (server instanceof HttpsServer) {
    answerHttpOnTlsPort(server, tls?.handshakeTimeout ?? requestTimeoutMs);
  }
  return server;
}

async function addressOf(host: string): Promise<string> {
  return (await lookup(host, { verbatim: false })).address;
}

function shown({ address, port, family }: AddressInfo): string {
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}
