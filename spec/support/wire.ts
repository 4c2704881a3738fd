/**
 * Why: client and server of the session stream in one process and on one clock, joined by wires that the spec holds
 * and cuts. What goes over them is turned into bytes and back.
 */
import { status } from '@grpc/grpc-js';
import type { Link, LinkEnd, LinkListener, OpenLink } from '../../client/link.js';
import {
  type ClientFrame,
  decodeClientFrame,
  decodeServerFrame,
  encodeClientFrame,
  encodeServerFrame,
  type ServerFrame,
} from '../../proto/session-frames.js';
import { ScriptedStream } from './scripted-stream.js';
import type { StreamWorld } from './stream-world.js';

class WiredStream extends ScriptedStream {
  onWritten: (frame: ServerFrame) => void = () => undefined;
  onEnded: (end: LinkEnd) => void = () => undefined;

  constructor(peer: string) {
    super(peer);
    this.on('error', (end: LinkEnd) => this.onEnded(end));
  }

  override write(frame: ServerFrame, written: () => void): void {
    this.onWritten(frame);
    super.write(frame, written);
  }

  override end(): void {
    super.end();
    this.onEnded({ code: status.OK, details: '' });
  }
}

/** What is under way on it comes in order, each part in a turn of its own, unless it is held. */
class Wire implements Link {
  readonly #stream: WiredStream;
  readonly #listener: LinkListener;
  readonly #wires: Wires;
  readonly #toServer: (() => void)[] = [];
  readonly #toClient: (() => void)[] = [];
  #isCut = false;

  constructor(wires: Wires, stream: WiredStream, listener: LinkListener) {
    this.#wires = wires;
    this.#stream = stream;
    this.#listener = listener;
    stream.onWritten = (frame) => {
      const bytes = encodeServerFrame(frame);
      this.#send(this.#toClient, () => listener.onFrame(decodeServerFrame(bytes)));
    };
    stream.onEnded = (end) => this.#send(this.#toClient, () => this.#end(end));
  }

  write(frame: ClientFrame, written: () => void): void {
    const bytes = encodeClientFrame(frame);
    this.#send(this.#toServer, () => this.#stream.send(decodeClientFrame(bytes)));
    setImmediate(written);
  }

  cancel(): void {
    if (!this.#isCut) {
      setImmediate(() => this.#end({ code: status.CANCELLED, details: 'cancelled' }));
    }
  }

  cut(): void {
    this.#end({ code: status.UNAVAILABLE, details: 'the connection broke' });
  }

  flow(): void {
    for (const _ of this.#toServer) {
      this.#schedule(this.#toServer);
    }
    for (const _ of this.#toClient) {
      this.#schedule(this.#toClient);
    }
  }

  #send(queue: (() => void)[], deliver: () => void): void {
    queue.push(deliver);
    this.#schedule(queue);
  }

  #schedule(queue: (() => void)[]): void {
    setImmediate(() => {
      const isHeld =
        queue === this.#toServer ? this.#wires.holdsRequests : this.#wires.holdsAnswers;
      if (!isHeld && !this.#isCut) {
        queue.shift()?.();
      }
    });
  }

  #end(end: LinkEnd): void {
    if (!this.#isCut) {
      this.#isCut = true;
      this.#stream.break();
      this.#listener.onEnd(end);
    }
  }
}

/** Those of one client. */
export class Wires {
  holdsRequests = false;
  holdsAnswers = false;
  readonly #world: StreamWorld;
  readonly #all: Wire[] = [];

  constructor(world: StreamWorld) {
    this.#world = world;
  }

  readonly open: OpenLink = (address, listener) => {
    const stream = new WiredStream(`${address} ${this.#all.length}`);
    const wire = new Wire(this, stream, listener);
    this.#all.push(wire);
    this.#world.sessions.serve(stream.call);
    return wire;
  };

  /** What was held comes, and what is to come. */
  flow(): void {
    this.holdsRequests = false;
    this.holdsAnswers = false;
    for (const wire of this.#all) {
      wire.flow();
    }
  }

  /** What is under way is lost, and both sides know at once. */
  cut(): void {
    for (const wire of this.#all) {
      wire.cut();
    }
  }
}
