/** Why: the door that released clients come through: gRPC over HTTP/2, one session a connection. */
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from 'node:net';
import { type ConnectionInjector, Server, ServerCredentials } from '@grpc/grpc-js';
import type { Locking } from '../../../ports/inbound/locking.js';
import type { Logger } from '../../../ports/outbound/logger.js';
import { ConnectionSessions } from './connection-sessions.js';
import { readPreface } from './http2-preface.js';
import { lockHandlers } from './lock-handlers.js';
import { loadWireDefinition } from './wire-definition.js';

/** The largest message taken: 4 MiB, what gRPC implementations agree on. */
const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;

/** Waiting calls are streams too, and one that cannot be opened could be the Unlock they all wait for. */
const STREAMS_PER_CONNECTION_MAX = 100_000;

const HEADER_BYTES_MAX = 16 * 1024;
const PREFACE_TIMEOUT_MS = 10_000;

export interface GrpcServerOptions {
  /** undefined: every interface. */
  readonly host: string | undefined;
  /** 0: one of the kernel's choice. */
  readonly port: number;
  readonly keepaliveIntervalMs: number;
  readonly keepaliveTimeoutMs: number;
  readonly locking: Locking;
  readonly logger: Logger;
}

/** The address cannot be listened on. `message` says which and what to do. */
export class GrpcListenError extends Error {
  override readonly name = 'GrpcListenError';
  readonly code: string | undefined;

  constructor(message: string, options: { readonly cause: NodeJS.ErrnoException }) {
    super(message, options);
    this.code = options.cause.code;
  }
}

/**
 * New → listening → closed. grpc-js shows its handlers no end of a connection, so the sockets are
 * accepted here and handed to it one by one.
 */
export class GrpcServer {
  readonly #options: GrpcServerOptions;
  readonly #sessions: ConnectionSessions;
  readonly #grpc: Server;
  readonly #injector: ConnectionInjector;
  readonly #listener: NetServer;
  readonly #strangers = new Set<Socket>();

  constructor(options: GrpcServerOptions) {
    this.#options = options;
    this.#sessions = new ConnectionSessions(options.locking);
    this.#grpc = new Server({
      'grpc.enable_channelz': 0,
      'grpc.keepalive_time_ms': options.keepaliveIntervalMs,
      'grpc.keepalive_timeout_ms': options.keepaliveTimeoutMs,
      'grpc.keepalive_permit_without_calls': 1,
      'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
      'grpc.max_send_message_length': MESSAGE_BYTES_MAX + 1024,
      'grpc.max_concurrent_streams': STREAMS_PER_CONNECTION_MAX,
      'grpc.max_metadata_size': HEADER_BYTES_MAX,
    });
    this.#grpc.addService(
      loadWireDefinition(),
      lockHandlers(options.locking, (call) => this.#sessions.sessionOf(call)),
    );
    this.#injector = this.#grpc.createConnectionInjector(ServerCredentials.createInsecure());
    this.#listener = createServer({ noDelay: true, keepAlive: false }, (socket) =>
      this.#accept(socket),
    );
  }

  /** @returns the `address:port` it listens on. @throws GrpcListenError */
  async listen(): Promise<string> {
    const { host, port, logger } = this.#options;
    try {
      // Of a name's addresses the IPv4 one, as the reference server does: `localhost` is 127.0.0.1.
      const resolved = host === undefined ? {} : { host: await addressOf(host) };
      this.#listener.listen({ port, ...resolved });
      await once(this.#listener, 'listening');
    } catch (error) {
      throw listenError(host, port, error as NodeJS.ErrnoException);
    }
    this.#listener.on('error', (error) => {
      logger.error('A connection could not be accepted', { reason: error.message });
    });
    const address = shown(this.#listener.address() as AddressInfo);
    logger.warn(`gRPC server started. Listening on ${address}`);
    return address;
  }

  /**
   * Takes no new connections and lets calls that are being answered finish, for `graceMs` at most; then
   * every connection is cut. Sessions that end by it are the business of whoever drained the service.
   */
  async close(graceMs: number): Promise<void> {
    const closed = new Promise((resolve) => this.#listener.close(resolve));
    for (const socket of this.#strangers) {
      socket.destroy();
    }
    const finished = new Promise((resolve) => this.#grpc.tryShutdown(resolve));
    this.#injector.drain(graceMs);
    const grace = new Promise((resolve) => setTimeout(resolve, graceMs).unref());
    await Promise.race([finished, grace]);
    this.#injector.destroy();
    this.#grpc.forceShutdown();
    this.#sessions.destroyAll();
    await closed;
  }

  #accept(socket: Socket): void {
    const { logger } = this.#options;
    socket.on('error', (error) => {
      logger.debug('Connection failed', { reason: error.message });
    });
    this.#strangers.add(socket);
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    readPreface(socket, PREFACE_TIMEOUT_MS, (spoken) => {
      this.#strangers.delete(socket);
      if (spoken !== 'http2') {
        logger.debug('A connection to the gRPC port did not speak HTTP/2', { peer, spoken });
      } else if (this.#sessions.add(socket) !== undefined) {
        this.#injector.injectConnection(socket);
      }
    });
  }
}

async function addressOf(host: string): Promise<string> {
  return (await lookup(host, { verbatim: false })).address;
}

function shown({ address, port, family }: AddressInfo): string {
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}

function listenError(
  host: string | undefined,
  port: number,
  cause: NodeJS.ErrnoException,
): GrpcListenError {
  const address = `${host ?? ''}:${port}`;
  const next: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another program listens there; stop it, or choose another --listen_address',
    EACCES: 'this user may not listen there; choose a port above 1023',
    EADDRNOTAVAIL: 'this machine has no such address; choose another --listen_address',
    ENOTFOUND: 'the host name is not known; choose another --listen_address',
  };
  const reason = next[cause.code ?? ''] ?? cause.message;
  return new GrpcListenError(`cannot listen on ${address}: ${reason}`, { cause });
}
