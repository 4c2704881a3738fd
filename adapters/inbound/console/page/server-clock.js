/** Why: ages and times left go by the server's clock, whatever the browser's says. */

export class ServerClock {
  #ahead = 0;
  /** @type {() => number} */
  #own;

  /** @param {() => number} [own] milliseconds that only grow. */
  constructor(own = () => performance.now()) {
    this.#own = own;
  }

  /** @param {number} now as the server has just said. */
  set(now) {
    this.#ahead = now - this.#own();
  }

  now() {
    return this.#own() + this.#ahead;
  }
}

/**
 * Rounded down, in the two units that say most: `3d4h`, `1h0m`, `2m5s`, `7s`.
 * @param {number} ms
 */
export function shownDuration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (minutes === 0) {
    return `${seconds}s`;
  }
  if (hours === 0) {
    return `${minutes}m${seconds % 60}s`;
  }
  return hours < 24 ? `${hours}h${minutes % 60}m` : `${Math.floor(hours / 24)}d${hours % 24}h`;
}

/**
 * How long until an instant; null is for ever.
 * @param {number | null} at
 * @param {number} now
 */
export function shownUntil(at, now) {
  return at === null ? 'no end' : shownDuration(at - now);
}

/** @param {number} count */
export function shownCount(count) {
  return count.toLocaleString('en');
}
