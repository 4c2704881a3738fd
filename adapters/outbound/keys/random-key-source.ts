/** Why: keys that nobody can guess. They are UUIDs, as existing clients have always been given. */
import { randomUUID } from 'node:crypto';
import type { KeySource } from '../../../ports/outbound/key-source.js';

export class RandomKeySource implements KeySource {
  next(): string {
    return randomUUID();
  }
}
