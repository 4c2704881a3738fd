/** Why: from a bare connection to one that speaks HTTP/2, in plain text or TLS, with a bound on each step. */
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import {
  createServer as createTlsServer,
  type SecureContextOptions,
  type TlsOptions,
  Server as TlsServer,
  TLSSocket,
} from 'node:tls';
import type { Logger } from '../../../ports/outbound/logger.js';
import { GrpcListenError } from './grpc-listen-error.js';
import { readPreface } from './http2-preface.js';

/** Connections past their bound are told of once in so long. */
const DROP_WARNING_INTERVAL_MS = 60_000;

export interface Http2ListenerOptions {
  /** undefined: every interface. */
  readonly host: string | undefined;
  /** 0: one of the kernel's choice. */
  readonly port: number;
  /** undefined: in plain text. */
  readonly tls: TlsOptions | undefined;
  readonly connectionsMax: number;
  /** For the TLS handshake, and once more for the first bytes that follow. */
  readonly handshakeTimeoutMs: number;
  readonly logger: Logger;
  /** Takes over a connection that has begun to speak HTTP/2; none of its bytes is lost. */
  readonly onConnection: (socket: Socket) => void;
}

/**
 * New → listening → closed. A connection is a stranger until its handshake is done and its first bytes
 * are seen; then it is handed over.
 */
export class Http2Listener {
  readonly #options: Http2ListenerOptions;
  readonly #server: Server;
  /** By `address:port`, which a connection has in common with its TLS. */
  readonly #strangers = new Map<string, Socket>();
  #droppedAt = Number.NEGATIVE_INFINITY;

  constructor(options: Http2ListenerOptions) {
    this.#options = options;
    const { tls, connectionsMax } = options;
    this.#server =
      tls === undefined ? createServer({ noDelay: true, keepAlive: false }) : this.#tlsServer(tls);
    this.#server.maxConnections = connectionsMax;
    this.#server.on('connection', (socket) => this.#watch(socket));
    this.#server.on('drop', () => this.#noteDrop());
  }

  /** @returns the `address:port` it listens on. @throws GrpcListenError */
  async listen(): Promise<string> {
    const { host, port, logger } = this.#options;
    try {
      // Of a name's addresses the IPv4 one, as the reference server does: `localhost` is 127.0.0.1.
      const resolved = host === undefined ? {} : { host: await addressOf(host) };
      this.#server.listen({ port, ...resolved });
      await once(this.#server, 'listening');
    } catch (error) {
      throw new GrpcListenError(`${host ?? ''}:${port}`, error as NodeJS.ErrnoException);
    }
    this.#server.on('error', (error) => {
      logger.error('A connection could not be accepted', { reason: error.message });
    });
    return shown(this.#server.address() as AddressInfo);
  }

  /** New connections get these certificates; those that are open keep theirs. Without TLS it does nothing. */
  setSecureContext(options: SecureContextOptions): void {
    if (this.#server instanceof TlsServer) {
      this.#server.setSecureContext({ minVersion: 'TLSv1.2', ...options });
    }
  }

  /** Takes no new connections and cuts strangers. Resolves when all that it took have ended. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#strangers.values()) {
      socket.destroy();
    }
    await closed;
  }

  #tlsServer(tls: TlsOptions): TlsServer {
    const { handshakeTimeoutMs, logger } = this.#options;
    const server = createTlsServer({
      minVersion: 'TLSv1.2',
      ...tls,
      ALPNProtocols: ['h2'],
      handshakeTimeout: handshakeTimeoutMs,
      noDelay: true,
      keepAlive: false,
    });
    server.on('secureConnection', (socket) => {
      this.#logFailure(socket);
      this.#greet(socket);
    });
    server.on('tlsClientError', ({ message: reason }, socket) => {
      const peer = peerOf(socket);
      this.#strangers.delete(peer);
      logger.debug('A TLS handshake failed', { peer, reason });
      socket.destroy();
    });
    return server;
  }

  #watch(socket: Socket): void {
    const { logger, tls } = this.#options;
    const peer = peerOf(socket);
    this.#strangers.set(peer, socket);
    this.#logFailure(socket);
    if (tls === undefined) {
      this.#greet(socket);
      return;
    }
    socket.once('close', () => {
      if (this.#strangers.get(peer) === socket) {
        this.#strangers.delete(peer);
        // Node cuts a client whose certificate is not trusted, and says nothing of it.
        logger.debug('A TLS client was not trusted, or left in its handshake', { peer });
      }
    });
  }

  #greet(socket: Socket): void {
    const { handshakeTimeoutMs, logger, onConnection } = this.#options;
    const peer = peerOf(socket);
    readPreface(socket, handshakeTimeoutMs, (spoken) => {
      this.#strangers.delete(peer);
      if (spoken !== 'http2') {
        logger.debug('A connection to the gRPC port did not speak HTTP/2', { peer, spoken });
      } else if (socket instanceof TLSSocket && socket.alpnProtocol !== 'h2') {
        logger.debug('A TLS client did not ask for HTTP/2', { peer });
        socket.destroy();
      } else {
        onConnection(socket);
      }
    });
  }

  #logFailure(socket: Socket): void {
    const { logger } = this.#options;
    socket.on('error', ({ message: reason }) => logger.debug('Connection failed', { reason }));
  }

  #noteDrop(): void {
    const { connectionsMax, logger } = this.#options;
    const now = performance.now();
    if (now >= this.#droppedAt + DROP_WARNING_INTERVAL_MS) {
      this.#droppedAt = now;
      logger.warn('gRPC connections refused: as many are open as may be', { connectionsMax });
    }
  }
}

function peerOf(socket: Socket): string {
  return `${socket.remoteAddress}:${socket.remotePort}`;
}

async function addressOf(host: string): Promise<string> {
  return (await lookup(host, { verbatim: false })).address;
}

function shown({ address, port, family }: AddressInfo): string {
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}
