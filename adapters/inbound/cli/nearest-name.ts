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

/** How many letters were left out, put in or changed (Levenshtein). */
function slipsBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [fromIndex, letter] of [...from].entries()) {
    const next = [fromIndex + 1];
    for (const [toIndex, other] of [...to].entries()) {
      const changed = (row[toIndex] ?? 0) + (letter === other ? 0 : 1);
      const leftOut = (row[toIndex + 1] ?? 0) + 1;
      const putIn = (next[toIndex] ?? 0) + 1;
      next.push(Math.min(changed, leftOut, putIn));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
