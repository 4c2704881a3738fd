/** Why: keys that nobody can guess. They are UUIDs, as existing clients have always been given. */
import { randomUUID } from 'node:crypto';
import type { KeySource } from '../../../ports/outbound/key-source.js';

export class RandomKeySource implements KeySource {
  next(): string {
    const key = randomUUID();
    // It comes as a tree of pieces, 479 bytes; looking into it makes one string of it, 58 bytes.
    key.charCodeAt(0);
    return key;
  }
}
