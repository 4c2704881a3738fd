/**
 * Why: the server gives away what a client holds when it has not heard of it for long. This reckons, by the client's own
 * clock, until when the session lives for sure, and sees to it that each side hears of the other.
 */
import type { Timer, Timing } from './timing.js';

/** As many heartbeats may go unanswered. */
const HEARTBEATS_MISSED_MAX = 3;

/** How often the sides hear of each other, and how long the session outlives its stream, as the server says. */
export interface PulseTerms {
  readonly heartbeatMs: number;
  /** 0: not at all. */
  readonly recoveryWindowMs: number;
}

export interface PulseListener {
  /** Nothing was said for a heartbeat: something is to be. */
  onBeat(): void;
  /** The server was silent for too many heartbeats of the stream. */
  onSilence(): void;
  /** From now on the session may be over. */
  onOver(): void;
}

/** Still → beating, with a stream that is welcome → still, when that is over → …; it reckons on all the time. */
export class SessionPulse {
  readonly #timing: Timing;
  readonly #listener: PulseListener;
  #isBeating = false;
  #heartbeatMs = 0;
  #recoveryMs = 0;
  #beganAt = 0;
  /** When the last frame was sent of which the server said that it took it. */
  #contactAt = Number.NEGATIVE_INFINITY;
  #heardAt = 0;
  #saidAt = 0;
  #beatTimer: Timer | undefined;
  #aliveTimer: Timer | undefined;

  constructor(timing: Timing, listener: PulseListener) {
    this.#timing = timing;
    this.#listener = listener;
  }

  /** Until when the session lives for sure, if nothing more is heard. */
  get aliveUntil(): number {
    if (this.#recoveryMs > 0) {
      return this.#contactAt + this.#recoveryMs;
    }
    // It ends with its stream, and that when the server has heard nothing for so long.
    return this.#isBeating
      ? this.#contactAt + HEARTBEATS_MISSED_MAX * this.#heartbeatMs
      : Number.NEGATIVE_INFINITY;
  }

  /** Whether the session outlives its stream. */
  get isRecoverable(): boolean {
    return this.#recoveryMs > 0;
  }

  /** Whether what was heard last was under way for longer than the session lasts, or this program stood still for so long. */
  get isTooLate(): boolean {
    return this.#heardAt >= this.aliveUntil;
  }

  /** Whether the stream lasted, or lasts, for a heartbeat. */
  get hasLasted(): boolean {
    return this.#timing.now() - this.#beganAt >= this.#heartbeatMs;
  }

  /** Still → beating; `watch` is to follow, if there is a session then. */
  begin({ heartbeatMs, recoveryWindowMs }: PulseTerms): void {
    this.#isBeating = true;
    this.#beganAt = this.#timing.now();
    this.#heartbeatMs = heartbeatMs;
    this.#recoveryMs = recoveryWindowMs;
  }

  watch(): void {
    this.#watchAlive();
    this.#watchBeat();
  }

  /** A frame goes out. */
  said(now: number): void {
    this.#saidAt = now;
  }

  /** A frame has come. @param takenSentAt when the last frame of ours was sent that it says was taken; undefined: no more were */
  heard(takenSentAt: number | undefined): void {
    this.#heardAt = this.#timing.now();
    this.#contactAt = takenSentAt ?? this.#contactAt;
  }

  /** Beating → still: the stream is over. */
  stop(): void {
    this.#isBeating = false;
    this.#beatTimer?.cancel();
  }

  close(): void {
    this.stop();
    this.#aliveTimer?.cancel();
  }

  /** Keeps the session in mind of the server, and finds out whether that is still there. */
  #watchBeat(): void {
    this.#beatTimer?.cancel();
    const beatAt = this.#saidAt + this.#heartbeatMs;
    this.#beatTimer = this.#timing.setTimer(Math.max(1, beatAt - this.#timing.now()), () => {
      if (this.#isBeating) {
        this.#beat();
      }
    });
  }

  #beat(): void {
    const now = this.#timing.now();
    if (now - this.#heardAt > HEARTBEATS_MISSED_MAX * this.#heartbeatMs) {
      this.#listener.onSilence();
      return;
    }
    if (now - this.#saidAt >= this.#heartbeatMs) {
      // A frame that does not get through is no sign of life, and another one would not be either.
      this.#saidAt = now;
      this.#listener.onBeat();
    }
    this.#watchBeat();
  }

  /** Gives everything up in time, if the server is not heard of. */
  #watchAlive(): void {
    this.#aliveTimer?.cancel();
    this.#aliveTimer = this.#timing.setTimer(this.aliveUntil - this.#timing.now(), () => {
      if (this.#timing.now() < this.aliveUntil) {
        this.#watchAlive();
      } else {
        this.#listener.onOver();
      }
    });
  }
}
