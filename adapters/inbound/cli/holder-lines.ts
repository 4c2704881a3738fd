/** Why: the short listing, which scripts read: in the form of every LDLM before, to the letter. */
import type { HolderDescription } from '../../../domain/descriptions.js';
import { visibleText } from './visible-text.js';

export function* holderLines(
  holders: readonly HolderDescription[],
): Generator<string, void, undefined> {
  for (const { name, key, size } of holders) {
    yield `{Name: ${visibleText(name)}, Key: ${visibleText(key)}, Size: ${size}}`;
  }
}
