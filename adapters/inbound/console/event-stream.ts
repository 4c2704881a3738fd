/**
 * Why: an answer that goes on: server-sent events (HTML, section 9.2), to a reader who may be slow, for which nothing gathers
 * here, or gone, or never there.
 */
import type { ServerResponse } from 'node:http';
import type { ConsoleTiming } from './console-timing.js';

/** Who takes nothing of what was sent for so long is cut. */
const STALL_MS = 10_000;

/** Open → ended. */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #timing: ConsoleTiming;
  #stall: { cancel(): void } | undefined;
  /** Resolves when it is ended, by whomever. */
  readonly ended: Promise<void>;

  constructor(response: ServerResponse, timing: ConsoleTiming) {
    this.#response = response;
    this.#timing = timing;
    this.ended = new Promise((resolve) => {
      response.once('close', () => {
        this.#stall?.cancel();
        resolve();
      });
      // Who was gone before is told of by no event.
      if (response.destroyed || response.socket === null) {
        resolve();
      }
    });
    // The bound on silence at this address is for answers that end: this one looks after itself.
    response.socket?.setTimeout(0);
    response.shouldKeepAlive = false;
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      // Asks nginx to pass events on as they come.
      'X-Accel-Buffering': 'no',
    });
    response.flushHeaders();
    response.on('drain', () => {
      this.#stall?.cancel();
      this.#stall = undefined;
    });
  }

  /** Whether what is told now would go on its way, rather than gather. */
  get isTaking(): boolean {
    return this.#stall === undefined && !this.#response.writableEnded && !this.#response.destroyed;
  }

  /** `data` becomes JSON, which has no line ends; unless the reader is behind. */
  tell(event: string, data: object): void {
    if (this.isTaking && !this.#response.write(framed(event, data))) {
      this.#stall = this.#timing.setAlarm(this.#timing.now() + STALL_MS, () =>
        this.#response.destroy(),
      );
    }
  }

  /** With a last word, for a reader who is not behind; one who is gets the time that a stall may take. */
  end(event: string, data: object): void {
    if (!this.#response.writableEnded) {
      this.#response.end(framed(event, data));
    }
  }
}

function framed(event: string, data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
