/**
 * Why: a table that changes under one's eyes keeps its rows, the focus and the place of whoever moves in it by keyboard. One
 * row at a time is in the order of Tab; arrows move among them.
 */
import { element, fill } from './elements.js';

/**
 * @template Item
 * @typedef {object} Column
 * @property {string} title
 * @property {string} [kind] `number`, `name`, `action` or `wide`, for looks
 * @property {(item: Item) => import('./elements.js').Child} [show]
 * @property {(item: Item, now: number) => string} [tick] what changes with time, instead of `show`
 * @property {Act<Item>} [act] a button, instead of `show`
 */

/**
 * @template Item
 * @typedef {object} Act
 * @property {string} verb
 * @property {(item: Item) => boolean} isPossible
 * @property {(item: Item) => void} perform on the item as it is when the button is pressed
 */

/**
 * @template Item
 * @typedef {object} TableOptions
 * @property {string} label
 * @property {string} empty said when there is nothing
 * @property {readonly Column<Item>[]} columns
 * @property {(item: Item) => string} keyOf
 * @property {(item: Item) => string} [lookOf] a word for the row's looks
 * @property {(item: Item) => void} [open] by Enter, or a click on the row
 */

/** @template Item */
export class ShownTable {
  /** @type {TableOptions<Item>} */
  #options;
  #body = element('tbody');
  #empty;
  /** @type {Map<string, { item: Item, row: HTMLTableRowElement }>} */
  #shown = new Map();
  /** The row that Tab comes to. */
  #activeKey = '';
  /** @type {HTMLElement} */
  element;

  /** @param {TableOptions<Item>} options */
  constructor(options) {
    this.#options = options;
    this.#empty = element('p', { class: 'empty', hidden: true }, options.empty);
    const heads = options.columns.map(({ title, kind }) =>
      element('th', { scope: 'col', role: 'columnheader', class: kind }, title),
    );
    const table = element(
      'table',
      { role: 'grid', 'aria-label': options.label },
      element('thead', { role: 'rowgroup' }, element('tr', { role: 'row' }, ...heads)),
      this.#body,
    );
    this.#body.setAttribute('role', 'rowgroup');
    this.#body.addEventListener('keydown', (event) => this.#onKey(event));
    this.#body.addEventListener('focusin', (event) => this.#onFocus(event));
    this.#body.addEventListener('click', (event) => this.#onClick(event));
    this.element = element('div', { class: 'table' }, table, this.#empty);
  }

  /**
   * @param {readonly Item[]} items
   * @param {number} now
   */
  show(items, now) {
    const keys = items.map((item) => this.#options.keyOf(item));
    const focused = this.#focusedKey();
    const before = [...this.#shown.keys()];
    const rows = items.map((item, index) => this.#rowFor(keys[index] ?? '', item, now));
    const kept = new Set(keys);
    for (const key of before) {
      if (!kept.has(key)) {
        this.#shown.get(key)?.row.remove();
        this.#shown.delete(key);
      }
    }
    this.#arrange(rows);
    this.#empty.hidden = items.length > 0;
    if (!kept.has(this.#activeKey)) {
      const place = Math.max(0, before.indexOf(this.#activeKey));
      this.#activate(keys[Math.min(place, keys.length - 1)] ?? '');
      if (focused !== undefined) {
        this.#shown.get(this.#activeKey)?.row.focus();
      }
    }
  }

  /** Moves ages and times left on. @param {number} now */
  tick(now) {
    for (const { item, row } of this.#shown.values()) {
      this.#tickRow(row, item, now);
    }
  }

  /** @returns {boolean} whether there is a row to focus. */
  focus() {
    const row = this.#shown.get(this.#activeKey)?.row;
    row?.focus();
    return row !== undefined;
  }

  /** Puts what is there in that order, and touches nothing that stands where it should: it may have the focus. @param {readonly HTMLTableRowElement[]} rows */
  #arrange(rows) {
    let place = this.#body.firstElementChild;
    for (const row of rows) {
      if (row === place) {
        place = place.nextElementSibling;
      } else {
        this.#body.insertBefore(row, place);
      }
    }
  }

  /** @param {string} key @param {Item} item @param {number} now */
  #rowFor(key, item, now) {
    const { columns, lookOf = () => '' } = this.#options;
    const known = this.#shown.get(key);
    const row = known?.row ?? element('tr', { role: 'row', tabindex: -1, 'data-key': key });
    if (known?.item !== item) {
      this.#shown.set(key, { item, row });
      row.className = lookOf(item);
      for (const [index, column] of columns.entries()) {
        this.#renew(row, index, this.#cell(column, item, row.tabIndex), column.tick !== undefined);
      }
      this.#tickRow(row, item, now);
    }
    return row;
  }

  /**
   * What is the same stays: somebody may be about to press it.
   * @param {HTMLTableRowElement} row
   * @param {number} index
   * @param {HTMLTableCellElement} cell
   * @param {boolean} isTicking
   */
  #renew(row, index, cell, isTicking) {
    const before = row.cells[index];
    if (before === undefined) {
      row.append(cell);
    } else if (!isTicking && !before.isEqualNode(cell)) {
      const hasFocus = before.contains(document.activeElement);
      before.replaceWith(cell);
      if (hasFocus) {
        /** @type {HTMLElement} */ (cell.querySelector('button, a') ?? row).focus();
      }
    }
  }

  /** @param {Column<Item>} column @param {Item} item @param {number} order of Tab, for what can be pressed */
  #cell({ title, kind, show, tick, act }, item, order) {
    const cell = element('td', { role: 'gridcell', class: kind, 'data-title': title });
    if (act?.isPossible(item)) {
      cell.append(element('button', { type: 'button', tabindex: order }, act.verb));
    } else if (tick === undefined && show !== undefined) {
      fill(cell, show(item));
    }
    for (const link of cell.querySelectorAll('a')) {
      link.tabIndex = order;
    }
    return cell;
  }

  /** @param {HTMLTableRowElement} row @param {Item} item @param {number} now */
  #tickRow(row, item, now) {
    for (const [index, { tick }] of this.#options.columns.entries()) {
      const cell = row.cells[index];
      if (tick !== undefined && cell !== undefined) {
        const text = tick(item, now);
        if (cell.textContent !== text) {
          cell.textContent = text;
        }
      }
    }
  }

  #focusedKey() {
    const row = document.activeElement?.closest('tr[data-key]');
    return row !== null && row !== undefined && this.#body.contains(row)
      ? (row.getAttribute('data-key') ?? undefined)
      : undefined;
  }

  /** @param {string} key */
  #activate(key) {
    const before = this.#shown.get(this.#activeKey)?.row;
    for (const [row, order] of /** @type {const} */ ([
      [before, -1],
      [this.#shown.get(key)?.row, 0],
    ])) {
      if (row !== undefined) {
        row.tabIndex = order;
        for (const button of row.querySelectorAll('button, a')) {
          /** @type {HTMLElement} */ (button).tabIndex = order;
        }
      }
    }
    this.#activeKey = key;
  }

  /** @param {Event} event @returns {{ item: Item, row: HTMLTableRowElement } | undefined} */
  #at({ target }) {
    const row = target instanceof Element ? target.closest('tr[data-key]') : null;
    return this.#shown.get(row?.getAttribute('data-key') ?? '');
  }

  /** @param {FocusEvent} event */
  #onFocus(event) {
    const at = this.#at(event);
    if (at !== undefined) {
      this.#activate(this.#options.keyOf(at.item));
    }
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    const at = this.#at(event);
    if (at === undefined || !(event.target instanceof Element)) {
      return;
    }
    if (event.target.closest('button') !== null) {
      this.#act(at.item);
    } else if (event.target.closest('a') === null && getSelection()?.isCollapsed !== false) {
      this.#options.open?.(at.item);
    }
  }

  /** @param {Item} item @returns {boolean} whether anything can be done to it. */
  #act(item) {
    const act = this.#options.columns.find((column) => column.act !== undefined)?.act;
    const isPossible = act?.isPossible(item) ?? false;
    if (isPossible) {
      act?.perform(item);
    }
    return isPossible;
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const at = this.#at(event);
    if (at === undefined || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const rows = [...this.#body.rows];
    const place = rows.indexOf(at.row);
    const next = {
      ArrowDown: place + 1,
      ArrowUp: place - 1,
      PageDown: place + 15,
      PageUp: place - 15,
      Home: 0,
      End: rows.length - 1,
    }[event.key];
    if (next !== undefined) {
      rows[Math.min(Math.max(0, next), rows.length - 1)]?.focus();
    } else if (event.key === 'Enter' && event.target === at.row && this.#options.open) {
      this.#options.open(at.item);
    } else if (event.key !== 'Delete' || !this.#act(at.item)) {
      return;
    }
    event.preventDefault();
  }
}
