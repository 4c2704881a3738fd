/** Why: counts that only grow become rates, and rates a short history to look at. */

/**
 * @typedef {object} Stats
 * @property {number} now
 * @property {number} startedAt
 * @property {string} version
 * @property {string} role
 * @property {number} lockCount
 * @property {number} leaseCount
 * @property {number} waiterCount
 * @property {number} sessionCount
 * @property {number} grantCount
 * @property {number} renewalCount
 * @property {Readonly<Record<string, number>>} endCounts
 * @property {number} fencingToken
 */

/** @type {readonly (readonly [label: string, count: (stats: Stats) => number])[]} */
export const RATES = [
  ['Granted', ({ grantCount }) => grantCount],
  ['Renewed', ({ renewalCount }) => renewalCount],
  ['Released', ({ endCounts }) => endCounts.released ?? 0],
  ['Expired', ({ endCounts }) => endCounts.expired ?? 0],
  ['Revoked', ({ endCounts }) => endCounts.revoked ?? 0],
  ['Ended with their session', ({ endCounts }) => endCounts['session-ended'] ?? 0],
];

/** Looks at the server, a second apart: two minutes. */
export const LOOKS_MAX = 120;

export class RateHistory {
  /** @type {Stats | undefined} */
  last;
  /** Of each of RATES, oldest first, a second. @type {number[][]} */
  rates = RATES.map(() => []);

  /** @param {Stats} stats */
  add(stats) {
    const { last } = this;
    this.last = stats;
    // A server that was started anew, or another one, counts anew.
    if (last === undefined || last.startedAt !== stats.startedAt || stats.now <= last.now) {
      return;
    }
    const seconds = (stats.now - last.now) / 1_000;
    for (const [index, [, count]] of RATES.entries()) {
      const rates = this.rates[index] ?? [];
      rates.push(Math.max(0, (count(stats) - count(last)) / seconds));
      rates.splice(0, rates.length - LOOKS_MAX);
    }
  }
}

/** @param {number} rate */
export function shownRate(rate) {
  return rate < 100 ? rate.toFixed(1) : Math.round(rate).toLocaleString('en');
}
