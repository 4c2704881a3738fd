/**
 * Why: the door for those who watch over the server: plain HTTP, bounded, beside the doors for clients and
 * open longer than they are. It knows no locks; what it shows are pages that it is given.
 */
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Logger } from '../../../ports/outbound/logger.js';
import { AdminListenError } from './admin-listen-error.js';
import type { AdminPage } from './admin-page.js';
import { adminRouting } from './admin-routing.js';

const HEADERS_MAX = 100;
/** Longer than Prometheus and most probes leave between two questions. */
const KEEP_ALIVE_MS = 75_000;
/** How often connections are looked through for requests that take too long to come. */
const CHECK_INTERVAL_MS = 1_000;
/** Connections past their bound are told of once in so long. */
const DROP_WARNING_INTERVAL_MS = 60_000;

export interface AdminServerOptions {
  /** undefined: every interface. */
  readonly host: string | undefined;
  /** 0: one of the kernel's choice. */
  readonly port: number;
  readonly pages: readonly AdminPage[];
  readonly logger: Logger;
  readonly connectionsMax: number;
  readonly headerBytesMax: number;
  /** How long a request may take to come, and an answer to be taken. */
  readonly requestTimeoutMs: number;
}

/** New → listening → closed. */
export class AdminServer {
  readonly #options: AdminServerOptions;
  readonly #server: Server;
  #droppedAt = Number.NEGATIVE_INFINITY;

  constructor(options: AdminServerOptions) {
    this.#options = options;
    this.#server = boundedServer(options, oneAtATime(adminRouting(options.pages, options.logger)));
    this.#server.on('drop', () => this.#noteDrop());
  }

  /** @returns the `address:port` it listens on. @throws AdminListenError */
  async listen(): Promise<string> {
    const { host, port, logger } = this.#options;
    try {
      // Of a name's addresses the IPv4 one, as at the doors for clients: `localhost` is 127.0.0.1.
      const resolved = host === undefined ? {} : { host: await addressOf(host) };
      this.#server.listen({ port, ...resolved });
      await once(this.#server, 'listening');
    } catch (error) {
      throw new AdminListenError(`${host ?? ''}:${port}`, error as NodeJS.ErrnoException);
    }
    this.#server.on('error', (error) => {
      logger.error('A connection could not be accepted', { reason: error.message });
    });
    const address = shown(this.#server.address() as AddressInfo);
    logger.warn(`Admin server started. Listening on ${address}`);
    return address;
  }

  /**
   * Takes no new connections, cuts idle ones and lets requests that are being answered finish, for
   * `graceMs` at most; then every connection is cut.
   */
  async close(graceMs: number): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    const grace = setTimeout(() => this.#server.closeAllConnections(), graceMs);
    await closed;
    clearTimeout(grace);
  }

  #noteDrop(): void {
    const { connectionsMax, logger } = this.#options;
    const now = performance.now();
    if (now >= this.#droppedAt + DROP_WARNING_INTERVAL_MS) {
      this.#droppedAt = now;
      logger.warn('Admin connections refused: as many are open as may be', { connectionsMax });
    }
  }
}

function boundedServer(
  { connectionsMax, headerBytesMax, requestTimeoutMs }: AdminServerOptions,
  handle: RequestListener,
): Server {
  const server = createServer(
    {
      maxHeaderSize: headerBytesMax,
      headersTimeout: requestTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(requestTimeoutMs, CHECK_INTERVAL_MS),
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAlive: false,
      noDelay: true,
      requireHostHeader: true,
      insecureHTTPParser: false,
      joinDuplicateHeaders: false,
    },
    handle,
  );
  // Nobody waits for anything here, so that a connection which is silent over a request is stuck.
  server.timeout = requestTimeoutMs;
  server.maxHeadersCount = HEADERS_MAX;
  server.maxRequestsPerSocket = 0;
  server.maxConnections = connectionsMax;
  return server;
}

/**
 * Who sends the next request before the last one is answered is cut: answers would gather, and no probe
 * does so.
 */
function oneAtATime(handle: RequestListener): RequestListener {
  const answering = new WeakSet<Socket>();
  return (request, response) => {
    const { socket } = request;
    if (answering.has(socket)) {
      socket.destroy();
      return;
    }
    answering.add(socket);
    response.once('close', () => answering.delete(socket));
    if (hasBody(request.headers)) {
      // What no page has asked for is not read to its end.
      response.shouldKeepAlive = false;
    }
    handle(request, response);
  };
}

function hasBody(headers: NodeJS.Dict<string | string[]>): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

async function addressOf(host: string): Promise<string> {
  return (await lookup(host, { verbatim: false })).address;
}

function shown({ address, port, family }: AddressInfo): string {
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}
