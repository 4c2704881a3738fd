/**
 * Why: a session of plain HTTP is a secret that its client shows; this knows whose it is, and not
 * the secret itself.
 */
import { hash, randomBytes } from 'node:crypto';
import type { Refused } from '../../../domain/refusal.js';
import type { Locking } from '../../../ports/inbound/locking.js';
import { keptAnswer } from './kept-answer.js';

/** 128 bits: 32 characters, as existing clients know them. */
const TOKEN_BYTES = 16;

/**
 * How many that may have ended are looked at when one opens: more than one, so that they become
 * fewer.
 */
const CHECKED_PER_OPENING = 2;

export interface RestSessionsOptions {
  readonly locking: Locking;
  readonly idleMs: number;
  /** Milliseconds of a clock that only goes on. */
  readonly now: () => number;
}

export type OpenedSession = { readonly kind: 'opened'; readonly token: string } | Refused;

interface KnownSession {
  readonly sessionId: string;
  shownAt: number;
}

/**
 * Sessions live and end in the domain, which tells nobody. What is known of an ended one is
 * forgotten when its token is shown again or, as others open, some time after its idle time: never
 * more are kept than once were within one idle time.
 */
export class RestSessions {
  readonly #options: RestSessionsOptions;
  /**
   * By the token's SHA-256, so that a look-up takes no time that tells of a token; longest unseen
   * first.
   */
  readonly #known = new Map<string, KnownSession>();

  constructor(options: RestSessionsOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#known.size;
  }

  open(peer: string): OpenedSession {
    this.#forgetEnded();
    const { locking, idleMs, now } = this.#options;
    const opened = locking.openSession({ kind: 'rest', peer, idleMs });
    if (opened.kind === 'refused') {
      return opened;
    }
    const token = randomBytes(TOKEN_BYTES).toString('hex');
    this.#known.set(hashOf(token), { sessionId: opened.sessionId, shownAt: now() });
    return { kind: 'opened', token };
  }

  /**
   * Its client is still there. @returns the session's id, or undefined if it has ended or never
   * was.
   */
  touch(token: string): string | undefined {
    const tokenHash = hashOf(token);
    const known = this.#known.get(tokenHash);
    return known !== undefined && this.#touch(tokenHash, known) ? known.sessionId : undefined;
  }

  /** Ends it. `stays`: the server has stopped and ends none. Rejects with StateUnknownError. */
  async close(token: string): Promise<'closed' | 'unknown' | 'stays'> {
    const sessionId = this.touch(token);
    if (sessionId === undefined) {
      return 'unknown';
    }
    if (await keptAnswer(this.#options.locking.endSession(sessionId, 'closed'))) {
      this.#known.delete(hashOf(token));
      return 'closed';
    }
    return this.touch(token) === undefined ? 'unknown' : 'stays';
  }

  #touch(tokenHash: string, known: KnownSession): boolean {
    this.#known.delete(tokenHash);
    const isAlive = this.#options.locking.touchSession(known.sessionId);
    if (isAlive) {
      known.shownAt = this.#options.now();
      this.#known.set(tokenHash, known);
    }
    return isAlive;
  }

  #forgetEnded(): void {
    const { idleMs, now } = this.#options;
    const endedBefore = now() - idleMs;
    let checkedCount = 0;
    for (const [tokenHash, known] of this.#known) {
      if (checkedCount === CHECKED_PER_OPENING || known.shownAt > endedBefore) {
        return;
      }
      checkedCount += 1;
      // One that lives waits for a lock, and would not end now either.
      this.#touch(tokenHash, known);
    }
  }
}

function hashOf(token: string): string {
  return hash('sha256', token, 'base64');
}
