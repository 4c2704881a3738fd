/** Why: while no server is reached, whoever asked must not wait for ever: each request is tried for so long, and then its asker is told. */
import { UnavailableError } from './ldlm-error.js';
import type { RequestBook } from './request-book.js';
import type { Timer, Timing } from './timing.js';

export interface OverdueRequestsOptions {
  readonly timing: Timing;
  readonly book: RequestBook;
  /** How long a request goes on being tried while no server is reached. */
  readonly unavailableTimeoutMs: number;
}

/** At rest → watching, while no server is reached and something is asked → at rest. */
export class OverdueRequests {
  /** What became of the last try, in the words that askers are told. */
  lastFailure = 'none has answered yet';
  readonly #options: OverdueRequestsOptions;
  /** Since when no server is reached. */
  #awaySince: number;
  #timer: Timer | undefined;

  constructor(options: OverdueRequestsOptions) {
    this.#options = options;
    this.#awaySince = options.timing.now();
  }

  /** From now on no server is reached. */
  begin(): void {
    this.#awaySince = this.#options.timing.now();
  }

  /** To be called while no server is reached, whenever something is asked. */
  watch(delayMs = this.#options.unavailableTimeoutMs): void {
    this.#timer ??= this.#options.timing.setTimer(delayMs, () => {
      this.#timer = undefined;
      this.#failOverdue();
    });
  }

  /** A server is reached. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** No more is tried: whoever waits is told, overdue or not. */
  failAll(reason: Error): void {
    this.stop();
    const { book } = this.#options;
    for (const request of book.unanswered) {
      if (request.kind === 'acquire') {
        book.withdraw(request);
      } else if (request.kind !== 'release') {
        // A release is still to be made if the session is come back to.
        book.drop(request);
      }
      request.fail(reason);
    }
  }

  #failOverdue(): void {
    const { timing, book, unavailableTimeoutMs } = this.#options;
    const now = timing.now();
    let nextAt = Number.POSITIVE_INFINITY;
    for (const request of book.unanswered) {
      const overdueAt = Math.max(request.askedAt, this.#awaySince) + unavailableTimeoutMs;
      if (now < overdueAt) {
        nextAt = Math.min(nextAt, overdueAt);
      } else if (request.kind === 'acquire') {
        book.withdraw(request);
        request.fail(new UnavailableError(this.lastFailure));
      } else if (!request.isPatient) {
        // Whoever asked is told; a release is still to be made when a server is there again.
        if (request.kind === 'renew') {
          book.drop(request);
        }
        request.fail(new UnavailableError(this.lastFailure));
      }
    }
    if (nextAt < Number.POSITIVE_INFINITY) {
      this.watch(nextAt - now);
    }
  }
}
