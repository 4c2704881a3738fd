/** Why: who holds what, a page at a time, searched on the server and kept true by what is heard of changes. */
import { element, fill } from './elements.js';
import { shownOwner, shownText } from './hostile-text.js';
import { LeaseList, PAGE_LENGTH } from './lease-list.js';
import { searchForm } from './search-form.js';
import { shownCount, shownDuration, shownUntil } from './server-clock.js';
import { ShownTable } from './shown-table.js';

/** Between two looks at the server, at least; and so many times as long as a look takes. */
const LOOKS_APART_MS = 3_000;
const LOOKS_APART_TIMES = 20;
const TYPING_MS = 200;

/** @typedef {import('./lease-list.js').Row} Row */
/** @typedef {import('./lease-list.js').Holder} Holder */

/** @type {readonly (readonly [order: string, label: string])[]} */
const ORDERS = [
  ['newest', 'Newest first'],
  ['oldest', 'Oldest first'],
  ['ending', 'Ending soonest'],
  ['waiting', 'Most waiting'],
  ['name', 'By name'],
  ['listed', 'As stored'],
];

/** @param {Holder} holder */
export function shownHolder({ owner, session }) {
  return shownOwner(owner) ?? shownSession(session);
}

/** @param {string | undefined} session */
export function shownSession(session) {
  return session === undefined
    ? element('span', { class: 'quiet' }, 'no session: restored, or kept past it')
    : element('span', { class: 'session' }, shownText(session));
}

export class LocksView {
  title = 'Locks';
  /** @type {import('./console.js').ConsolePage} */
  #page;
  #list = new LeaseList();
  #lookedAt = Number.NEGATIVE_INFINITY;
  #lookMs = 0;
  #waiterCount = -1;
  #typing = 0;
  /** @type {AbortController | undefined} */
  #looking;
  #search = element('input', {
    type: 'search',
    id: 'search',
    placeholder: 'part of a name, or a pattern: invoice/*',
    spellcheck: 'false',
    autocomplete: 'off',
    oninput: () => this.#searchSoon(),
  });
  #session = element('input', {
    id: 'session-filter',
    placeholder: 'address or id',
    spellcheck: 'false',
    autocomplete: 'off',
    oninput: () => this.#searchSoon(),
  });
  #owner = element('input', {
    id: 'owner-filter',
    placeholder: 'host=web-1',
    spellcheck: 'false',
    autocomplete: 'off',
    oninput: () => this.#searchSoon(),
  });
  #order = element(
    'select',
    { id: 'order', onchange: () => this.#searchAnew() },
    ...ORDERS.map(([order, label]) => element('option', { value: order }, label)),
  );
  #count = element('p', { class: 'count', role: 'status' });
  #previous = element('button', { type: 'button', onclick: () => this.#turn(-1) }, 'Previous');
  #next = element('button', { type: 'button', onclick: () => this.#turn(1) }, 'Next');
  #problem = element('p', { class: 'problem', role: 'alert' });
  /** Where the pages before this one began. @type {number[]} */
  #before = [];
  /** @type {ShownTable<Row>} */
  #table;
  element;

  /** @param {import('./console.js').ConsolePage} page */
  constructor(page) {
    this.#page = page;
    this.#table = new ShownTable({
      label: 'Leases',
      empty: 'No lock is held that fits.',
      columns: columns(page),
      keyOf: ({ holder }) => holder.key,
      lookOf: ({ state }) => state,
      open: ({ holder }) => page.openLock(holder.name),
    });
    this.element = element(
      'section',
      {},
      searchForm(
        () => this.#goToFound(),
        [
          ['Lock', this.#search],
          ['Session', this.#session],
          ['Owner', this.#owner],
          ['Order', this.#order],
        ],
      ),
      this.#problem,
      this.#table.element,
      element('div', { class: 'pages' }, this.#count, this.#previous, this.#next),
    );
  }

  /** What to look for, and to hear of. */
  get question() {
    const text = this.#search.value;
    return {
      ...(text.includes('*') ? { pattern: text } : { text }),
      session: this.#session.value.trim(),
      owner: this.#owner.value.trim(),
    };
  }

  /** @param {string} session */
  searchSession(session) {
    this.#search.value = '';
    this.#owner.value = '';
    this.#session.value = session;
    this.#restart();
  }

  focus() {
    return this.#table.focus();
  }

  focusSearch() {
    this.#search.focus();
    this.#search.select();
  }

  leave() {
    const isSearched = document.activeElement?.closest('.search') !== null;
    if (isSearched && !this.#table.focus()) {
      this.#search.value = '';
      this.#searchAnew();
    }
  }

  hide() {
    this.#looking?.abort();
  }

  refresh() {
    return this.#look();
  }

  /** @param {import('./lease-list.js').News} news */
  onChanges(news) {
    this.#list.apply(news);
    this.#show();
  }

  /** @param {import('./rate-history.js').Stats} stats */
  onStats({ waiterCount }) {
    if (waiterCount !== this.#waiterCount) {
      this.#waiterCount = waiterCount;
      this.#list.isStale = true;
    }
  }

  /** @param {number} now */
  tick(now) {
    if (this.#list.sweep(now)) {
      this.#show();
    }
    this.#table.tick(now);
    const apartMs = Math.max(LOOKS_APART_MS, LOOKS_APART_TIMES * this.#lookMs);
    const isDue = performance.now() >= this.#lookedAt + apartMs;
    if (this.#list.isStale && isDue && this.#looking === undefined && this.#page.isLive) {
      this.#page.attempt(this.#look());
    }
  }

  /** Rejects with ServerError. */
  async #look() {
    this.#looking?.abort();
    const looking = new AbortController();
    this.#looking = looking;
    const began = performance.now();
    const order = this.#order.value;
    const offset = this.#list.offset;
    try {
      const answer = await this.#page.ask(
        'leases',
        { ...this.question, order, offset },
        looking.signal,
      );
      if (!looking.signal.aborted) {
        this.#list.load(answer, order === 'newest');
        fill(this.#problem);
        this.#show();
      }
    } catch (error) {
      if (!looking.signal.aborted) {
        const { code, message } = /** @type {any} */ (error);
        if (['too-deep', 'busy', 'request-too-long'].includes(code)) {
          fill(this.#problem, message);
        } else {
          throw error;
        }
      }
    } finally {
      if (this.#looking === looking) {
        this.#looking = undefined;
        this.#lookedAt = performance.now();
        this.#lookMs = this.#lookedAt - began;
      }
    }
  }

  #show() {
    const { rows, total, offset } = this.#list;
    this.#table.show(rows, this.#page.now());
    const held = rows.filter(({ state }) => state !== 'ended').length;
    fill(
      this.#count,
      held === 0
        ? `${shownCount(total)} leases`
        : `${shownCount(offset + 1)}–${shownCount(offset + held)} of ${shownCount(Math.max(total, offset + held))} leases`,
    );
    this.#previous.disabled = offset === 0;
    this.#next.disabled = offset + rows.length >= total || rows.length === 0;
  }

  /** @param {1 | -1} direction */
  #turn(direction) {
    if (direction === 1) {
      this.#before.push(this.#list.offset);
      this.#list.offset += this.#list.rows.length;
    } else {
      this.#list.offset = this.#before.pop() ?? Math.max(0, this.#list.offset - PAGE_LENGTH);
    }
    this.#page.attempt(this.#look().then(() => this.element.scrollIntoView()));
  }

  #searchSoon() {
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.#searchAnew(), TYPING_MS);
  }

  #searchAnew() {
    clearTimeout(this.#typing);
    this.#restart();
    this.#page.followAnew();
  }

  #restart() {
    this.#list.offset = 0;
    this.#before = [];
    this.#list.isStale = true;
  }

  #goToFound() {
    this.#searchAnew();
    this.#table.focus();
  }
}

/** @param {import('./console.js').ConsolePage} page @returns {readonly import('./shown-table.js').Column<Row>[]} */
function columns(page) {
  return [
    {
      title: 'Lock',
      kind: 'name',
      show: ({ holder: { name, size } }) =>
        element(
          'span',
          {},
          shownText(name),
          size > 1 && element('span', { class: 'size' }, `1 of ${shownCount(size)} slots`),
        ),
    },
    { title: 'Fence', kind: 'number', show: ({ holder }) => String(holder.fencingToken) },
    {
      title: 'Age',
      kind: 'number',
      tick: ({ holder }, now) => shownDuration(now - holder.grantedAt),
    },
    {
      title: 'Left',
      kind: 'number',
      tick: ({ holder, state, reason }, now) =>
        state === 'ended'
          ? (reason?.replace('-', ' ') ?? 'over')
          : shownUntil(holder.expiresAt, now),
    },
    {
      title: 'Waiting',
      kind: 'number',
      show: ({ holder: { waiterCount } }) => (waiterCount === 0 ? '–' : shownCount(waiterCount)),
    },
    { title: 'Holder', kind: 'wide', show: ({ holder }) => shownHolder(holder) },
    {
      title: '',
      kind: 'action',
      act: {
        verb: 'Revoke',
        isPossible: ({ state }) => state !== 'ended',
        perform: ({ holder }) => page.revoke(holder),
      },
    },
  ];
}
