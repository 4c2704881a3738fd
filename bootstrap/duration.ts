/** Why: durations are written as Go's are, `1h30m` or `0.5s`, since existing settings are. */

/** Milliseconds a unit lasts; `ms` stands before `m`, whose letter it begins with. */
const unitsMs = new Map([
  ['h', 3_600_000],
  ['ms', 1],
  ['m', 60_000],
  ['s', 1_000],
  ['us', 1e-3],
  // The two letters that look like µ: the micro sign and the Greek mu.
  ['\u00b5s', 1e-3],
  ['\u03bcs', 1e-3],
  ['ns', 1e-6],
]);

const part = String.raw`(\d+(?:\.\d*)?|\.\d+)(${[...unitsMs.keys()].join('|')})`;
const parts = new RegExp(part, 'g');
const duration = new RegExp(`^[+-]?(?:0|(?:${part})+)$`);

/** @returns milliseconds, negative and in fractions too; undefined if `text` is no duration. */
export function parseDuration(text: string): number | undefined {
  if (!duration.test(text)) {
    return undefined;
  }
  let ms = 0;
  for (const [, count, unit = ''] of text.matchAll(parts)) {
    ms += Number(count) * (unitsMs.get(unit) ?? Number.NaN);
  }
  return text.startsWith('-') ? -ms : ms;
}

/** The usual way to write `ms`, a whole number from 0; `parseDuration` gives it back. */
export function formatDuration(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  const counts = [
    [Math.floor(seconds / 3_600), 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
    [ms % 1_000, 'ms'],
  ] as const;
  const text = counts.map(([count, unit]) => (count === 0 ? '' : `${count}${unit}`)).join('');
  return text === '' ? '0s' : text;
}
