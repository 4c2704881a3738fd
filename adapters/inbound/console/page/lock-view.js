/** Why: one lock: who holds it, and who waits for it, in the order in which they will be served. */
import { element, fill } from './elements.js';
import { shownText } from './hostile-text.js';
import { shownHolder, shownSession } from './locks-view.js';
import { shownCount, shownDuration, shownUntil } from './server-clock.js';
import { ShownTable } from './shown-table.js';

/** Who comes to wait makes no change that is told of. */
const LOOKS_APART_MS = 2_000;

/** @typedef {import('./lease-list.js').Holder} Holder */
/**
 * @typedef {object} Waiter
 * @property {number} queuedAt
 * @property {number | null} waitsUntil
 * @property {string} sessionId
 * @property {string} session
 * @property {Readonly<Record<string, string>>} [owner]
 * @property {number} place
 */

export class LockView {
  title = 'Lock';
  /** @type {import('./console.js').ConsolePage} */
  #page;
  #name = '';
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** @type {Promise<void> | undefined} */
  #looking;
  #isStale = true;
  #holdersFrom = 0;
  #waitersFrom = 0;
  #heading = element('h2', { tabindex: -1 });
  #facts = element('p', { class: 'count' });
  #problem = element('p', { class: 'problem', role: 'status' });
  /** @type {ShownTable<Holder>} */
  #holders;
  /** @type {ShownTable<Waiter>} */
  #waiters;
  #holderPages = element('div', { class: 'pages' });
  #waiterPages = element('div', { class: 'pages' });
  element;

  /** @param {import('./console.js').ConsolePage} page */
  constructor(page) {
    this.#page = page;
    this.#holders = new ShownTable({
      label: 'Holders',
      empty: 'Nobody holds it.',
      columns: holderColumns(page),
      keyOf: ({ key }) => key,
    });
    this.#waiters = new ShownTable({
      label: 'Waiters, in order',
      empty: 'Nobody waits for it.',
      columns: waiterColumns(page),
      keyOf: ({ sessionId, queuedAt, place }) => `${sessionId} ${queuedAt} ${place}`,
    });
    this.element = element(
      'section',
      {},
      element('p', { class: 'back' }, element('a', { href: '#locks' }, '← All locks')),
      this.#heading,
      this.#facts,
      this.#problem,
      element('h3', {}, 'Holders'),
      this.#holders.element,
      this.#holderPages,
      element('h3', {}, 'Waiting, in order'),
      this.#waiters.element,
      this.#waiterPages,
    );
  }

  /** @param {string} name */
  show(name) {
    this.#name = name;
    this.#holdersFrom = 0;
    this.#waitersFrom = 0;
    fill(this.#heading, shownText(name, 2_000));
    fill(this.#facts);
    this.#holders.show([], 0);
    this.#waiters.show([], 0);
  }

  get question() {
    return { name: this.#name };
  }

  focus() {
    if (!this.#holders.focus()) {
      this.#heading.focus();
    }
    return true;
  }

  focusSearch() {
    this.#page.goTo('#locks');
    this.#page.view.focusSearch();
  }

  leave() {
    this.#page.goTo('#locks');
  }

  hide() {}

  refresh() {
    return this.#look();
  }

  onChanges() {
    this.#isStale = true;
    this.#lookedAt = Math.min(this.#lookedAt, performance.now() - LOOKS_APART_MS + 250);
  }

  onStats() {
    this.#isStale = true;
  }

  /** @param {number} now */
  tick(now) {
    this.#holders.tick(now);
    this.#waiters.tick(now);
    const isDue = performance.now() >= this.#lookedAt + LOOKS_APART_MS;
    if (this.#isStale && isDue && this.#looking === undefined && this.#page.isLive) {
      this.#page.attempt(this.#look());
    }
  }

  /** Rejects with ServerError. */
  async #look() {
    const looking = this.#ask();
    this.#looking = looking;
    try {
      await looking;
    } finally {
      this.#looking = undefined;
      this.#lookedAt = performance.now();
    }
  }

  async #ask() {
    const name = this.#name;
    const question = { name, holdersFrom: this.#holdersFrom, waitersFrom: this.#waitersFrom };
    this.#isStale = false;
    try {
      const answer = await this.#page.ask('lock', question);
      if (name === this.#name) {
        fill(this.#problem);
        this.#show(answer);
      }
    } catch (error) {
      const { code, message } = /** @type {any} */ (error);
      if (code !== 'lock-unknown') {
        throw error;
      }
      fill(this.#problem, message);
      fill(this.#facts);
      this.#holders.show([], 0);
      this.#waiters.show([], 0);
    }
  }

  /** @param {any} answer */
  #show({ lock, holders, waiters, now }) {
    const { size, holderCount, waiterCount, grantCount } = lock;
    fill(
      this.#facts,
      `${shownCount(holderCount)} of ${shownCount(size)} ${size === 1 ? 'slot' : 'slots'} held, ` +
        `${shownCount(waiterCount)} waiting, ${shownCount(grantCount)} ${grantCount === 1 ? 'grant' : 'grants'} so far`,
    );
    this.#holders.show(holders.items, now);
    this.#waiters.show(
      waiters.items.map((/** @type {object} */ waiter, /** @type {number} */ index) => ({
        ...waiter,
        place: waiters.offset + index + 1,
      })),
      now,
    );
    this.#showPages(this.#holderPages, holders, holderCount, (offset) => {
      this.#holdersFrom = offset;
    });
    this.#showPages(this.#waiterPages, waiters, waiterCount, (offset) => {
      this.#waitersFrom = offset;
    });
  }

  /**
   * @param {Element} place
   * @param {{ offset: number, items: readonly unknown[] }} shown
   * @param {number} total
   * @param {(offset: number) => void} go
   */
  #showPages(place, { offset, items }, total, go) {
    const end = offset + items.length;
    const isWhole = offset === 0 && end >= total;
    const turn = (/** @type {number} */ to) => () => {
      go(to);
      this.#page.attempt(this.#look());
    };
    fill(
      place,
      !isWhole &&
        element(
          'p',
          { class: 'count' },
          `${shownCount(offset + 1)}–${shownCount(end)} of ${shownCount(total)}`,
        ),
      offset > 0 && element('button', { type: 'button', onclick: turn(0) }, 'First'),
      end < total && element('button', { type: 'button', onclick: turn(end) }, 'Next'),
    );
  }
}

/** @param {import('./console.js').ConsolePage} page @returns {readonly import('./shown-table.js').Column<Holder>[]} */
function holderColumns(page) {
  return [
    { title: 'Fence', kind: 'number', show: ({ fencingToken }) => String(fencingToken) },
    {
      title: 'Age',
      kind: 'number',
      tick: ({ grantedAt }, now) => shownDuration(now - grantedAt),
    },
    {
      title: 'Left',
      kind: 'number',
      tick: ({ expiresAt }, now) => shownUntil(expiresAt, now),
    },
    { title: 'Holder', kind: 'wide', show: (holder) => shownHolder(holder) },
    { title: 'Session', kind: 'wide', show: (holder) => sessionLink(page, holder) },
    { title: 'Key', kind: 'key', show: ({ key }) => `${key.slice(0, 8)}…` },
    {
      title: '',
      kind: 'action',
      act: { verb: 'Revoke', isPossible: () => true, perform: (holder) => page.revoke(holder) },
    },
  ];
}

/** @param {import('./console.js').ConsolePage} page @returns {readonly import('./shown-table.js').Column<Waiter>[]} */
function waiterColumns(page) {
  return [
    { title: '#', kind: 'number', show: ({ place }) => shownCount(place) },
    {
      title: 'Waits since',
      kind: 'number',
      tick: ({ queuedAt }, now) => shownDuration(now - queuedAt),
    },
    {
      title: 'Gives up in',
      kind: 'number',
      tick: ({ waitsUntil }, now) =>
        waitsUntil === null ? 'never' : shownDuration(waitsUntil - now),
    },
    {
      title: 'Who',
      kind: 'wide',
      show: ({ owner, session }) => shownHolder(/** @type {any} */ ({ owner, session })),
    },
    { title: 'Session', kind: 'wide', show: (waiter) => sessionLink(page, waiter) },
  ];
}

/**
 * @param {import('./console.js').ConsolePage} page
 * @param {{ sessionId?: string, session?: string }} of
 */
function sessionLink(page, { sessionId, session }) {
  return sessionId === undefined
    ? shownSession(session)
    : element(
        'a',
        {
          href: '#sessions',
          tabindex: -1,
          onclick: (event) => {
            event.preventDefault();
            page.openSession(sessionId);
          },
        },
        shownText(session ?? sessionId),
      );
}
