/**
 * Why: knows the connections that are open, and which requests of each are owed an answer, which
 * the HTTP library tells nobody.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Who sends more without reading an answer is cut: answers go out in order, so they would only
 * gather.
 */
const OWED_PER_CONNECTION_MAX = 100;

export class RestConnections {
  /** The requests of each connection that are under way, in their order, with their answers. */
  readonly #owed = new Map<Socket, Map<IncomingMessage, ServerResponse>>();
  /** What TLS is to run over, by both of its ends, until the two sides have come to terms. */
  readonly #carriers = new Map<string, Socket>();

  get count(): number {
    return this.#owed.size;
  }

  /** Requests come by another socket with the same ends, which is added once there is one. */
  addCarrier(socket: Socket): void {
    const ends = endsOf(socket);
    this.#carriers.set(ends, socket);
    socket.once('close', () => {
      // A client that was reset may have come back by the same port meanwhile.
      if (this.#carriers.get(ends) === socket) {
        this.#carriers.delete(ends);
      }
    });
  }

  add(socket: Socket): void {
    this.#carriers.delete(endsOf(socket));
    this.#owed.set(socket, new Map());
    // Each request that is under way may listen for its end.
    socket.setMaxListeners(OWED_PER_CONNECTION_MAX + 10);
    socket.once('close', () => this.#owed.delete(socket));
  }

  /** @returns whether the request may go on; its connection has been cut if not. */
  begin(request: IncomingMessage, response: ServerResponse): boolean {
    const owed = this.#owed.get(request.socket);
    if (
      owed === undefined ||
      owed.size === OWED_PER_CONNECTION_MAX ||
      isDeaf(request.socket, owed)
    ) {
      request.socket.destroy();
      return false;
    }
    owed.set(request, response);
    response.once('close', () => owed.delete(request));
    return true;
  }

  /** Whether what is sent next would not be taken for the answer to a request that has come whole. */
  isFree(socket: Socket): boolean {
    const owed = this.#owed.get(socket);
    return owed !== undefined && ![...owed.keys()].some((request) => request.complete);
  }

  /** Cuts those that are owed nothing. */
  destroyIdle(): void {
    this.#destroyCarriers();
    for (const [socket, owed] of this.#owed) {
      if (owed.size === 0) {
        socket.destroy();
      }
    }
  }

  destroyAll(): void {
    this.#destroyCarriers();
    for (const socket of this.#owed.keys()) {
      socket.destroy();
    }
  }

  #destroyCarriers(): void {
    for (const socket of this.#carriers.values()) {
      socket.destroy();
    }
  }
}

function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress}:${remotePort} to ${localAddress}:${localPort}`;
}

/**
 * Node does not read on where many bytes of answers queue, and so hears of no hang-up. Where they
 * queue behind a request that waits, that may be for ever.
 */
function isDeaf(socket: Socket, owed: ReadonlyMap<IncomingMessage, ServerResponse>): boolean {
  const [first] = owed.values();
  return socket.isPaused() && first?.writableEnded === false;
}
