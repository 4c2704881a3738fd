/**
 * Why: leases and sessions as rows of a database, a row each, and one more row by which a database that has
 * lost or changed any of them is found out: LevelDB drops what it cannot read of its log without a word.
 */
import { crc32 } from 'node:zlib';
import { type Fact, FOREVER, type KeptLease, type KeptSession, LeaseLedger } from 'ldlm/domain';
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
const SESSION = 'session/';
const LEDGER = 'ledger';

export class LeaseRows {
  readonly #ledger: LeaseLedger;
  /** The sum of the checksums of all rows of leases and sessions, modulo 2^32. */
  #checksum: number;

  private constructor(ledger: LeaseLedger, checksum: number) {
    this.#ledger = ledger;
    this.#checksum = checksum;
  }

  /** @throws DamagedRowsError */
  static async read(rows: AsyncIterable<readonly [string, string]>): Promise<LeaseRows> {
    const leases: KeptLease[] = [];
    const sessions: KeptSession[] = [];
    let checksum = 0;
    let ledgerRow = ledgerRowOf(0, 0);
    for await (const [key, value] of rows) {
      if (key === LEDGER) {
        ledgerRow = value;
      } else if (key.startsWith(LEASE)) {
        leases.push(decodeLease(value));
        checksum = (checksum + crc32(value)) >>> 0;
      } else if (key.startsWith(SESSION)) {
        sessions.push(decoded<KeptSession>(value));
        checksum = (checksum + crc32(value)) >>> 0;
      } else {
        throw new DamagedRowsError(`the row ${JSON.stringify(key)} is none of a lock server's`);
      }
    }
    const fencingToken = Number.parseInt(ledgerRow, 10);
    if (ledgerRow !== ledgerRowOf(fencingToken, checksum)) {
      throw new DamagedRowsError('its rows are not those that were written last');
    }
    const ledger = new LeaseLedger(fencingToken);
    for (const session of sessions) {
      ledger.restoreSession(session);
    }
    for (const lease of leases) {
      ledger.restore(lease);
    }
    return new LeaseRows(ledger, checksum);
  }

  get recovered(): RecoveredState {
    const { leases, sessions, fencingToken } = this.#ledger;
    const open = [...sessions.values()].map((session) => session.copy());
    return { leases: [...leases.values()], sessions: open, fencingToken };
  }

  /** Takes in the facts. @returns what makes the database say so, too; to be written all or nothing. */
  apply(facts: readonly Fact[]): readonly RowChange[] {
    const changes = new Map<string, RowChange>();
    for (const fact of facts) {
      const keys = rowsOf(fact);
      const before = keys.map((key) => this.#rowAt(key));
      this.#ledger.apply(fact);
      for (const [index, key] of keys.entries()) {
        const after = this.#rowAt(key);
        this.#checksum = (this.#checksum + crc32(after ?? '') - crc32(before[index] ?? '')) >>> 0;
        changes.set(
          key,
          after === undefined ? { type: 'del', key } : { type: 'put', key, value: after },
        );
      }
    }
    const value = ledgerRowOf(this.#ledger.fencingToken, this.#checksum);
    return [...changes.values(), { type: 'put', key: LEDGER, value }];
  }

  #rowAt(key: string): string | undefined {
    if (key.startsWith(SESSION)) {
      const session = this.#ledger.sessions.get(key.slice(SESSION.length));
      return session && JSON.stringify(session.copy());
    }
    const lease = this.#ledger.leases.get(key.slice(LEASE.length));
    return lease && encodeLease(lease);
  }
}

/** The rows that a fact can change. */
function rowsOf(fact: Fact): readonly string[] {
  switch (fact.type) {
    case 'session-opened':
    case 'session-ended':
      return [SESSION + fact.sessionId];
    case 'lease-ended':
      return [LEASE + fact.key, ...(fact.by ? [SESSION + fact.by.sessionId] : [])];
    case 'lease-granted':
    case 'lease-renewed':
      return [LEASE + fact.key];
    default:
      return fact satisfies never;
  }
}

/** JSON has no infinity: a lease without an end has null. */
function encodeLease({ leaseMs, ...lease }: KeptLease): string {
  return JSON.stringify({ ...lease, leaseMs: leaseMs === FOREVER ? null : leaseMs });
}

function decodeLease(row: string): KeptLease {
  const lease = decoded<KeptLease & { readonly leaseMs: number | null }>(row);
  return { ...lease, leaseMs: lease.leaseMs ?? FOREVER };
}

function decoded<Row>(row: string): Row {
  try {
    return JSON.parse(row) as Row;
  } catch (cause) {
    throw new DamagedRowsError('a row of it cannot be read', { cause });
  }
}

/** The highest fencing token ever given, and a checksum over it and all rows. */
function ledgerRowOf(fencingToken: number, checksum: number): string {
  return `${fencingToken} ${crc32(`${fencingToken} ${checksum}`)}`;
}
