/** Why: tables that people read: columns fitted to what is in them, however much comes after. */
import type { Owner } from '../../../domain/owner.js';
import { displayWidth } from './display-width.js';
import { NONE } from './shown-duration.js';

export interface Column<Row> {
  readonly title: string;
  readonly side: 'left' | 'right';
  cell(row: Row): string;
}

const GAP = '  ';

/** A cell that is wider stands as it is, and pushes its own row alone. */
const COLUMN_WIDTH_MAX = 80;

/** Shown rows are to be fitted before; one that was not pushes its own cells alone. */
export class FittedColumns<Row> {
  readonly #columns: readonly Column<Row>[];
  readonly #widths: number[];

  constructor(columns: readonly Column<Row>[]) {
    this.#columns = columns;
    this.#widths = columns.map(({ title }) => title.length);
  }

  fit(row: Row): void {
    for (const [index, { cell }] of this.#columns.entries()) {
      const width = Math.min(displayWidth(cell(row)), COLUMN_WIDTH_MAX);
      this.#widths[index] = Math.max(this.#widths[index] ?? 0, width);
    }
  }

  titles(): string {
    return this.#line(this.#columns.map(({ title }) => title));
  }

  show(row: Row): string {
    return this.#line(this.#columns.map(({ cell }) => cell(row)));
  }

  #line(cells: readonly string[]): string {
    return this.#columns
      .map(({ side }, index) => {
        const cell = cells[index] ?? '';
        if (side === 'left' && index === this.#columns.length - 1) {
          return cell;
        }
        const padding = ' '.repeat(Math.max(0, (this.#widths[index] ?? 0) - displayWidth(cell)));
        return side === 'left' ? `${cell}${padding}` : `${padding}${cell}`;
      })
      .join(GAP);
  }
}

/** A table of pages that are shown as they come: columns are fitted to the first one. */
export class PagedTable<Row> {
  readonly #columns: FittedColumns<Row>;
  #isBegun = false;

  constructor(columns: readonly Column<Row>[]) {
    this.#columns = new FittedColumns(columns);
  }

  *show(rows: readonly Row[]): Generator<string, void, undefined> {
    if (!this.#isBegun) {
      this.#isBegun = true;
      for (const row of rows) {
        this.#columns.fit(row);
      }
      yield this.#columns.titles();
    }
    for (const row of rows) {
      yield this.#columns.show(row);
    }
  }
}

/** What a client said of itself, as one cell. */
export function ownerText(owner: Owner | undefined): string {
  const words = Object.entries(owner ?? {}).map(([word, value]) => `${word}=${value}`);
  return words.join(' ') || NONE;
}
