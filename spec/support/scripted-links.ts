/** Why: servers in the spec's hands, as a client's engine sees them: each stream hears what the client says and answers as told. */
import { status } from '@grpc/grpc-js';
import type { Link, LinkEnd, LinkListener, OpenLink } from '../../client/link.js';
import {
  type ClientFrame,
  emptyServerFrame,
  type ServerFrame,
  type Welcome,
} from '../../proto/session-frames.js';

export class ScriptedLink implements Link {
  readonly frames: ClientFrame[] = [];
  isCancelled = false;
  #isEnded = false;
  /** Whether frames are taken: the next one is written when the last was. */
  isStalled = false;
  readonly #listener: LinkListener;
  #written: (() => void) | undefined;

  constructor(
    readonly address: string,
    listener: LinkListener,
  ) {
    this.#listener = listener;
  }

  /** Whether neither side has ended it. */
  get isOpen(): boolean {
    return !this.isCancelled && !this.#isEnded;
  }

  /** All that was asked, over all frames. */
  get asked(): Pick<
    ClientFrame,
    'acquires' | 'releases' | 'renewals' | 'checks' | 'withdrawals' | 'heard'
  > {
    return {
      acquires: this.frames.flatMap((frame) => frame.acquires),
      releases: this.frames.flatMap((frame) => frame.releases),
      renewals: this.frames.flatMap((frame) => frame.renewals),
      checks: this.frames.flatMap((frame) => frame.checks),
      withdrawals: this.frames.flatMap((frame) => frame.withdrawals),
      heard: this.frames.flatMap((frame) => frame.heard),
    };
  }

  write(frame: ClientFrame, written: () => void): void {
    this.frames.push(frame);
    if (this.isStalled) {
      this.#written = written;
    } else {
      setImmediate(written);
    }
  }

  cancel(): void {
    this.isCancelled = true;
  }

  /** The client may write again. */
  unstall(): void {
    this.isStalled = false;
    this.#written?.();
    this.#written = undefined;
  }

  /** A frame of the server that has taken all that was sent by now, unless it says otherwise. */
  say(frame: Partial<ServerFrame> = {}): void {
    this.#listener.onFrame({ ...emptyServerFrame(), received: this.frames.length, ...frame });
  }

  welcome(welcome: Partial<Welcome> = {}): void {
    this.say({
      welcome: {
        token: 'token-1',
        resumed: false,
        recoveryWindowMs: 3_000,
        heartbeatMs: 1_000,
        frameRequestsMax: 100,
        sessionRequestsMax: 1_000,
        frameBytesMax: 4_194_304,
        ...welcome,
      },
    });
  }

  end(end: Partial<LinkEnd> = {}): void {
    this.#isEnded = true;
    this.#listener.onEnd({ code: status.UNAVAILABLE, details: 'the connection broke', ...end });
  }
}

export class ScriptedLinks {
  readonly all: ScriptedLink[] = [];

  readonly open: OpenLink = (address, listener) => {
    const link = new ScriptedLink(address, listener);
    this.all.push(link);
    return link;
  };

  get last(): ScriptedLink {
    const link = this.all.at(-1);
    if (link === undefined) {
      throw new Error('no stream was opened');
    }
    return link;
  }
}
