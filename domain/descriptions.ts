/** Why: what operators are shown of the state; plain values that stay true to the moment they were taken. */
import type { LeaseEnding } from './facts.js';
import type { Instant } from './instant.js';
import type { Lease } from './lease.js';
import type { Lock } from './lock.js';
import type { Owner } from './owner.js';
import type { Session } from './session.js';
import type { Waiter } from './waiter.js';

/** One lease that lives. */
export interface HolderDescription {
  readonly name: string;
  readonly size: number;
  readonly key: string;
  readonly fencingToken: number;
  readonly grantedAt: Instant;
  /** FOREVER for a lease without an end. */
  readonly expiresAt: Instant;
  /** undefined when no session holds it: restored from the store, or kept past its session. */
  readonly sessionId: string | undefined;
  /** The session's kind and peer, such as `connection 127.0.0.1:51234`; undefined with sessionId. */
  readonly session: string | undefined;
  /** What its client said of itself and of its purpose; undefined where it said nothing. */
  readonly owner: Owner | undefined;
  /** How many wait for the lock it is on. */
  readonly waiterCount: number;
}

/** What became of a lease; of one that ended, as it was before that. */
export type HolderChange =
  | { readonly kind: 'granted' | 'renewed'; readonly holder: HolderDescription }
  | { readonly kind: 'ended'; readonly holder: HolderDescription; readonly reason: LeaseEnding };

/** One lock, held or not. */
export interface LockDescription {
  readonly name: string;
  readonly size: number;
  readonly holderCount: number;
  readonly waiterCount: number;
  /** How often it was granted since it is known. */
  readonly grantCount: number;
}

/** One request in the queue of a lock. It has a key only once it is granted. */
export interface WaiterDescription {
  readonly queuedAt: Instant;
  /** When its patience ends; FOREVER for never. */
  readonly waitsUntil: Instant;
  readonly sessionId: string;
  /** The session's kind and peer. */
  readonly session: string;
  readonly owner: Owner | undefined;
}

/** One client's presence. */
export interface SessionDescription {
  readonly sessionId: string;
  /** `connection`, `rest` or `stream`. */
  readonly kind: string;
  /** An `address:port`; undefined while its client was not heard of since a restart. */
  readonly peer: string | undefined;
  /** When it opened or, if it is from before a restart, when the server started. */
  readonly openedAt: Instant;
  /** When it ends unless it is heard of; FOREVER while its client is known to be there. */
  readonly endsAt: Instant;
  readonly leaseCount: number;
  readonly waiterCount: number;
  readonly owner: Owner | undefined;
}

/** How much there is, and how much has happened since the server started. */
export interface LockCounts {
  /** Names that are known, held or not. */
  readonly lockCount: number;
  readonly leaseCount: number;
  readonly waiterCount: number;
  readonly sessionCount: number;
  readonly grantCount: number;
  readonly renewalCount: number;
  readonly endCounts: Readonly<Record<LeaseEnding, number>>;
  /** The greatest that was given. */
  readonly fencingToken: number;
}

/** Whether a server is the only one or, of several, the one that serves. */
export type ServerRole = 'single' | 'leader' | 'standby';

export interface ServerStats extends LockCounts {
  /** Empty if nobody said. */
  readonly version: string;
  readonly role: ServerRole;
  readonly startedAt: Instant;
  /** The server's clock. */
  readonly now: Instant;
}

/** What is known of a lock, in this order; of holders and waiters any number of parts. */
export type LockPart =
  | { readonly kind: 'lock'; readonly lock: LockDescription; readonly now: Instant }
  | { readonly kind: 'holders'; readonly holders: readonly HolderDescription[] }
  | { readonly kind: 'waiters'; readonly waiters: readonly WaiterDescription[] };

export function describedLock(lock: Lock): LockDescription {
  const { name, size, holders, waiterCount, grantCount } = lock;
  return { name, size, holderCount: holders.length, waiterCount, grantCount };
}

export function describedLease(lease: Lease): HolderDescription {
  const { lock, key, fencingToken, grantedAt, deadlineAt, session, metadata } = lease;
  return {
    name: lock.name,
    size: lock.size,
    key,
    fencingToken,
    grantedAt,
    expiresAt: deadlineAt,
    sessionId: session?.id,
    session: session?.description,
    owner: joinedWords(session?.stream?.owner, metadata),
    waiterCount: lock.waiterCount,
  };
}

export function describedWaiter(waiter: Waiter): WaiterDescription {
  const { command, session, queuedAt, deadlineAt } = waiter;
  return {
    queuedAt,
    waitsUntil: deadlineAt,
    sessionId: session.id,
    session: session.description,
    owner: joinedWords(session.stream?.owner, command.metadata),
  };
}

export function describedSession(session: Session): SessionDescription {
  return {
    sessionId: session.id,
    kind: session.kind,
    peer: session.peer,
    openedAt: session.openedAt,
    endsAt: session.deadlineAt,
    leaseCount: session.leases.length,
    waiterCount: session.waiters.length,
    owner: session.stream?.owner,
  };
}

/** The words of a session and those of its request; the latter win. */
function joinedWords(owner: Owner | undefined, metadata: Owner | undefined): Owner | undefined {
  return owner === undefined || metadata === undefined
    ? (metadata ?? owner)
    : { ...owner, ...metadata };
}
