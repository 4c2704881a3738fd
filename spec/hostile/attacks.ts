/** Every attack by its name, in the order of the table. */
import type { Attack } from './attack.js';
import { http1Attacks } from './http1-attacks.js';
import { http2Attacks } from './http2-attacks.js';
import { slowAttacks } from './slow-attacks.js';

/** @param session of the REST client that the attacker is. */
export function attacks(session: string): Readonly<Record<string, Attack>> {
  return { ...slowAttacks(session), ...http2Attacks, ...http1Attacks(session) };
}
