/** Why: where things stand in etcd, under one prefix. docs/HIGH-AVAILABILITY.md shows them. */

/** So many digits hold any number of a batch, and sort as the numbers do. */
const DIGITS = 16;

/** Keys are bytes for etcd; ours are text in UTF-8. */
export class EtcdKeys {
  /** Who leads; it hangs on the leader's lease. */
  readonly leader: Buffer;
  /** The header of the journal: which snapshot its batches begin from. */
  readonly head: Buffer;
  readonly #prefix: string;

  /** @param prefix such as `/ldlm`; a slash at its end makes no difference. */
  constructor(prefix: string) {
    this.#prefix = prefix.replace(/\/+$/, '');
    this.leader = Buffer.from(`${this.#prefix}/leader`);
    this.head = Buffer.from(`${this.#prefix}/head`);
  }

  batch(number: number): Buffer {
    return Buffer.from(`${this.#prefix}/batches/${digits(number)}`);
  }

  /** Of the batch that stands there. */
  batchNumber(key: Buffer): number {
    return Number(key.subarray(-DIGITS).toString());
  }

  /** @param batchNumber of the last batch in the snapshot. @param part counted from 1. */
  snapshotPart(batchNumber: number, part: number): Buffer {
    return Buffer.from(`${this.#prefix}/snapshots/${digits(batchNumber)}/${digits(part)}`);
  }

  /** From the batch of this number on. */
  batchesFrom(number: number): KeyRange {
    return { key: this.batch(number), range_end: Buffer.from(`${this.#prefix}/batches0`) };
  }

  /** Those numbered `from` to `to - 1`. */
  batchesBetween(from: number, to: number): KeyRange {
    return { key: this.batch(from), range_end: this.batch(to) };
  }

  snapshotFrom(batchNumber: number, part: number): KeyRange {
    const key = this.snapshotPart(batchNumber, part);
    return { key, range_end: Buffer.from(`${this.#prefix}/snapshots/${digits(batchNumber)}0`) };
  }

  /** All snapshots up to and with that of `batchNumber - 1`. */
  snapshotsBefore(batchNumber: number): KeyRange {
    return { key: this.snapshotPart(0, 0), range_end: this.snapshotPart(batchNumber, 0) };
  }
}

/** As etcd takes it: from `key` to before `range_end`. */
export interface KeyRange {
  readonly key: Buffer;
  readonly range_end: Buffer;
}

function digits(number: number): string {
  return String(number).padStart(DIGITS, '0');
}
