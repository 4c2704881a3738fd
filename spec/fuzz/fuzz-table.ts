/** What was tried and found, as a table of Markdown, so that it can be read where it is printed and kept in a page. */
import type { FuzzReport, Holdings } from './fuzz-run.js';

const COLUMNS = [
  ['target', 30],
  ['inputs', 9],
  ['a second', 8],
  ['taken', 6],
  ['findings', 8],
  ['kept before, after MiB', 22],
  ['sockets', 7],
] as const;

export function tableHead(): string {
  return `${row(COLUMNS.map(([title]) => title))}${row(COLUMNS.map(([, width]) => '-'.repeat(width)))}`;
}

export function tableRow(what: string, report: FuzzReport): string {
  const { inputCount, takenCount, seconds, findingCount, before, after } = report;
  return row([
    what,
    inputCount.toLocaleString('en-US'),
    Math.round(inputCount / seconds).toLocaleString('en-US'),
    `${Math.round((100 * takenCount) / inputCount)} %`,
    String(findingCount),
    `${mebibytes(before)}, ${mebibytes(after)}`,
    `${before.socketCount}, ${after.socketCount}`,
  ]);
}

function mebibytes({ keptBytes }: Holdings): string {
  return keptBytes === undefined ? '?' : (keptBytes / 1_048_576).toFixed(1);
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell, index) => cell.padEnd(COLUMNS[index]?.[1] ?? 0)).join(' | ')} |\n`;
}
