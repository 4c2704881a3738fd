/** Why: which clients are there, what each holds and waits for, and the way to end one. */
import { element, fill } from './elements.js';
import { shownOwner, shownText } from './hostile-text.js';
import { PAGE_LENGTH } from './lease-list.js';
import { searchForm } from './search-form.js';
import { shownCount, shownDuration } from './server-clock.js';
import { ShownTable } from './shown-table.js';

const LOOKS_APART_MS = 3_000;
const LOOKS_APART_TIMES = 20;
const TYPING_MS = 200;

/**
 * @typedef {object} Session
 * @property {string} sessionId
 * @property {string} kind
 * @property {string} [peer]
 * @property {number} openedAt
 * @property {number | null} endsAt
 * @property {number} leaseCount
 * @property {number} waiterCount
 * @property {Readonly<Record<string, string>>} [owner]
 */

/** @type {readonly (readonly [order: string, label: string])[]} */
const ORDERS = [
  ['listed', 'Oldest first'],
  ['leases', 'Most leases'],
  ['waiters', 'Most waiting'],
];

export class SessionsView {
  title = 'Sessions';
  /** @type {import('./console.js').ConsolePage} */
  #page;
  #offset = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #lookMs = 0;
  #typing = 0;
  /** @type {AbortController | undefined} */
  #looking;
  #search = element('input', {
    type: 'search',
    id: 'session-search',
    placeholder: 'address, id, kind or a word of its owner',
    spellcheck: 'false',
    autocomplete: 'off',
    oninput: () => this.#searchSoon(),
  });
  #order = element(
    'select',
    { id: 'session-order', onchange: () => this.#searchAnew() },
    ...ORDERS.map(([order, label]) => element('option', { value: order }, label)),
  );
  #problem = element('p', { class: 'problem', role: 'alert' });
  #count = element('p', { class: 'count', role: 'status' });
  #previous = element('button', { type: 'button', onclick: () => this.#turn(-1) }, 'Previous');
  #next = element('button', { type: 'button', onclick: () => this.#turn(1) }, 'Next');
  /** @type {ShownTable<Session>} */
  #table;
  element;

  /** @param {import('./console.js').ConsolePage} page */
  constructor(page) {
    this.#page = page;
    this.#table = new ShownTable({
      label: 'Sessions',
      empty: 'No session fits.',
      columns: columns(page),
      keyOf: ({ sessionId }) => sessionId,
      open: ({ sessionId }) => page.openLeasesOf(sessionId),
    });
    this.element = element(
      'section',
      {},
      searchForm(
        () => this.#goToFound(),
        [
          ['Session', this.#search],
          ['Order', this.#order],
        ],
      ),
      this.#problem,
      this.#table.element,
      element('div', { class: 'pages' }, this.#count, this.#previous, this.#next),
    );
  }

  get question() {
    return { changes: 'none' };
  }

  /** @param {string} text */
  search(text) {
    this.#search.value = text;
    this.#offset = 0;
  }

  focus() {
    return this.#table.focus();
  }

  focusSearch() {
    this.#search.focus();
    this.#search.select();
  }

  leave() {
    if (document.activeElement?.closest('.search') !== null) {
      this.#table.focus();
    }
  }

  hide() {
    this.#looking?.abort();
  }

  refresh() {
    return this.#look();
  }

  onChanges() {}

  onStats() {}

  /** @param {number} now */
  tick(now) {
    this.#table.tick(now);
    const apartMs = Math.max(LOOKS_APART_MS, LOOKS_APART_TIMES * this.#lookMs);
    const isDue = performance.now() >= this.#lookedAt + apartMs;
    if (isDue && this.#looking === undefined && this.#page.isLive) {
      this.#page.attempt(this.#look());
    }
  }

  /** Rejects with ServerError. */
  async #look() {
    this.#looking?.abort();
    const looking = new AbortController();
    this.#looking = looking;
    const began = performance.now();
    const question = { text: this.#search.value, order: this.#order.value, offset: this.#offset };
    try {
      const answer = await this.#page.ask('sessions', question, looking.signal);
      if (!looking.signal.aborted) {
        fill(this.#problem);
        this.#show(answer);
      }
    } catch (error) {
      if (!looking.signal.aborted) {
        const { code, message } = /** @type {any} */ (error);
        if (code !== 'too-deep' && code !== 'busy') {
          throw error;
        }
        fill(this.#problem, message);
      }
    } finally {
      if (this.#looking === looking) {
        this.#looking = undefined;
        this.#lookedAt = performance.now();
        this.#lookMs = this.#lookedAt - began;
      }
    }
  }

  /** @param {{ items: readonly Session[], total: number, offset: number, now: number }} answer */
  #show({ items, total, offset, now }) {
    this.#table.show(items, now);
    fill(
      this.#count,
      items.length === 0
        ? `${shownCount(total)} sessions`
        : `${shownCount(offset + 1)}–${shownCount(offset + items.length)} of ${shownCount(total)} sessions`,
    );
    this.#previous.disabled = offset === 0;
    this.#next.disabled = offset + items.length >= total || items.length === 0;
  }

  /** @param {1 | -1} direction */
  #turn(direction) {
    this.#offset = Math.max(0, this.#offset + direction * PAGE_LENGTH);
    this.#page.attempt(this.#look());
  }

  #searchSoon() {
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.#searchAnew(), TYPING_MS);
  }

  #searchAnew() {
    clearTimeout(this.#typing);
    this.#offset = 0;
    this.#page.attempt(this.#look());
  }

  #goToFound() {
    this.#searchAnew();
    this.#table.focus();
  }
}

/** @param {import('./console.js').ConsolePage} page @returns {readonly import('./shown-table.js').Column<Session>[]} */
function columns(page) {
  return [
    {
      title: 'From',
      kind: 'name',
      show: ({ peer }) => shownText(peer ?? 'not heard of since a restart'),
    },
    { title: 'Kind', show: ({ kind }) => kind },
    {
      title: 'Age',
      kind: 'number',
      tick: ({ openedAt }, now) => shownDuration(now - openedAt),
    },
    {
      title: 'Ends',
      kind: 'number',
      tick: ({ endsAt }, now) =>
        endsAt === null ? 'is here' : `in ${shownDuration(endsAt - now)}`,
    },
    { title: 'Leases', kind: 'number', show: ({ leaseCount }) => shownCount(leaseCount) },
    {
      title: 'Waiting',
      kind: 'number',
      show: ({ waiterCount }) => (waiterCount === 0 ? '–' : shownCount(waiterCount)),
    },
    {
      title: 'Owner',
      kind: 'wide',
      show: ({ owner }) => shownOwner(owner) ?? element('span', { class: 'quiet' }, 'did not say'),
    },
    {
      title: '',
      kind: 'action',
      act: { verb: 'Kick', isPossible: () => true, perform: (session) => page.kick(session) },
    },
  ];
}
