/** Makes inputs out of valid ones, so that they come far before they are refused; some are mere noise. */
import type { SeededRandom } from '../support/seeded-random.js';

const CHANGES_MAX = 5;
const RANGE_MAX = 24;
const REPEATS_MAX = 300;
/** Nobody is to be beaten by mere size: `npm run hostile` sees to that. */
const LENGTH_MAX = 16_384;
/** One in so many is noise. */
const NOISE_SHARE = 12;
const NOISE_LENGTH_MAX = 64;

/** Numbers at the edges of their types, as protobuf, HTTP/2 and texts write them. */
const EXTREMES: readonly Buffer[] = [
  ...['00', '7f', '80', 'ff', '0000', 'ffff', '00000000', '7fffffff', '80000000', 'ffffffff'],
  ...['ffffffff07', 'ffffffff0f', 'ffffffffffffff0f', 'ffffffffffffff1f'],
  ...['ffffffffffffffff7f', 'ffffffffffffffffff01', 'ffffffffffffffffffff01'],
]
  .map((hex) => Buffer.from(hex, 'hex'))
  .concat(
    ['0', '-1', '-0', '1e400', '2147483648', '-2147483649', '9007199254740993'].map((digits) =>
      Buffer.from(digits),
    ),
  );

type Change = (bytes: Buffer, random: SeededRandom) => Buffer;

export interface MutatorOptions {
  readonly seeds: readonly (Uint8Array | string)[];
  /** What means something to the reader, and is put where it may not belong. */
  readonly tokens?: readonly (Uint8Array | string)[];
}

export class Mutator {
  readonly #seeds: readonly Buffer[];
  readonly #changes: readonly Change[];

  constructor({ seeds, tokens = [] }: MutatorOptions) {
    this.#seeds = seeds.map((seed) => Buffer.from(seed));
    const words = [...EXTREMES, ...tokens.map((token) => Buffer.from(token))];
    this.#changes = [
      flip,
      setByte,
      drop,
      duplicate,
      cut,
      (bytes, random) => inserted(bytes, random, noise(random, 8)),
      (bytes, random) => inserted(bytes, random, random.pick(words)),
      (bytes, random) => overwritten(bytes, random, random.pick(words)),
      (bytes, random) => this.#splice(bytes, random),
    ];
  }

  /** The same from the same state of chance. */
  make(random: SeededRandom): Buffer {
    if (random.isOneIn(NOISE_SHARE)) {
      return noise(random, NOISE_LENGTH_MAX);
    }
    let bytes = random.pick(this.#seeds);
    for (let left = random.below(CHANGES_MAX + 1); left > 0; left -= 1) {
      bytes = random.pick(this.#changes)(bytes, random);
    }
    return bytes.subarray(0, LENGTH_MAX);
  }

  /** The beginning of one and the end of another. */
  #splice(bytes: Buffer, random: SeededRandom): Buffer {
    const other = random.pick(this.#seeds);
    const end = other.subarray(random.below(other.length + 1));
    return Buffer.concat([bytes.subarray(0, random.below(bytes.length + 1)), end]);
  }
}

export function noise(random: SeededRandom, lengthMax: number): Buffer {
  const bytes = Buffer.alloc(random.below(lengthMax + 1));
  for (let index = 0; index < bytes.length; index += 1) {
    bytes[index] = random.below(256);
  }
  return bytes;
}

/** One bit. */
export const flip: Change = (bytes, random) => {
  const flipped = Buffer.from(bytes);
  const at = random.below(bytes.length);
  flipped[at] = (flipped[at] ?? 0) ^ (1 << random.below(8));
  return flipped;
};

const setByte: Change = (bytes, random) => {
  const changed = Buffer.from(bytes);
  changed[random.below(bytes.length)] = random.below(256);
  return changed;
};

const drop: Change = (bytes, random) => {
  const { start, end } = range(bytes, random);
  return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
};

/** Once, or so often that what nests is deep and what repeats is long. */
const duplicate: Change = (bytes, random) => {
  const { start, end } = range(bytes, random);
  const times = random.isOneIn(8) ? random.below(REPEATS_MAX) : 1;
  const copies = Array.from({ length: times }, () => bytes.subarray(start, end));
  return Buffer.concat([bytes.subarray(0, end), ...copies, bytes.subarray(end)]).subarray(
    0,
    LENGTH_MAX,
  );
};

export const cut: Change = (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1));

function inserted(bytes: Buffer, random: SeededRandom, word: Buffer): Buffer {
  const at = random.below(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, at), word, bytes.subarray(at)]);
}

export function overwritten(bytes: Buffer, random: SeededRandom, word: Buffer): Buffer {
  const at = random.below(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, at), word, bytes.subarray(at + word.length)]);
}

function range(
  bytes: Buffer,
  random: SeededRandom,
): { readonly start: number; readonly end: number } {
  const start = random.below(bytes.length + 1);
  return { start, end: Math.min(bytes.length, start + 1 + random.below(RANGE_MAX)) };
}
