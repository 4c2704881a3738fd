/** The trials as a table of Markdown, so that it can be read where it is printed and kept in a page. */
import type { Trial } from './trial.js';

const COLUMNS = [
  ['attack', 60],
  ['port', 5],
  ['opened', 6],
  ['cut', 6],
  ['MB sent', 7],
  ['p99 calm', 8],
  ['p99 attacked', 12],
  ['ratio', 5],
  ['longest', 7],
  ['kept before, after MiB', 22],
  ['RSS before, peak, after MiB', 27],
  ['sockets', 7],
  ['tries', 5],
  ['verdict', 7],
] as const;

export function tableHead(): string {
  return `${row(COLUMNS.map(([title]) => title))}${row(COLUMNS.map(([, width]) => '-'.repeat(width)))}`;
}

export function tableRow(
  trial: Trial,
  { tries, faults }: { readonly tries: number; readonly faults: readonly string[] },
): string {
  const { attack, isSecure, calm, attacked, report, before, after, rssPeakBytes } = trial;
  return row([
    attack.what,
    isSecure ? 'TLS' : 'plain',
    String(report.openedCount),
    String(report.cutCount),
    (report.bytesSent / 1e6).toFixed(1),
    `${calm.p99Ms.toFixed(1)} ms`,
    `${attacked.p99Ms.toFixed(1)} ms`,
    (attacked.p99Ms / calm.p99Ms).toFixed(1),
    `${attacked.maxMs.toFixed(0)} ms`,
    [before.keptBytes, after.keptBytes].map((bytes) => mebibytes(bytes, 1)).join(', '),
    [before.rssBytes, rssPeakBytes, after.rssBytes].map((bytes) => mebibytes(bytes)).join(', '),
    `${before.socketCount}, ${after.socketCount}`,
    String(tries),
    faults.length === 0 ? 'good' : 'BAD',
  ]);
}

function mebibytes(bytes: number, digits = 0): string {
  return (bytes / 1_048_576).toFixed(digits);
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell, index) => cell.padEnd(COLUMNS[index]?.[1] ?? 0)).join(' | ')} |\n`;
}
