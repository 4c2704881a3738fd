/** Why: all figures in one table, as Markdown, so that it can be read where it is printed and kept in a page. */
import type { Row } from './bench-line.js';
import type { Sample } from './sample.js';

const COLUMNS = [
  { title: 'line', width: 10 },
  { title: 'what', width: 40 },
  { title: 'measured', width: 20 },
  { title: 'yardstick', width: 28 },
  { title: 'ratio (least–most)', width: 20 },
  { title: 'aim', width: 17 },
  { title: 'met', width: 3 },
] as const;

export function tableHead(): string {
  const rule = COLUMNS.map(({ width }) => '-'.repeat(width));
  return `${joined(COLUMNS.map(({ title }) => title))}\n${joined(rule)}\n`;
}

export function tableRow(line: string, row: Row): string {
  const { what, measured, yardstick, ratio, aim } = row;
  const met = aim === undefined ? '' : aim.isMet ? 'yes' : 'NO';
  const spread = ratio === undefined ? '' : withSpread(ratio);
  return `${joined([line, what, measured, yardstick, spread, aim?.text ?? '', met])}\n`;
}

/** A sentence for each aim that was missed and whose obstacle is known. */
export function missedAims(line: string, rows: readonly Row[]): string {
  return rows
    .filter(({ aim }) => aim?.isMet === false && aim.limit !== undefined)
    .map(({ what, aim }) => `${line}, ${what}: ${aim?.limit}\n`)
    .join('');
}

/** `1.23 (1.1–1.4)` */
export function withSpread({ median, low, high }: Sample): string {
  if (low === high) {
    return figure(median);
  }
  return `${figure(median)} (${figure(low, 2)}–${figure(high, 2)})`;
}

/** So many digits that count, thousands apart: 0.123, 12.3, 1,230. */
export function figure(value: number, digitCount = 3): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: digitCount });
}

function joined(cells: readonly string[]): string {
  return `| ${cells.map((cell, index) => cell.padEnd(COLUMNS[index]?.width ?? 0)).join(' | ')} |`;
}
