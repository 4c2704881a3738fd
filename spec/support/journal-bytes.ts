/** Journals written by hand, line by line, for specs of what reads them. */
import { LineSealer } from '../../adapters/outbound/journal/journal-line.js';
import {
  batchMembers,
  encodeFact,
  encodeLease,
  headerMembers,
  type JournalHeader,
  snapshotMembers,
} from '../../adapters/outbound/journal/journal-record.js';
import type { Fact } from '../../domain/facts.js';
import type { KeptLease } from '../../domain/lease-ledger.js';

export function sealed(members: string): Buffer {
  return Buffer.from(new LineSealer().seal(members));
}

export function headerLine(fields: Partial<JournalHeader> = {}): Buffer {
  return sealed(headerMembers({ batches: 0, fencingToken: 0, leases: 0, ...fields }));
}

export function snapshotLine(number: number, leases: readonly KeptLease[]): Buffer {
  return sealed(snapshotMembers(number, leases.map(encodeLease).join()));
}

export function batchLine(number: number, facts: readonly Fact[]): Buffer {
  return sealed(batchMembers(number, facts.map(encodeFact).join()));
}
