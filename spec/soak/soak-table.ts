/** Why: the samples as a table of Markdown, so that it can be read while it is printed and kept in a page. */
import type { Sample, SoakReport } from './soak-course.js';
import type { ServerFigures } from './soaked-server-process.js';
import { riseOf } from './soak-verdict.js';

const COLUMNS: readonly (readonly [title: string, width: number])[] = [
  ['at', 6],
  ['granted', 8],
  ['RSS MiB', 7],
  ['kept MiB', 8],
  ['leases', 6],
  ['waiters', 7],
  ['sessions', 8],
  ['names', 5],
  ['sockets', 7],
  ['files', 5],
  ['timers', 6],
  ['handles', 7],
  ['state KiB', 9],
  ['what was done', 14],
];

export function tableHead(): string {
  return `${row(COLUMNS.map(([title]) => title))}${row(COLUMNS.map(([, width]) => '-'.repeat(width)))}`;
}

export function sampleRow({ atMs, grantCount, figures, event }: Sample): string {
  return figuresRow(`${Math.round(atMs / 1_000)} s`, String(grantCount), figures, event);
}

/** The first row: a server that nobody has come to. */
export function firstRow(before: ServerFigures): string {
  return figuresRow('before', '0', before, '');
}

export function lastRows({ after, samples, halfway }: SoakReport): string {
  const rises = (['rssBytes', 'keptBytes'] as const).map((figure) =>
    mebibytes(riseOf(samples.slice(halfway), figure)),
  );
  const granted = String(samples.at(-1)?.grantCount ?? 0);
  return `${figuresRow('after', granted, after, 'all are gone')}${row(['rise', '', ...rises])}`;
}

function figuresRow(at: string, granted: string, figures: ServerFigures, event: string): string {
  return row([
    at,
    granted,
    mebibytes(figures.rssBytes),
    mebibytes(figures.keptBytes),
    String(figures.leaseCount),
    String(figures.waiterCount),
    String(figures.sessionCount),
    String(figures.lockCount),
    String(figures.socketCount),
    String(figures.fileDescriptorCount),
    String(figures.timerCount),
    String(figures.handleCount),
    (figures.stateFileBytes / 1_024).toFixed(0),
    event,
  ]);
}

function mebibytes(bytes: number): string {
  return (bytes / 1_048_576).toFixed(1);
}

function row(cells: readonly string[]): string {
  const padded = COLUMNS.map(([, width], index) => (cells[index] ?? '').padEnd(width));
  return `| ${padded.join(' | ')} |\n`;
}
