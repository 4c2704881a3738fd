/**
 * Why: some calls never reach the gate: those that are reset in the breath that began them, and those whose
 * headers, packed by HPACK, come to half a megabyte for a hundred bytes, every character of which the gRPC
 * library looks at before anybody is asked. Both are seen here, as HTTP/2 streams, before the library; and so
 * is how much comes of a call that needs no password.
 */
import {
  constants,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { Server } from '@grpc/grpc-js';
import { connectionName } from './connection-name.js';
import { boundOpenCall, isOpenCall } from './open-calls.js';
import type { Offence } from './patience.js';

/** Headers past their bound are refused, call by call; so many times the bound is no mishap any more. */
const GROSS_FACTOR = 4;

/** How often is looked for connections whose HTTP/2 has ended and whose socket has not. */
const LOOK_MS = 1_000;

export interface StreamWatchOptions {
  readonly headerBytesMax: number;
  /** @returns whether the connection of that name is to end. */
  readonly blame: (name: string, offence: Offence) => boolean;
}

/** Watches the streams of every connection that is taken by it. */
export class StreamWatch {
  readonly #options: StreamWatchOptions;
  readonly #sockets = new Map<ServerHttp2Session, Socket>();
  #arriving: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param grpc whose connection injector is there already. @throws TypeError if it shows no session. */
  constructor(grpc: Server, options: StreamWatchOptions) {
    this.#options = options;
    for (const server of http2ServersOf(grpc)) {
      server.on('session', (session) => this.#watch(session));
    }
  }

  /** Hands a socket to the library, which begins its session at once. */
  take(socket: Socket, inject: (socket: Socket) => void): void {
    this.#arriving = socket;
    inject(socket);
    this.#arriving = undefined;
  }

  #watch(session: ServerHttp2Session): void {
    const socket = this.#arriving;
    if (socket === undefined) {
      return;
    }
    this.#sockets.set(session, socket);
    session.once('close', () => this.#sockets.delete(session));
    this.#timer ??= this.#lookLater();
    const { headerBytesMax, blame } = this.#options;
    const name = connectionName(socket);
    const note = (offence: Offence) => {
      if (!session.destroyed && blame(name, offence)) {
        session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
      }
    };
    session.prependListener('stream', (stream, headers) => {
      if (stream.closed || stream.destroyed) {
        // Reset before anybody was told of it. What the library refuses by itself, a method that there is not or
        // another content type, it answers without a look, which would throw, and nobody could catch that.
        stream.respond = () => undefined;
      }
      if (lengthOf(headers) > GROSS_FACTOR * headerBytesMax) {
        note('headers-gross');
      }
      if (isOpenCall(String(headers[constants.HTTP2_HEADER_PATH]))) {
        boundOpenCall(stream, () => note('open-call-too-long'));
      }
      // A reset ends what is read of a stream as well; only that it is closed by then tells the two apart.
      let cameWhole = false;
      stream.once('end', () => {
        cameWhole = !stream.closed;
      });
      stream.once('close', () => {
        // Who has waited for a lock may take that back, as often as it likes.
        if (!cameWhole && stream.rstCode !== constants.NGHTTP2_NO_ERROR) {
          note('call-taken-back');
        }
      });
    });
  }

  #lookLater(): NodeJS.Timeout {
    return setTimeout(() => this.#look(), LOOK_MS).unref();
  }

  /**
   * A session that is destroyed, by keepalive for example, waits for what it was writing before it closes its
   * socket. Under TLS it waits forever if its client reads nothing and vanishes, and so would its locks.
   */
  #look(): void {
    for (const [session, socket] of this.#sockets) {
      if (session.destroyed) {
        this.#sockets.delete(session);
        socket.destroy();
      }
    }
    this.#timer = this.#sockets.size > 0 ? this.#lookLater() : undefined;
  }
}

/**
 * The library keeps its HTTP/2 servers to itself, and offers no other way to see a stream before it does.
 * Should it ever keep them elsewhere, no server starts, which every spec of this folder tells.
 */
function http2ServersOf(grpc: Server): readonly Http2Server[] {
  const servers: unknown = Reflect.get(grpc, 'http2Servers');
  if (!(servers instanceof Map) || servers.size === 0) {
    throw new TypeError('this version of grpc-js keeps its HTTP/2 servers elsewhere');
  }
  return [...servers.keys()] as readonly Http2Server[];
}

function lengthOf(headers: IncomingHttpHeaders): number {
  let length = 0;
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    // Of a field that comes more than once, the values are one text, or a list of them.
    length += typeof value === 'string' ? value.length : (value?.join('').length ?? 0);
  }
  return length;
}
