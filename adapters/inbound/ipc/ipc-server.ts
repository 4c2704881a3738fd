/**
 * Why: the server's local door, by which its operators list and revoke leases over a unix socket
 * that only its own user may open. Whatever comes through it, the server behind goes on.
 */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { HolderFilter } from '../../../domain/holder-filter.js';
import { InvariantError } from '../../../domain/invariant.js';
import type { Operator } from '../../../domain/operator.js';
import type { Administration } from '../../../ports/inbound/administration.js';
import type { Logger } from '../../../ports/outbound/logger.js';
import { encodeReply } from './ipc-reply.js';
import { decodeRequest, type IpcRequest } from './ipc-request.js';
import { RequestError, type RequestLimits, readRequestLine } from './request-line.js';
import { SocketFile } from './socket-file.js';

export interface IpcLimits extends RequestLimits {
  /** One more is told so and let go. */
  readonly connectionsMax: number;
  /** A peer that takes nothing of its answer for so long is cut off. */
  readonly stallMs: number;
}

/** A mebibyte holds the longest name that a command line can carry, each byte of it escaped. */
export const IPC_LIMITS: IpcLimits = {
  requestBytesMax: 1024 * 1024,
  connectionsMax: 64,
  requestWithinMs: 10_000,
  stallMs: 10_000,
};

const CROWDED = 'as many local connections as the server takes are open: try again shortly';

export interface IpcServerOptions {
  /** Of the socket's file; on Windows, the name of a pipe. */
  readonly path: string;
  readonly administration: Administration;
  readonly logger: Logger;
  /** IPC_LIMITS unless given. */
  readonly limits?: IpcLimits;
}

/**
 * One request a connection: it is read, answered, and the connection ends. A server listens once,
 * and then closes once.
 */
export class IpcServer {
  readonly #options: Required<IpcServerOptions>;
  readonly #server: Server;
  readonly #connections = new Set<Socket>();
  #file: SocketFile | undefined;

  constructor(options: IpcServerOptions) {
    this.#options = { limits: IPC_LIMITS, ...options };
    // Half open, since a peer may say that its request was all it had to say.
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: false }, (socket) => {
      this.#accept(socket);
    });
  }

  /** @throws IpcListenError, and then nothing is listening. */
  async listen(): Promise<void> {
    this.#file = await SocketFile.bind(this.#server, this.#options.path);
    this.#server.on('error', (error) => {
      this.#options.logger.error('A local connection could not be accepted', {
        reason: error.message,
      });
    });
    this.#options.logger.warn(`IPC server started. Listening on ${this.#options.path}`);
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Cuts every connection and removes the socket's file. Harmless when nothing listens. */
  async close(): Promise<void> {
    const file = this.#file;
    if (file === undefined) {
      return;
    }
    this.#file = undefined;
    const closed = once(this.#server, 'close');
    file.close();
    for (const socket of this.#connections) {
      socket.destroy();
    }
    await closed;
  }

  #accept(socket: Socket): void {
    this.#connections.add(socket);
    socket.once('close', () => this.#connections.delete(socket));
    // What goes wrong with a peer's connection ends that connection, and 'close' follows.
    socket.on('error', (error) => this.#noteLost(error));
    const { connectionsMax, stallMs } = this.#options.limits;
    // An event comes each time the connection has been still; the callback would come but once.
    socket.setTimeout(stallMs).on('timeout', () => {
      // With nothing to take, the peer is not to blame: the answer is still being found.
      if (socket.writableLength > 0) {
        socket.destroy(new Error(`the peer took nothing of its answer for ${stallMs} ms`));
      }
    });
    const answer =
      this.#connections.size > connectionsMax
        ? encodeReply({ kind: 'error', message: CROWDED })
        : this.#answerTo(socket);
    pipeline(answer, socket).then(
      () => socket.destroy(),
      (error: unknown) => this.#noteLost(error),
    );
  }

  async *#answerTo(socket: Socket): AsyncGenerator<string, void, undefined> {
    const { limits, logger } = this.#options;
    try {
      const request = decodeRequest(await readRequestLine(socket, limits));
      if ('problem' in request) {
        throw new RequestError(request.problem);
      }
      yield* this.#perform(request, socket);
    } catch (error) {
      if (error instanceof InvariantError) {
        // Not ours to answer: it goes to the process's last resort.
        queueMicrotask(() => {
          throw error;
        });
      }
      const message = error instanceof Error ? error.message : String(error);
      const level = error instanceof RequestError ? 'debug' : 'error';
      logger[level]('A local request failed', { reason: message });
      yield* encodeReply({ kind: 'error', message });
    }
  }

  async *#perform(request: IpcRequest, socket: Socket): AsyncGenerator<string, void, undefined> {
    const { administration } = this.#options;
    switch (request.method) {
      case 'list':
        yield* this.#holders(request.name === undefined ? {} : { name: request.name });
        return;
      case 'holders':
        yield* this.#holders(request.filter);
        return;
      case 'show':
        yield* this.#show(request.name);
        return;
      case 'sessions':
        for await (const sessions of administration.sessions()) {
          yield* encodeReply({ kind: 'sessions', sessions, now: administration.now() });
        }
        yield* this.#end();
        return;
      case 'watch':
        yield* this.#watch(request.filter, socket);
        return;
      case 'stats':
        yield* encodeReply({ kind: 'stats', stats: await administration.stats() });
        return;
      case 'busiest': {
        const locks = await administration.busiest(request.count);
        yield* encodeReply({ kind: 'busiest', locks });
        return;
      }
      case 'unlock': {
        const { name, key, says } = request;
        const lease = { name, ...(key !== undefined && { key }) };
        yield* encodeReply(await administration.revoke(lease, operator(says)));
        return;
      }
      case 'unlock-all':
        yield* encodeReply(await administration.revokeAll(request.name, operator(request.says)));
        return;
      case 'kick':
        yield* encodeReply(await administration.kick(request.session, operator(request.says)));
        return;
      default:
        request satisfies never;
    }
  }

  async *#holders(filter: HolderFilter): AsyncGenerator<string, void, undefined> {
    for await (const holders of this.#options.administration.holders(filter)) {
      yield* encodeReply({ kind: 'holders', holders });
    }
    yield* this.#end();
  }

  async *#show(name: string): AsyncGenerator<string, void, undefined> {
    let isKnown = false;
    for await (const part of this.#options.administration.lock(name)) {
      isKnown = true;
      yield* encodeReply(part);
    }
    yield* isKnown ? this.#end() : encodeReply({ kind: 'refused', code: 'lock-unknown' });
  }

  /** Until the server stops, or the peer is gone. */
  async *#watch(filter: HolderFilter, socket: Socket): AsyncGenerator<string, void, undefined> {
    const { administration } = this.#options;
    const feed = administration.watch(filter);
    // A peer that has left is found out by the next sign of life that is written to it.
    socket.once('close', () => feed.close());
    if (socket.destroyed) {
      feed.close();
    }
    for await (const news of feed) {
      yield* encodeReply({ kind: 'news', ...news, now: administration.now() });
    }
    yield* encodeReply({ kind: 'refused', code: 'server-stopping' });
  }

  #end(): Iterable<string> {
    return encodeReply({ kind: 'end', now: this.#options.administration.now() });
  }

  #noteLost(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#options.logger.debug('Local connection failed', { reason: message });
  }
}

/**
 * Node does not tell which user is at the other end of a socket. It can only be one who may open it: the user whom the
 * server runs as, or root.
 */
function operator(says: string | undefined): Operator {
  const uid = process.getuid?.();
  return {
    door: 'local',
    ...(uid !== undefined && { peer: uid === 0 ? 'uid 0' : `uid ${uid} or 0` }),
    ...(says !== undefined && { says }),
  };
}
