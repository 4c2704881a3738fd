/** Why: lists without order from which any member leaves at once, for the price of an index in the member. */

/**
 * Takes the member at `index` out by putting the last one in its place.
 * @returns the member that stands at `index` now, whose own index is to be mended; undefined if none does.
 */
export function swapRemove<Member>(members: Member[], index: number): Member | undefined {
  const last = members.pop();
  if (last === undefined || index === members.length) {
    return undefined;
  }
  members[index] = last;
  return last;
}
