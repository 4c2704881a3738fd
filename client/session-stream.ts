/** Why: one stream of a session, which carries one frame at a time, and of which nothing is heard once it is over. */
import type { ClientFrame } from '../proto/session-frames.js';
import type { Link, LinkEnd, LinkListener, OpenLink } from './link.js';

/** Open → over: it ended, was broken, or was let go of. */
export class SessionStream {
  /** Who hears of it. Another one does when the client takes its leave. */
  listener: LinkListener;
  readonly #link: Link;
  #isWriting = false;
  #isOver = false;

  constructor(openLink: OpenLink, address: string, listener: LinkListener) {
    this.listener = listener;
    this.#link = openLink(address, {
      onFrame: (frame) => {
        if (!this.#isOver) {
          this.listener.onFrame(frame);
        }
      },
      onEnd: (end) => this.#end(end),
    });
  }

  /** Whether a frame is still on its way out: the next one gathers meanwhile what there is to say. */
  get isWriting(): boolean {
    return this.#isWriting;
  }

  /** `written` is called when the next frame may be written, unless the stream is over by then. */
  write(frame: ClientFrame, written: () => void): void {
    this.#isWriting = true;
    this.#link.write(frame, () => {
      if (!this.#isOver) {
        this.#isWriting = false;
        written();
      }
    });
  }

  /** We end it ourselves, and its listener is told why. */
  break(end: LinkEnd): void {
    this.#end(end);
    this.#link.cancel();
  }

  /** We let go of it, and nobody is told. */
  cancel(): void {
    this.#isOver = true;
    this.#link.cancel();
  }

  #end(end: LinkEnd): void {
    if (!this.#isOver) {
      this.#isOver = true;
      this.listener.onEnd(end);
    }
  }
}
