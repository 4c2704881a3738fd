/** Journals written by hand, line by line, for specs of what reads them. */
import { LineSealer } from '../../adapters/outbound/journal/journal-line.js';
import {
  batchMembers,
  encodeFact,
  encodeLease,
  encodeSession,
  headerMembers,
  type JournalHeader,
  leasesMembers,
  sessionsMembers,
} from '../../domain/journal-record.js';
import type { Fact } from '../../domain/facts.js';
import type { KeptLease, KeptSession } from '../../domain/kept-state.js';

export function sealed(members: string): Buffer {
  return Buffer.from(new LineSealer().seal(members));
}

export function headerLine(fields: Partial<JournalHeader> = {}): Buffer {
  return sealed(headerMembers({ batches: 0, fencingToken: 0, leases: 0, sessions: 0, ...fields }));
}

export function snapshotLine(number: number, leases: readonly KeptLease[]): Buffer {
  return sealed(leasesMembers(number, leases.map(encodeLease).join()));
}

export function sessionsLine(number: number, sessions: readonly KeptSession[]): Buffer {
  return sealed(sessionsMembers(number, sessions.map(encodeSession).join()));
}

export function batchLine(number: number, facts: readonly Fact[]): Buffer {
  return sealed(batchMembers(number, facts.map(encodeFact).join()));
}
