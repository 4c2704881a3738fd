/** Why: one password for all clients, compared so that no answer tells how near a guess came. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../../ports/outbound/clock.js';
import type { Logger } from '../../../ports/outbound/logger.js';

export interface PasswordAdmissionOptions {
  readonly password: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Failure {
  readonly peer: string;
  readonly reason: 'no password' | 'wrong password';
}

/** Whoever guesses at full speed fills no disk: failures are told in a line, then once in this time. */
const LINES_APART_MS = 1_000;

/**
 * Implements the port Admission. Its log is quiet → counting → (a line for those counted → counting)* →
 * quiet, when nobody failed for a while.
 */
export class PasswordAdmission {
  readonly #digest: Buffer;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #isCounting = false;
  #untoldCount = 0;
  #last: Failure = { peer: '', reason: 'no password' };

  constructor({ password, clock, logger }: PasswordAdmissionOptions) {
    this.#digest = digestOf(password);
    this.#clock = clock;
    this.#logger = logger;
  }

  admit(shown: string | undefined, peer: string): 'admitted' | 'missing' | 'wrong' {
    if (shown === undefined) {
      this.#note({ peer, reason: 'no password' });
      return 'missing';
    }
    if (!timingSafeEqual(digestOf(shown), this.#digest)) {
      this.#note({ peer, reason: 'wrong password' });
      return 'wrong';
    }
    return 'admitted';
  }

  #note(failure: Failure): void {
    if (this.#isCounting) {
      this.#untoldCount += 1;
      this.#last = failure;
      return;
    }
    this.#logger.warn('A client was turned away', { ...failure });
    this.#count();
  }

  #count(): void {
    this.#isCounting = true;
    this.#clock.setAlarm(this.#clock.now() + LINES_APART_MS, () => {
      const count = this.#untoldCount;
      this.#isCounting = false;
      this.#untoldCount = 0;
      if (count > 0) {
        this.#logger.warn('More clients were turned away', { count, ...this.#last });
        this.#count();
      }
    });
  }
}

/** Of one length whatever the password's. */
function digestOf(password: string): Buffer {
  return createHash('sha256').update(password, 'utf8').digest();
}
