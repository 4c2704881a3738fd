/**
 * Why: leases as rows of a database, a row each, and one more row by which a database that has lost or
 * changed any of them is found out: LevelDB drops what it cannot read of its log without a word.
 */
import { crc32 } from 'node:zlib';
import { type Fact, FOREVER, type KeptLease, LeaseLedger } from 'ldlm/domain';
import type { RecoveredState } from 'ldlm/ports';

/** A change of one row. */
export type RowChange =
  | { readonly type: 'put'; readonly key: string; readonly value: string }
  | { readonly type: 'del'; readonly key: string };

/** What the rows say cannot have been written like this. */
export class DamagedRowsError extends Error {
  override readonly name = 'DamagedRowsError';
}

const LEASE = 'lease/';
const LEDGER = 'ledger';

export class LeaseRows {
  readonly #ledger: LeaseLedger;
  /** The sum of the checksums of all lease rows, modulo 2^32. */
  #checksum: number;

  private constructor(ledger: LeaseLedger, checksum: number) {
    this.#ledger = ledger;
    this.#checksum = checksum;
  }

  /** @throws DamagedRowsError */
  static async read(rows: AsyncIterable<readonly [string, string]>): Promise<LeaseRows> {
    const leases: KeptLease[] = [];
    let checksum = 0;
    let ledgerRow = ledgerRowOf(0, 0);
    for await (const [key, value] of rows) {
      if (key === LEDGER) {
        ledgerRow = value;
      } else if (key.startsWith(LEASE)) {
        leases.push(decode(value));
        checksum = (checksum + crc32(value)) >>> 0;
      } else {
        throw new DamagedRowsError(`the row ${JSON.stringify(key)} is none of a lock server's`);
      }
    }
    const fencingToken = Number.parseInt(ledgerRow, 10);
    if (ledgerRow !== ledgerRowOf(fencingToken, checksum)) {
      throw new DamagedRowsError('its leases are not those that were written last');
    }
    const ledger = new LeaseLedger(fencingToken);
    for (const lease of leases) {
      ledger.restore(lease);
    }
    return new LeaseRows(ledger, checksum);
  }

  get recovered(): RecoveredState {
    const { leases, fencingToken } = this.#ledger;
    return { leases: [...leases.values()], fencingToken };
  }

  /** Takes in the facts. @returns what makes the database say so, too; to be written all or nothing. */
  apply(facts: readonly Fact[]): readonly RowChange[] {
    const changes = new Map<string, RowChange>();
    for (const fact of facts) {
      const before = this.#rowOf(fact.key);
      this.#ledger.apply(fact);
      const after = this.#rowOf(fact.key);
      this.#checksum = (this.#checksum + crc32(after ?? '') - crc32(before ?? '')) >>> 0;
      const key = LEASE + fact.key;
      changes.set(
        key,
        after === undefined ? { type: 'del', key } : { type: 'put', key, value: after },
      );
    }
    const value = ledgerRowOf(this.#ledger.fencingToken, this.#checksum);
    return [...changes.values(), { type: 'put', key: LEDGER, value }];
  }

  #rowOf(key: string): string | undefined {
    const lease = this.#ledger.leases.get(key);
    return lease === undefined ? undefined : encode(lease);
  }
}

/** JSON has no infinity: a lease without an end has null. */
function encode({ name, size, key, fencingToken, leaseMs, sessionId, at }: KeptLease): string {
  const finiteMs = leaseMs === FOREVER ? null : leaseMs;
  return JSON.stringify({ name, size, key, fencingToken, leaseMs: finiteMs, sessionId, at });
}

function decode(row: string): KeptLease {
  try {
    const lease = JSON.parse(row) as KeptLease & { readonly leaseMs: number | null };
    return { ...lease, leaseMs: lease.leaseMs ?? FOREVER };
  } catch (cause) {
    throw new DamagedRowsError('a lease in it cannot be read', { cause });
  }
}

/** The highest fencing token ever given, and a checksum over it and all leases. */
function ledgerRowOf(fencingToken: number, checksum: number): string {
  return `${fencingToken} ${crc32(`${fencingToken} ${checksum}`)}`;
}
