/**
 * Why: servers come and go, and with each of them a stream. Here one is opened after another, to address after
 * address, so that the session need only know what it says and hears.
 */
import { status } from '@grpc/grpc-js';
import type { ClientFrame, ServerFrame } from '../proto/session-frames.js';
import type { LinkEnd, LinkListener, OpenLink } from './link.js';
import { ReconnectDelays } from './reconnect-delays.js';
import { SessionStream } from './session-stream.js';
import type { Timer, Timing } from './timing.js';

export interface ReconnectingStreamOptions {
  /** `host:port` of each server, tried in turn. */
  readonly addresses: readonly string[];
  readonly openLink: OpenLink;
  readonly timing: Timing;
  /** 0 or more and below 1. */
  readonly random: () => number;
  /** How long a server may take to welcome. */
  readonly connectTimeoutMs: number;
}

export type StreamPhase = 'idle' | 'connecting' | 'open' | 'waiting' | 'closed';

/** Who speaks by the streams, and hears what comes by them. */
export interface Speaker {
  /** The first frame of a stream. */
  greeting(): ClientFrame;
  /** Whether there is something to say that does not bear waiting. */
  hasNews(): boolean;
  /** What there is to say, be it nothing. */
  nextFrame(): ClientFrame;
  onFrame(frame: ServerFrame): void;
  /** The stream is over, and had been welcomed or not. Whether another one is tried, `reconnect` or `rest` is to say. */
  onEnd(end: LinkEnd, wasOpen: boolean): void;
}

/**
 * Idle → connecting → open → (broken → waiting → connecting …) → closed. Idle until something is asked, and
 * again after an end that another try would not mend.
 */
export class ReconnectingStream {
  readonly #options: ReconnectingStreamOptions;
  readonly #timing: Timing;
  readonly #speaker: Speaker;
  readonly #delays: ReconnectDelays;
  readonly #listener: LinkListener = {
    onFrame: (frame) => this.#speaker.onFrame(frame),
    onEnd: (end) => this.#ended(end),
  };
  #phase: StreamPhase = 'idle';
  #stream: SessionStream | undefined;
  #address = '';
  /** Whether it will be looked, in this turn of the event loop, what there is to say. */
  #isScheduled = false;
  /** For the end of the wait before a try, or of the try. */
  #connectTimer: Timer | undefined;

  constructor(options: ReconnectingStreamOptions, speaker: Speaker) {
    this.#options = options;
    this.#timing = options.timing;
    this.#speaker = speaker;
    this.#delays = new ReconnectDelays(options.random);
  }

  get phase(): StreamPhase {
    return this.#phase;
  }

  /** Of the stream that there is, or of the last one. */
  get address(): string {
    return this.#address;
  }

  /** Idle, or after the wait → connecting. */
  connect(): void {
    this.#phase = 'connecting';
    const stream = this.#openStream(this.#listener);
    this.#connectTimer = this.#timing.setTimer(this.#options.connectTimeoutMs, () => {
      this.break({ code: status.UNAVAILABLE, details: `${this.#address} did not answer in time` });
    });
    stream.write(this.#speaker.greeting(), this.#writeNews);
  }

  /** Connecting → open: the server has answered the greeting. */
  welcomed(): void {
    this.#connectTimer?.cancel();
    this.#delays.succeeded();
    this.#phase = 'open';
  }

  /** There is something to say: with all else that gathers in this turn of the event loop, as soon as may be. */
  say(): void {
    if (this.#phase === 'open' && !this.#isScheduled && this.#stream?.isWriting === false) {
      this.#isScheduled = true;
      setImmediate(() => {
        this.#isScheduled = false;
        this.#writeNews();
      });
    }
  }

  /** Says at once what there is to say, be it nothing, unless a frame is on its way already. */
  sayAtOnce(): void {
    if (this.#phase === 'open' && this.#stream?.isWriting === false) {
      this.#stream.write(this.#speaker.nextFrame(), this.#writeNews);
    }
  }

  /** We end the stream ourselves. */
  break(end: LinkEnd): void {
    this.#stream?.break(end);
  }

  /** Waiting → connecting, after a while. */
  reconnect(): void {
    const delayMs = this.#delays.next(this.#options.addresses.length);
    this.#connectTimer = this.#timing.setTimer(delayMs, () => this.connect());
  }

  /** Waiting → idle. */
  rest(): void {
    this.#phase = 'idle';
  }

  /** Whatever → closed. A stream that is open may be kept for the last word, which is to follow. */
  close({ keepsOpen }: { readonly keepsOpen: boolean }): void {
    this.#connectTimer?.cancel();
    if (this.#phase !== 'open' || !keepsOpen) {
      this.#stream?.cancel();
      this.#stream = undefined;
    }
    this.#phase = 'closed';
  }

  /** For the last word, after `close`: the stream that was kept, or else one more; from now on it is `listener`'s. */
  openForLastWord(listener: LinkListener): SessionStream {
    if (this.#stream === undefined) {
      return this.#openStream(listener);
    }
    this.#stream.listener = listener;
    return this.#stream;
  }

  /** One more to the same server, that nothing here hears of. */
  openBeside(listener: LinkListener): SessionStream {
    return new SessionStream(this.#options.openLink, this.#address, listener);
  }

  /** To the address whose turn it is. */
  #openStream(listener: LinkListener): SessionStream {
    const { addresses, openLink } = this.#options;
    this.#address = addresses[this.#delays.attemptCount % addresses.length] ?? '';
    const stream = new SessionStream(openLink, this.#address, listener);
    this.#stream = stream;
    return stream;
  }

  readonly #writeNews = (): void => {
    if (this.#phase === 'open' && this.#stream?.isWriting === false && this.#speaker.hasNews()) {
      this.#stream.write(this.#speaker.nextFrame(), this.#writeNews);
    }
  };

  #ended(end: LinkEnd): void {
    this.#stream = undefined;
    this.#connectTimer?.cancel();
    const wasOpen = this.#phase === 'open';
    this.#phase = 'waiting';
    this.#speaker.onEnd(end, wasOpen);
  }
}
