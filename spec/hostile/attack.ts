/** One way to harm a server. */
import type { Assault } from './attacker.js';

export interface Attack {
  /** In the words of the table. */
  readonly what: string;
  /** Where it makes sense; both if left out. */
  readonly only?: 'plain' | 'tls';
  readonly assaults: readonly Assault[];
  /** Lasts on top until so many connections stand at one time. */
  readonly openMin?: number;
}
