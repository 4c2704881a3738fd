/** What inputs are thrown at, and what is asked of it. */
import type { SeededRandom } from '../support/seeded-random.js';

export interface Target {
  /** In the words of the table. */
  readonly what: string;
  /** How many of a million inputs are for it. */
  readonly share: number;
  open(): Promise<Subject>;
}

/** Open → closed. */
export interface Subject {
  /** One input, or as many as share a connection. It is a finding, too, if it throws. */
  attempt(random: SeededRandom): Tried | Promise<Tried>;
  /** Whether an honest client is served as ever. @returns what is wrong. */
  check?(): Promise<string | undefined>;
  close(): Promise<void>;
}

export interface Tried {
  /** Those that the subject has had to look at. */
  readonly inputCount: number;
  /** Those of them that it did not refuse: inputs that all fail at the first byte try nothing. */
  readonly takenCount: number;
  /** What was not as it must be. */
  readonly fault?: string;
}

export const TAKEN: Tried = { inputCount: 1, takenCount: 1 };
export const REFUSED: Tried = { inputCount: 1, takenCount: 0 };

const SHOWN_BYTES_MAX = 400;

/** @param input what it was tried with. */
export function faulty(fault: string, input: Uint8Array | string): Tried {
  const bytes = Buffer.from(input);
  const shown = bytes.toString('hex', 0, SHOWN_BYTES_MAX);
  const rest = bytes.length > SHOWN_BYTES_MAX ? `… (${bytes.length} bytes)` : '';
  return { inputCount: 1, takenCount: 0, fault: `${fault}; the input in hex: ${shown}${rest}` };
}

/** A subject in this process that is there without being started. */
export function pure(attempt: Subject['attempt']): () => Promise<Subject> {
  return async () => ({ attempt, close: async () => undefined });
}
