/** Why: names and keys as a server sees them: 20 to 30 characters, UUIDs, each one piece of memory as decoders make it. */
import { randomUUID } from 'node:crypto';

const KINDS = ['orders/', 'invoices/', 'jobs/nightly/', 'customers/eu/'];

/** A name of 20 to 30 characters, another for each number. */
export function typicalName(number: number): string {
  const kind = KINDS[number % KINDS.length] ?? '';
  return inOnePiece(
    `${kind}${String(number).padStart(10, '0')}/${number % 7 === 0 ? 'a' : 'edit'}`,
  );
}

export function typicalNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, number) => typicalName(number));
}

export function typicalKeys(count: number): readonly string[] {
  return Array.from({ length: count }, typicalKey);
}

export function typicalKey(): string {
  return inOnePiece(randomUUID());
}

/** A text that was put together is a tree of its parts; one that came by the wire is not. */
function inOnePiece(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
