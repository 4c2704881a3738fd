/** Why: who misspells a setting is told which one was probably meant. */

/** More slips than this and another name was meant. */
const SLIPS_MAX = 2;

/** `; did you mean NAME?`, to end a message with; empty if no name is near. */
export function didYouMean(text: string, names: readonly string[]): string {
  const name = nearestName(text, names);
  return name === undefined ? '' : `; did you mean ${name}?`;
}

/** The name that `text` differs least from, dashes for underscores and letter case aside. */
function nearestName(text: string, names: readonly string[]): string | undefined {
  const plainText = plain(text);
  let nearest: string | undefined;
  let slipsMin = SLIPS_MAX + 1;
  for (const name of names) {
    const plainName = plain(name);
    const isComparable = Math.abs(plainName.length - plainText.length) <= SLIPS_MAX;
    const slips = isComparable ? slipsBetween(plainText, plainName) : slipsMin;
    if (slips < slipsMin && slips < plainName.length / 2) {
      nearest = name;
      slipsMin = slips;
    }
  }
  return nearest;
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]/g, '');
}

/** How many letters were left out, put in, changed, or swapped with the next (Levenshtein, and Damerau for the last). */
function slipsBetween(from: string, to: string): number {
  const letters = [...from];
  const others = [...to];
  const rows: number[][] = [[0, ...others.map((_, index) => index + 1)]];
  for (const [at, letter] of letters.entries()) {
    const row = rows[at] ?? [];
    const next = [at + 1];
    for (const [otherAt, other] of others.entries()) {
      const changed = (row[otherAt] ?? 0) + (letter === other ? 0 : 1);
      const leftOut = (row[otherAt + 1] ?? 0) + 1;
      const putIn = (next[otherAt] ?? 0) + 1;
      const isSwapped = letter === others[otherAt - 1] && other === letters[at - 1];
      const swapped = isSwapped ? (rows[at - 1]?.[otherAt - 1] ?? 0) + 1 : changed;
      next.push(Math.min(changed, leftOut, putIn, swapped));
    }
    rows.push(next);
  }
  return rows.at(-1)?.at(-1) ?? 0;
}
