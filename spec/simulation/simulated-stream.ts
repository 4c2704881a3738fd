/** Why: a session stream of the real client's engine to the real server's sessions, over a connection of the simulation, in bytes. */
import { EventEmitter } from 'node:events';
import { type ServerDuplexStream, status } from '@grpc/grpc-js';
import type { Link, LinkEnd, LinkListener } from '../../client/link.js';
import {
  type ClientFrame,
  decodeClientFrame,
  decodeServerFrame,
  encodeClientFrame,
  encodeServerFrame,
  type ServerFrame,
} from '../../proto/session-frames.js';
import type { Connection } from './simulated-network.js';

/** Frames under way after which the sender is held up, as by a window of HTTP/2. */
const WINDOW_FRAMES = 3;

/** The client's end. Open → ended. */
export class SimulatedLink implements Link {
  readonly #connection: Connection;
  readonly #listener: LinkListener;
  #isEnded = false;
  #unreadCount = 0;
  #onRoom: (() => void) | undefined;
  /** The server's end; undefined until the connection has reached it. */
  #stream: SimulatedStream | undefined;

  constructor(
    connection: Connection,
    listener: LinkListener,
    accept: (connection: Connection) => SimulatedStream | undefined,
  ) {
    this.#connection = connection;
    this.#listener = listener;
    connection.onClientEnd = () =>
      this.end({ code: status.UNAVAILABLE, details: 'the connection broke' });
    connection.toServer.send(() => {
      this.#stream = accept(connection);
      this.#stream?.join(this);
    });
  }

  write(frame: ClientFrame, written: () => void): void {
    const bytes = encodeClientFrame(frame);
    this.#unreadCount += 1;
    this.#connection.toServer.send(() => {
      this.#stream?.send(decodeClientFrame(bytes), () => this.#read());
    });
    if (this.#unreadCount < WINDOW_FRAMES) {
      setImmediate(written);
    } else {
      this.#onRoom = written;
    }
  }

  cancel(): void {
    if (!this.#isEnded) {
      this.#connection.endByClient();
      setImmediate(() => this.end({ code: status.CANCELLED, details: 'cancelled' }));
    }
  }

  take(bytes: Buffer): void {
    if (!this.#isEnded) {
      this.#listener.onFrame(decodeServerFrame(bytes));
    }
  }

  end(end: LinkEnd): void {
    if (!this.#isEnded) {
      this.#isEnded = true;
      this.#listener.onEnd(end);
    }
  }

  #read(): void {
    this.#unreadCount -= 1;
    const onRoom = this.#onRoom;
    this.#onRoom = undefined;
    onRoom?.();
  }
}

/**
 * The server's end, with what the sessions use of the library's call: `pause` holds frames back, `end` is
 * status OK, an emitted `error` is another status.
 */
export class SimulatedStream extends EventEmitter {
  destroyed = false;
  readonly #connection: Connection;
  readonly #peer: string;
  #link: SimulatedLink | undefined;
  #isPaused = false;
  #isEnded = false;
  #held: (() => void)[] = [];
  #unreadCount = 0;
  #onRoom: (() => void) | undefined;

  constructor(connection: Connection, peer: string) {
    super();
    this.#connection = connection;
    this.#peer = peer;
    this.on('error', (end: LinkEnd) => this.#finish(end));
  }

  /** As the server sees it. */
  get call(): ServerDuplexStream<ClientFrame, ServerFrame> {
    return this as unknown as ServerDuplexStream<ClientFrame, ServerFrame>;
  }

  join(link: SimulatedLink): void {
    this.#link = link;
  }

  /** A frame has come; `read` is called when it is taken. */
  send(frame: ClientFrame, read: () => void): void {
    const take = () => {
      if (!this.destroyed) {
        this.emit('data', frame);
        read();
      }
    };
    if (this.#isPaused) {
      this.#held.push(take);
    } else {
      take();
    }
  }

  /** The connection is over for the server. */
  break(): void {
    if (!this.destroyed) {
      this.destroyed = true;
      this.emit('cancelled');
      this.emit('close');
    }
  }

  getPeer(): string {
    return this.#peer;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    for (const take of this.#held.splice(0)) {
      take();
    }
  }

  write(frame: ServerFrame, written: () => void): void {
    const bytes = encodeServerFrame(frame);
    this.#unreadCount += 1;
    this.#connection.toClient.send(() => {
      this.#unreadCount -= 1;
      this.#link?.take(bytes);
      const onRoom = this.#onRoom;
      this.#onRoom = undefined;
      onRoom?.();
    });
    if (this.#unreadCount < WINDOW_FRAMES) {
      setImmediate(written);
    } else {
      this.#onRoom = written;
    }
  }

  end(): void {
    this.#finish({ code: status.OK, details: '' });
  }

  #finish(end: LinkEnd): void {
    if (this.#isEnded || this.destroyed) {
      return;
    }
    this.#isEnded = true;
    this.#connection.toClient.send(() => {
      this.#link?.end(end);
      this.#connection.endByClient();
    });
  }
}
