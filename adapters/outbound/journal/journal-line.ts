/**
 * Why: the seal on each line of a journal, by which a line that was written whole is told from any
 * other.
 *
 *     {"sum":"5d1c81a4", ...}⏎
 *
 * The sum is the CRC-32 (zlib's) of the bytes behind the comma, up to and without the end of the
 * line, as eight lower-case hexadecimal digits. Every line is JSON as it stands.
 */
import { crc32 } from 'node:zlib';
import { LINE_BEGINNING } from '../../../domain/journal-record.js';

const SUM_LENGTH = 8;
/** Where the sealed bytes begin: behind the sum, its quote and the comma. */
const SEALED_FROM = LINE_BEGINNING.length + SUM_LENGTH + 2;
const ROOM_MIN = 64 * 1024;

export const LINE_FEED = 0x0a;

/** A line begins with this; inside a line it does not stand: JSON escapes a quote in a text, and `journal-record.ts` minds objects. */
export const LINE_OPENING = Buffer.from(LINE_BEGINNING);

/** Makes lines in one buffer that it uses again and again. */
export class LineSealer {
  #room = Buffer.allocUnsafe(ROOM_MIN);

  /**
   * @param members what stands between the sum and the closing brace: JSON members without an end
   * of line.
   * @returns the line, its end included; good until the next call.
   */
  seal(members: string): Uint8Array {
    // A unit of a string takes three bytes of UTF-8 at most.
    const lengthMax = SEALED_FROM + members.length * 3 + 2;
    if (this.#room.length < lengthMax) {
      this.#room = Buffer.allocUnsafe(lengthMax);
    }
    const end = SEALED_FROM + this.#room.write(`${members}}\n`, SEALED_FROM, 'utf8');
    const sum = sumOf(this.#room.subarray(SEALED_FROM, end - 1));
    this.#room.write(`${LINE_BEGINNING}${sum}",`, 0, 'latin1');
    return this.#room.subarray(0, end);
  }
}

/** The value of a line, given without its end; undefined unless its seal is whole. */
export function unseal(line: Buffer): unknown {
  const head = line.toString('latin1', 0, SEALED_FROM);
  if (head !== `${LINE_BEGINNING}${sumOf(line.subarray(SEALED_FROM))}",`) {
    return undefined;
  }
  try {
    return JSON.parse(line.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * Whether a line begins in these bytes behind the first: with its whole opening, or, behind a whole
 * line whose end of line became another byte, though it be with its first byte alone.
 */
export function holdsAnotherLine(bytes: Buffer): boolean {
  return bytes.indexOf(LINE_OPENING, 1) !== -1 || endsInOpeningBehindLine(bytes);
}

function endsInOpeningBehindLine(bytes: Buffer): boolean {
  const opensAt = bytes.lastIndexOf(LINE_OPENING[0] as number);
  return (
    opensAt > 0 &&
    beginsLine(bytes.subarray(opensAt)) &&
    unseal(bytes.subarray(0, opensAt - 1)) !== undefined
  );
}

/** Whether these bytes are the beginning of a line, though it be the first byte alone. */
export function beginsLine(bytes: Buffer): boolean {
  const opening = LINE_OPENING.subarray(0, bytes.length);
  return bytes.length > 0 && bytes.subarray(0, opening.length).equals(opening);
}

function sumOf(bytes: Uint8Array): string {
  return crc32(bytes).toString(16).padStart(SUM_LENGTH, '0');
}
