/** Why: a new leader reads all that was kept before anybody relies on it, and tells damage from being deposed. */
import { JournalFold } from '../../../domain/journal-fold.js';
import {
  decodeHeader,
  JOURNAL_VERSION,
  type JournalHeader,
  versionOf,
} from '../../../domain/journal-record.js';
import { type LeaseLedger, LedgerError } from '../../../domain/lease-ledger.js';
import { StateStoreError } from '../../../ports/outbound/state-store.js';
import { etcdFailed } from './etcd-error.js';
import type { EtcdKeys, KeyRange } from './etcd-keys.js';
import type { EtcdMembers } from './etcd-members.js';
import type { EtcdTerm } from './etcd-term.js';

export interface EtcdJournal {
  readonly ledger: LeaseLedger;
  /** Of the last batch; 0 before the first. */
  readonly batchNumber: number;
  /** Of the last batch in the snapshot; 0 when there is none. */
  readonly snapshotNumber: number;
  /** The revision that wrote the header; '0' when there is none. */
  readonly headRevision: string;
  /** Characters of the snapshot, and of the batches behind it. */
  readonly snapshotLength: number;
  readonly batchesLength: number;
}

interface ReadingOptions {
  readonly members: EtcdMembers;
  readonly keys: EtcdKeys;
}

/** So many records are read at once: a record may take 768 KiB. */
const PAGE_RECORDS = 64;
const EMPTY: JournalHeader = { batches: 0, fencingToken: 0, leases: 0, sessions: 0 };

/**
 * Only the leader writes, so that nothing moves while it reads, and no revision need be pinned that a
 * compaction of etcd's history could take away.
 * @throws StateStoreError `damaged`, `deposed`, `unavailable`.
 */
export async function readEtcd(options: ReadingOptions, term: EtcdTerm): Promise<EtcdJournal> {
  const { keys } = options;
  try {
    const head = await readHead(options);
    const fold = new JournalFold(head.header);
    const { batches } = head.header;
    const snapshotLength = await readRecords(options, keys.snapshotFrom(batches, 1), fold);
    if (fold.isInSnapshot) {
      throw damaged(keys.snapshotPart(batches, 0), 'a part of the snapshot is missing');
    }
    const batchesLength = await readRecords(options, keys.batchesFrom(batches + 1), fold);
    return {
      ledger: fold.ledger,
      batchNumber: fold.batchNumber,
      snapshotNumber: batches,
      headRevision: head.revision,
      snapshotLength,
      batchesLength,
    };
  } catch (error) {
    // What another leader wrote meanwhile would look like damage.
    await term.verify();
    throw etcdFailed('unavailable', {
      endpoints: options.members.endpoints,
      doing: 'could not be read',
      error,
    });
  }
}

async function readHead({
  members,
  keys,
}: ReadingOptions): Promise<{ readonly header: JournalHeader; readonly revision: string }> {
  const { kvs } = await members.ask((etcd, options) => etcd.kv.range({ key: keys.head }, options), {
    timeoutMs: READ_TIMEOUT_MS,
  });
  const [head] = kvs;
  if (head === undefined) {
    return { header: EMPTY, revision: '0' };
  }
  const header = trusting(keys.head, () => {
    const value = JSON.parse(head.value.toString('utf8'));
    const version = versionOf(value);
    if (version !== undefined && version !== JOURNAL_VERSION) {
      throw new StateStoreError(
        'refused',
        `What etcd keeps under ${keys.head.toString()} is of version ${version}, and this server reads ` +
          `version ${JOURNAL_VERSION}. Start the version of the server that wrote it.`,
      );
    }
    return decodeHeader(value);
  });
  return { header, revision: head.mod_revision };
}

const READ_TIMEOUT_MS = 30_000;

/** @returns the characters read. */
async function readRecords(
  { members }: ReadingOptions,
  { key: from, range_end }: KeyRange,
  fold: JournalFold,
): Promise<number> {
  let length = 0;
  for (let key = from, isMore = true; isMore; ) {
    const { kvs, more } = await members.ask(
      (etcd, options) => etcd.kv.range({ key, range_end, limit: PAGE_RECORDS }, options),
      { timeoutMs: READ_TIMEOUT_MS },
    );
    for (const record of kvs) {
      length += record.value.length;
      trusting(record.key, () => fold.take(JSON.parse(record.value.toString('utf8'))));
      // The next key that sorts behind this one.
      key = Buffer.concat([record.key, Buffer.of(0)]);
    }
    isMore = more;
  }
  return length;
}

function trusting<Result>(key: Buffer, takeIn: () => Result): Result {
  try {
    return takeIn();
  } catch (error) {
    if (
      error instanceof LedgerError ||
      error instanceof TypeError ||
      error instanceof SyntaxError
    ) {
      throw damaged(key, error.message);
    }
    throw error;
  }
}

function damaged(key: Buffer, why: string): StateStoreError {
  return new StateStoreError(
    'damaged',
    `What etcd keeps is damaged at ${key.toString()}: ${why}. Nothing was changed. Restore a snapshot ` +
      'of etcd; docs/HIGH-AVAILABILITY.md says how.',
  );
}
