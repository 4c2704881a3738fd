/** Why: how busy the server is, over the last two minutes, and with which locks. */
import { drawing, element, fill } from './elements.js';
import { shownText } from './hostile-text.js';
import { LOOKS_MAX, RATES, shownRate } from './rate-history.js';
import { shownCount } from './server-clock.js';
import { ShownTable } from './shown-table.js';

const LOOKS_APART_MS = 5_000;
const LOOKS_APART_TIMES = 20;

const WIDTH = 240;
const HEIGHT = 48;

/**
 * @typedef {object} BusyLock
 * @property {string} name
 * @property {number} size
 * @property {number} holderCount
 * @property {number} waiterCount
 * @property {number} grantCount
 * @property {number} [grantsPerSecond]
 */

export class RatesView {
  title = 'Rates';
  /** @type {import('./console.js').ConsolePage} */
  #page;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #lookMs = 0;
  #isLooking = false;
  /** @type {{ now: number, grants: Map<string, number> }} */
  #before = { now: 0, grants: new Map() };
  #charts = RATES.map(([label]) => {
    const value = element('strong');
    const line = drawing('polyline', { class: 'line' });
    const top = element('span', { class: 'top' });
    const chart = drawing(
      'svg',
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
      line,
    );
    return {
      value,
      line,
      top,
      element: element(
        'figure',
        {},
        element('figcaption', {}, element('span', { class: 'label' }, label), value),
        chart,
        top,
      ),
    };
  });
  /** @type {ShownTable<BusyLock>} */
  #table;
  element;

  /** @param {import('./console.js').ConsolePage} page */
  constructor(page) {
    this.#page = page;
    this.#table = new ShownTable({
      label: 'Busiest locks',
      empty: 'No lock is known.',
      columns,
      keyOf: ({ name }) => name,
      open: ({ name }) => page.openLock(name),
    });
    this.element = element(
      'section',
      {},
      element('h2', {}, 'A second, over the last two minutes'),
      element('div', { class: 'charts' }, ...this.#charts.map((chart) => chart.element)),
      element('h2', {}, 'Busiest locks'),
      this.#table.element,
    );
  }

  get question() {
    return { changes: 'none' };
  }

  focus() {
    return this.#table.focus();
  }

  focusSearch() {
    this.#page.goTo('#locks');
    this.#page.view.focusSearch();
  }

  leave() {}

  hide() {}

  onChanges() {}

  onStats() {
    for (const [index, { value, line, top }] of this.#charts.entries()) {
      const rates = this.#page.history.rates[index] ?? [];
      const last = rates.at(-1);
      const max = Math.max(1, ...rates);
      fill(value, last === undefined ? '–' : shownRate(last));
      fill(top, `highest: ${rates.length === 0 ? '–' : shownRate(Math.max(...rates))}`);
      line.setAttribute('points', pointsOf(rates, max));
    }
  }

  async refresh() {
    this.onStats();
    await this.#look();
  }

  tick() {
    const apartMs = Math.max(LOOKS_APART_MS, LOOKS_APART_TIMES * this.#lookMs);
    if (!this.#isLooking && performance.now() >= this.#lookedAt + apartMs && this.#page.isLive) {
      this.#page.attempt(this.#look());
    }
  }

  /** Rejects with ServerError. */
  async #look() {
    this.#isLooking = true;
    const began = performance.now();
    try {
      /** @type {{ locks: readonly BusyLock[], now: number }} */
      const { locks, now } = await this.#page.ask('busiest');
      const { now: before, grants } = this.#before;
      this.#table.show(
        locks.map((lock) => {
          const known = grants.get(lock.name);
          const isComparable = known !== undefined && known <= lock.grantCount && now > before;
          return isComparable
            ? { ...lock, grantsPerSecond: ((lock.grantCount - known) * 1_000) / (now - before) }
            : lock;
        }),
        now,
      );
      this.#before = { now, grants: new Map(locks.map((lock) => [lock.name, lock.grantCount])) };
    } finally {
      this.#isLooking = false;
      this.#lookedAt = performance.now();
      this.#lookMs = this.#lookedAt - began;
    }
  }
}

/** From the right, where now is. @param {readonly number[]} rates @param {number} max */
function pointsOf(rates, max) {
  const step = WIDTH / (LOOKS_MAX - 1);
  return rates
    .map((rate, index) => {
      const x = WIDTH - (rates.length - 1 - index) * step;
      return `${x.toFixed(1)},${(HEIGHT - 1 - (rate / max) * (HEIGHT - 3)).toFixed(1)}`;
    })
    .join(' ');
}

/** @type {readonly import('./shown-table.js').Column<BusyLock>[]} */
const columns = [
  { title: 'Lock', kind: 'name', show: ({ name }) => shownText(name) },
  { title: 'Waiting', kind: 'number', show: ({ waiterCount }) => shownCount(waiterCount) },
  {
    title: 'Held',
    kind: 'number',
    show: ({ holderCount, size }) => `${shownCount(holderCount)} of ${shownCount(size)}`,
  },
  { title: 'Granted', kind: 'number', show: ({ grantCount }) => shownCount(grantCount) },
  {
    title: 'Granted a second',
    kind: 'number',
    show: ({ grantsPerSecond: rate }) => (rate === undefined ? '–' : shownRate(rate)),
  },
];
