/**
 * Why: the server's local door, by which its operators list and revoke leases over a unix socket
 * that only its own user may open. Whatever comes through it, the server behind goes on.
 */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { maskedKey, shortName } from '../../../domain/disclosure.js';
import { InvariantError } from '../../../domain/invariant.js';
import type { Administration, RevokeRequest } from '../../../ports/inbound/administration.js';
import type { Logger } from '../../../ports/outbound/logger.js';
import { decodeRequest, encodeHolders, encodeReply } from './ipc-protocol.js';
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
        ? [encodeReply({ kind: 'error', message: CROWDED })]
        : this.#answerTo(socket);
    pipeline(answer, socket).then(
      () => socket.destroy(),
      (error: unknown) => this.#noteLost(error),
    );
  }

  async *#answerTo(socket: Socket): AsyncGenerator<string, void, undefined> {
    const { administration, limits, logger } = this.#options;
    try {
      const request = decodeRequest(await readRequestLine(socket, limits));
      if ('problem' in request) {
        throw new RequestError(request.problem);
      }
      switch (request.method) {
        case 'list':
          for await (const page of administration.holders()) {
            yield* encodeHolders(
              request.name === undefined ? page : page.filter(({ name }) => name === request.name),
            );
          }
          yield encodeReply({ kind: 'end', now: administration.now() });
          return;
        case 'unlock':
          yield await this.#revoke(request);
          return;
        default:
          request satisfies never;
      }
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
      yield encodeReply({ kind: 'error', message });
    }
  }

  async #revoke({ name, key }: RevokeRequest): Promise<string> {
    const { administration, logger } = this.#options;
    const answer = await administration.revoke({ name, ...(key !== undefined && { key }) });
    if (answer.kind === 'refused') {
      return encodeReply({ kind: 'refused', code: answer.code });
    }
    logger.warn('Lock revoked by local administrator', {
      lock: shortName(name),
      key: maskedKey(answer.key),
    });
    return encodeReply(answer);
  }

  #noteLost(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#options.logger.debug('Local connection failed', { reason: message });
  }
}
