/** Why: the other end of a session stream, in the spec's hands: it reads, or does not, and goes away as told. */
import { EventEmitter } from 'node:events';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import {
  type ClientFrame,
  emptyClientFrame,
  type ServerFrame,
} from '../../proto/session-frames.js';

/**
 * What the server writes is read at once unless the client `isStalled`. Calls of the library that it
 * stands for: `pause` holds frames back, `end` is status OK, an emitted `error` is another status.
 */
export class ScriptedStream extends EventEmitter {
  readonly frames: ServerFrame[] = [];
  /** The status that it ended with, and what the server said of it. */
  status: { readonly code: number; readonly details: string } | undefined;
  destroyed = false;
  isStalled = false;
  readonly #peer: string;
  readonly #held: ClientFrame[] = [];
  #isPaused = false;
  #unread: (() => void) | undefined;

  constructor(peer = '10.0.0.1:5000') {
    super();
    this.#peer = peer;
    this.on('error', (status: { code: number; details: string }) => {
      this.status = { code: status.code, details: status.details };
    });
  }

  /** As the server sees it. */
  get call(): ServerDuplexStream<ClientFrame, ServerFrame> {
    return this as unknown as ServerDuplexStream<ClientFrame, ServerFrame>;
  }

  /** All that was granted, done, refused and lost, over all frames. */
  get all(): Pick<ServerFrame, 'granted' | 'done' | 'refused' | 'lost' | 'notices'> {
    return {
      granted: this.frames.flatMap((frame) => frame.granted),
      done: this.frames.flatMap((frame) => frame.done),
      refused: this.frames.flatMap((frame) => frame.refused),
      lost: this.frames.flatMap((frame) => frame.lost),
      notices: this.frames.flatMap((frame) => frame.notices),
    };
  }

  send(frame: Partial<ClientFrame> = {}): void {
    const whole = { ...emptyClientFrame(), ...frame };
    if (this.#isPaused) {
      this.#held.push(whole);
    } else {
      this.emit('data', whole);
    }
  }

  /** The connection is gone. */
  break(): void {
    this.destroyed = true;
    this.emit('cancelled');
    this.emit('close');
  }

  /** The client reads again, what was written and what comes. */
  read(): void {
    this.isStalled = false;
    const unread = this.#unread;
    this.#unread = undefined;
    unread?.();
  }

  getPeer(): string {
    return this.#peer;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    for (const frame of this.#held.splice(0)) {
      this.emit('data', frame);
    }
  }

  write(frame: ServerFrame, written: () => void): void {
    this.frames.push(frame);
    if (this.isStalled) {
      this.#unread = written;
    } else {
      setImmediate(written);
    }
  }

  end(): void {
    this.status = { code: 0, details: 'OK' };
  }
}
