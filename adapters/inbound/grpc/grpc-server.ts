/** Why: the door that released clients come through: gRPC over HTTP/2, one session a connection. */
import type { Socket } from 'node:net';
import type { SecureContextOptions, TlsOptions } from 'node:tls';
import { type ConnectionInjector, Server, ServerCredentials } from '@grpc/grpc-js';
import type { Administration } from '../../../ports/inbound/administration.js';
import type { Admission } from '../../../ports/inbound/admission.js';
import type { Locking } from '../../../ports/inbound/locking.js';
import type { Logger } from '../../../ports/outbound/logger.js';
import type { Tracing } from '../../../ports/outbound/tracing.js';
import { loadAdminDefinition, loadAdminPackage } from './admin-definition.js';
import { adminHandlers } from './admin-handlers.js';
import { type CallGateOptions, callGate } from './call-gate.js';
import { callTracing } from './call-tracing.js';
import { CompanionServices } from './companion-services.js';
import { ConnectionSessions } from './connection-sessions.js';
import { Http2Listener } from './http2-listener.js';
import { lockHandlers } from './lock-handlers.js';
import type { Offence } from './patience.js';
import { newSessionToken } from './session-token.js';
import { StreamSessions } from './stream-sessions.js';
import { StreamWatch } from './stream-watch.js';
import { loadWireDefinition, loadWirePackage } from './wire-definition.js';

/** How often streams are looked through for those that are silent. */
const SWEEP_INTERVAL_MS = 500;

/** An answer repeats the name of its request, and adds to it; what operators are shown of a lock adds its owner's words. */
const ANSWER_EXTRA_BYTES = 16_384;

/** About what a page for operators takes. */
const ADMIN_PAGE_BYTES = 64 * 1024;

export interface GrpcServerOptions {
  /** undefined: every interface. */
  readonly host: string | undefined;
  /** 0: one of the kernel's choice. */
  readonly port: number;
  readonly keepaliveIntervalMs: number;
  readonly keepaliveTimeoutMs: number;
  readonly connectionsMax: number;
  /** Waiting calls are streams, too: one that cannot be opened could be the Unlock they all wait for. */
  readonly streamsPerConnectionMax: number;
  readonly messageBytesMax: number;
  readonly headerBytesMax: number;
  /** For the TLS handshake, and once more for the first bytes that follow. */
  readonly handshakeTimeoutMs: number;
  /** The longest recovery window of a stream session. */
  readonly recoveryMsMax: number;
  /** Requests of a stream session without an answer that was heard. */
  readonly sessionRequestsMax: number;
  /** How long the message of a call may take to come. */
  readonly messageTimeoutMs: number;
  readonly locking: Locking;
  /** What operators ask for by this door; undefined: nothing. */
  readonly administration?: Administration | undefined;
  readonly logger: Logger;
  /** undefined: nobody follows requests. */
  readonly tracing?: Tracing | undefined;
  /** undefined: everyone may come in. */
  readonly admission: Admission | undefined;
  /** undefined: in plain text. */
  readonly tls: TlsOptions | undefined;
}

/**
 * New → listening → closed. grpc-js shows its handlers no end of a connection, so connections are
 * accepted here, their TLS included, and handed to it one by one.
 */
export class GrpcServer {
  readonly #logger: Logger;
  readonly #sessions: ConnectionSessions;
  readonly #grpc: Server;
  readonly #streams: StreamSessions;
  readonly #companions: CompanionServices;
  readonly #sweeping: NodeJS.Timeout;
  readonly #injector: ConnectionInjector;
  readonly #watch: StreamWatch;
  readonly #listener: Http2Listener;

  constructor(options: GrpcServerOptions) {
    const { host, port, connectionsMax, handshakeTimeoutMs, locking, logger, tls } = options;
    this.#logger = logger;
    this.#sessions = new ConnectionSessions(locking);
    this.#grpc = boundedServer(options, (name, offence) => this.#blame(name, offence));
    this.#streams = new StreamSessions({
      locking,
      now: () => performance.now(),
      newToken: newSessionToken,
      recoveryMsMax: options.recoveryMsMax,
      sessionRequestsMax: options.sessionRequestsMax,
      frameBytesMax: options.messageBytesMax,
      handshakeTimeoutMs,
      peerOf: (connection) => this.#sessions.peerOf(connection),
      cutConnection: (connection) => this.#sessions.destroy(connection),
    });
    this.#sweeping = setInterval(() => this.#streams.sweep(), SWEEP_INTERVAL_MS).unref();
    const wire = loadWirePackage();
    const admin = loadAdminPackage();
    this.#grpc.addService(loadWireDefinition(wire), {
      ...lockHandlers(locking, (call) => this.#sessions.sessionOf(call)),
      // The generated types know the general decoder's words, and these frames have a codec of their own.
      Session: (call: unknown) =>
        this.#streams.serve(call as Parameters<StreamSessions['serve']>[0]),
    });
    this.#grpc.addService(
      loadAdminDefinition(admin).service,
      adminHandlers({
        administration: options.administration,
        pageTimeoutMs: options.messageTimeoutMs,
        pageBytesMax: Math.min(ADMIN_PAGE_BYTES, options.messageBytesMax),
        operatorOf: (connection) => this.#sessions.operatorOf(connection),
        sessionIdOf: (connection) => this.#sessions.sessionIdOf(connection),
        cutConnection: (connection) => this.#sessions.destroy(connection),
      }),
    );
    // What is off says so to whoever calls it, but is offered to nobody.
    const isOffered = options.administration !== undefined;
    this.#companions = new CompanionServices(isOffered ? { ...wire, ...admin } : wire);
    this.#companions.addTo(this.#grpc);
    this.#injector = this.#grpc.createConnectionInjector(ServerCredentials.createInsecure());
    this.#watch = new StreamWatch(this.#grpc, {
      headerBytesMax: options.headerBytesMax,
      blame: (name, offence) => this.#blame(name, offence),
    });
    this.#listener = new Http2Listener({
      host,
      port,
      tls,
      connectionsMax,
      handshakeTimeoutMs,
      logger,
      onConnection: (socket) => this.#take(socket),
    });
  }

  /** Connections that speak HTTP/2. */
  get connectionCount(): number {
    return this.#sessions.count;
  }

  /** @returns the `address:port` it listens on. @throws GrpcListenError */
  async listen(): Promise<string> {
    const address = await this.#listener.listen();
    this.#logger.warn(`gRPC server started. Listening on ${address}`);
    return address;
  }

  /** New connections get these certificates; those that are open keep theirs. Without TLS it does nothing. */
  setSecureContext(options: SecureContextOptions): void {
    this.#listener.setSecureContext(options);
  }

  /** Tells whoever asks for the server's health that it takes no new work: to be called when that is so. */
  stopServing(): void {
    this.#companions.stopServing();
  }

  /**
   * Takes no new connections and lets calls that are being answered finish, for `graceMs` at most; then
   * every connection is cut. Sessions that end by it are the business of whoever drained the service.
   */
  async close(graceMs: number): Promise<void> {
    const closed = this.#listener.close();
    clearInterval(this.#sweeping);
    this.#streams.close();
    this.#companions.close();
    const finished = new Promise((resolve) => this.#grpc.tryShutdown(resolve));
    this.#injector.drain(graceMs);
    const grace = new Promise((resolve) => setTimeout(resolve, graceMs).unref());
    await Promise.race([finished, grace]);
    this.#injector.destroy();
    this.#grpc.forceShutdown();
    this.#sessions.destroyAll();
    await closed;
  }

  /** @returns whether the connection is cut. */
  #blame(connection: string, offence: Offence): boolean {
    const isCut = this.#sessions.blame(connection, offence);
    if (isCut) {
      this.#logger.debug('A gRPC connection was cut: it made work for nothing', {
        connection,
        offence,
      });
    }
    return isCut;
  }

  #take(socket: Socket): void {
    if (this.#sessions.add(socket) !== undefined) {
      this.#watch.take(socket, (one) => this.#injector.injectConnection(one));
    }
  }
}

function boundedServer(options: GrpcServerOptions, blame: CallGateOptions['blame']): Server {
  const { headerBytesMax, admission, messageTimeoutMs, tracing } = options;
  const gate = callGate({ headerBytesMax, admission, messageTimeoutMs, blame });
  return new Server({
    interceptors: tracing === undefined ? [gate] : [gate, callTracing(tracing)],
    'grpc.enable_channelz': 0,
    'grpc.keepalive_time_ms': options.keepaliveIntervalMs,
    'grpc.keepalive_timeout_ms': options.keepaliveTimeoutMs,
    'grpc.keepalive_permit_without_calls': 1,
    'grpc.max_receive_message_length': options.messageBytesMax,
    'grpc.max_send_message_length': options.messageBytesMax + ANSWER_EXTRA_BYTES,
    'grpc.max_concurrent_streams': options.streamsPerConnectionMax,
  });
}
