/** Why: a page of leases stays true between two looks at the server by what it hears of changes. */

/**
 * @typedef {object} Holder
 * @property {string} name
 * @property {number} size
 * @property {string} key
 * @property {number} fencingToken
 * @property {number} grantedAt
 * @property {number | null} expiresAt null: for ever
 * @property {string} [sessionId]
 * @property {string} [session]
 * @property {Readonly<Record<string, string>>} [owner]
 * @property {number} waiterCount
 *
 * @typedef {object} Row
 * @property {Holder} holder
 * @property {'held' | 'new' | 'ended'} state
 * @property {string} [reason] why it ended
 * @property {number} changedAt
 *
 * @typedef {object} Change
 * @property {'granted' | 'renewed' | 'ended'} kind
 * @property {Holder} holder
 * @property {string} [reason]
 *
 * @typedef {object} News
 * @property {number} now
 * @property {boolean} isGap
 * @property {readonly Change[]} changes
 * @property {number} passedCount
 */

export const PAGE_LENGTH = 200;

/** How long a row stays to be seen that is over, or is marked as new. */
const SHOWN_MS = 3_000;

export class LeaseList {
  /** @type {readonly Row[]} */
  rows = [];
  total = 0;
  offset = 0;
  /** Whether only the server can tell how the page goes on. */
  isStale = true;
  /** Whether new leases belong at the top. */
  #isNewestFirst = false;

  /**
   * @param {{ items: readonly Holder[], total: number, offset: number, now: number }} page
   * @param {boolean} isNewestFirst
   */
  load({ items, total, offset, now }, isNewestFirst) {
    const before = new Map(this.rows.map((row) => [row.holder.key, row]));
    this.rows = items.map((holder) => {
      const known = before.get(holder.key);
      return known?.state === 'new'
        ? { ...known, holder }
        : { holder, state: 'held', changedAt: now };
    });
    this.total = total;
    this.offset = offset;
    this.isStale = false;
    this.#isNewestFirst = isNewestFirst;
  }

  /** @param {News} news */
  apply({ now, isGap, changes }) {
    this.isStale ||= isGap;
    const rows = [...this.rows];
    const places = new Map(rows.map((row, index) => [row.holder.key, index]));
    /** @type {Row[]} */
    const newest = [];
    for (const { kind, holder, reason } of changes) {
      const place = places.get(holder.key);
      const row = place === undefined ? undefined : rows[place];
      if (kind === 'ended') {
        this.total = Math.max(0, this.total - 1);
        if (place !== undefined && row !== undefined) {
          rows[place] = {
            holder: row.holder,
            state: 'ended',
            changedAt: now,
            ...(reason !== undefined && { reason }),
          };
        }
      } else if (place !== undefined && row !== undefined) {
        rows[place] = { ...row, holder };
      } else if (kind === 'granted') {
        this.total += 1;
        if (this.#isNewestFirst && this.offset === 0) {
          newest.unshift({ holder, state: 'new', changedAt: now });
        } else {
          this.isStale = true;
        }
      }
    }
    this.rows = [...newest, ...rows].slice(0, PAGE_LENGTH);
  }

  /**
   * Takes out what is over, and marks nothing as new for long.
   * @param {number} now
   * @returns {boolean} whether anything changed.
   */
  sweep(now) {
    const due = this.rows.filter(
      ({ state, changedAt }) => state !== 'held' && now >= changedAt + SHOWN_MS,
    );
    if (due.length === 0) {
      return false;
    }
    this.rows = this.rows.flatMap((row) =>
      !due.includes(row) ? [row] : row.state === 'ended' ? [] : [{ ...row, state: 'held' }],
    );
    // There are others to move up, which only the server knows.
    this.isStale ||= this.total > this.offset + this.rows.length && this.rows.length < PAGE_LENGTH;
    return true;
  }
}
