/** Why: whether the server keeps its promises is seen best by those whom it promised: all clients of one process. */
import type { Lock } from '../ldlm-client.js';

/** A rule that was broken, in a sentence. */
export type Violation = string;

interface Watched {
  readonly size: number;
  readonly holders: Set<Lock>;
  greatestToken: number;
}

/**
 * Told of each grant when it is heard of, and of each release before it is asked for, so that whoever is a holder here may
 * believe in the lock.
 */
export class RuleChecker {
  readonly violations: Violation[] = [];
  readonly #watched = new Map<string, Watched>();

  granted(lock: Lock, size: number): void {
    const watched = this.#watch(lock.name, size);
    watched.holders.add(lock);
    const believers = [...watched.holders].filter(({ isHeld }) => isHeld);
    if (believers.length > size) {
      this.#violated(`${believers.length} hold ${lock.name}, which has ${size} ${slots(size)}`);
    }
    const token = tokenOf(lock);
    if (token === undefined) {
      return;
    }
    // Grants of a lock with one slot are heard of in their order; of others, two may be heard of in either.
    if (size === 1 && token <= watched.greatestToken) {
      this.#violated(`${lock.name} was granted with token ${token} after ${watched.greatestToken}`);
    }
    if (believers.some((other) => other !== lock && tokenOf(other) === token)) {
      this.#violated(`${lock.name} was granted twice with token ${token}`);
    }
    watched.greatestToken = Math.max(watched.greatestToken, token);
  }

  /** It is about to be released, or is lost. */
  left(lock: Lock): void {
    this.#watched.get(lock.name)?.holders.delete(lock);
  }

  #watch(name: string, size: number): Watched {
    let watched = this.#watched.get(name);
    if (watched === undefined) {
      watched = { size, holders: new Set(), greatestToken: 0 };
      this.#watched.set(name, watched);
    }
    return watched;
  }

  #violated(violation: Violation): void {
    this.violations.push(violation);
  }
}

/** undefined from a server of old. */
function tokenOf(lock: Lock): number | undefined {
  try {
    return lock.fencingToken;
  } catch {
    return undefined;
  }
}

function slots(size: number): string {
  return size === 1 ? 'slot' : 'slots';
}
