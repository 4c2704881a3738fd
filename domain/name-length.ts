/** Why: names are bounded in bytes, as they travel and are kept, and the domain has no encoder at hand. */

/** Whether `name` takes more than `bytesMax` bytes as UTF-8 (RFC 3629). Looks at no more than it must. */
export function isLongerThan(name: string, bytesMax: number): boolean {
  if (name.length * 3 <= bytesMax) {
    return false;
  }
  if (name.length > bytesMax) {
    return true;
  }
  let byteCount = 0;
  for (const character of name) {
    const codePoint = character.codePointAt(0) ?? 0;
    byteCount += codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
    if (byteCount > bytesMax) {
      return true;
    }
  }
  return false;
}
