/** Why: the short listing, which scripts read: in the form of every LDLM before, to the letter. */
import type { HolderDescription } from '../../../domain/descriptions.js';
import { visibleText } from './visible-text.js';

export async function* holderLines(
  holders: AsyncIterable<HolderDescription>,
): AsyncGenerator<string, void, undefined> {
  for await (const holder of holders) {
    yield holderLine(holder);
  }
}

export function holderLine({ name, key, size }: HolderDescription): string {
  return `{Name: ${visibleText(name)}, Key: ${visibleText(key)}, Size: ${size}}`;
}
