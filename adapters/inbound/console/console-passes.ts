/**
 * Why: who has shown the password once goes on by a token that only the page of that browser tab has: no cookie, so
 * that no other page can act in its name.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { ConsoleTiming } from './console-timing.js';

/** Of random bits, the same as of a key of AES. */
const TOKEN_BYTES = 32;

export interface PassBounds {
  /** With one more, the one that was shown least recently is over. */
  readonly countMax: number;
  /** Since it was shown last. */
  readonly idleMs: number;
  /** Since it was given, whatever happens. */
  readonly lifeMs: number;
}

export const PASS_BOUNDS: PassBounds = {
  countMax: 64,
  idleMs: 30 * 60_000,
  lifeMs: 12 * 60 * 60_000,
};

interface Pass {
  readonly givenAt: number;
  readonly shownAt: number;
}

/** Of each token a digest is kept, so that nothing read from this process's memory opens the console. */
export class ConsolePasses {
  readonly #timing: ConsoleTiming;
  readonly #bounds: PassBounds;
  /** By digest; who was shown least recently comes first. */
  readonly #passes = new Map<string, Pass>();

  constructor(timing: ConsoleTiming, bounds: PassBounds = PASS_BOUNDS) {
    this.#timing = timing;
    this.#bounds = bounds;
  }

  /** @returns a token of 43 characters. */
  give(): string {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const now = this.#timing.now();
    for (const [digest] of this.#passes) {
      if (this.#passes.size < this.#bounds.countMax) {
        break;
      }
      this.#passes.delete(digest);
    }
    this.#passes.set(digestOf(token), { givenAt: now, shownAt: now });
    return token;
  }

  /** Whether the token is good; if so, its idle time begins anew. */
  show(token: string): boolean {
    const digest = digestOf(token);
    const pass = this.#passes.get(digest);
    this.#passes.delete(digest);
    const now = this.#timing.now();
    const { idleMs, lifeMs } = this.#bounds;
    if (pass === undefined || now >= pass.shownAt + idleMs || now >= pass.givenAt + lifeMs) {
      return false;
    }
    this.#passes.set(digest, { ...pass, shownAt: now });
    return true;
  }

  takeBack(token: string): void {
    this.#passes.delete(digestOf(token));
  }
}

function digestOf(token: string): string {
  return createHash('sha256').update(token, 'utf8').digest('base64');
}
