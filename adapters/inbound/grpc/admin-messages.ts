/** Why: the domain's descriptions as messages, and back; both ends of the wire in one place, so that they cannot differ. */
import type {
  HolderChange,
  HolderDescription,
  LockDescription,
  ServerRole,
  ServerStats,
  SessionDescription,
  WaiterDescription,
} from '../../../domain/descriptions.js';
import type { HolderFilter } from '../../../domain/holder-filter.js';
import { FOREVER, type Instant } from '../../../domain/instant.js';
import type { Owner } from '../../../domain/owner.js';
import type { Change, Change__Output } from '../../../proto/generated/ldlm/admin/Change.js';
import type { ChangeKind } from '../../../proto/generated/ldlm/admin/ChangeKind.js';
import type { Holder, Holder__Output } from '../../../proto/generated/ldlm/admin/Holder.js';
import type {
  ListHoldersRequest,
  ListHoldersRequest__Output,
} from '../../../proto/generated/ldlm/admin/ListHoldersRequest.js';
import type { Lock, Lock__Output } from '../../../proto/generated/ldlm/admin/Lock.js';
import type { Session, Session__Output } from '../../../proto/generated/ldlm/admin/Session.js';
import type {
  StatsResponse,
  StatsResponse__Output,
} from '../../../proto/generated/ldlm/admin/StatsResponse.js';
import type { Waiter, Waiter__Output } from '../../../proto/generated/ldlm/admin/Waiter.js';

export function toHolder(holder: HolderDescription): Holder {
  const { sessionId, session, owner } = holder;
  return {
    name: holder.name,
    size: holder.size,
    key: holder.key,
    fencing_token: holder.fencingToken,
    granted_at: holder.grantedAt,
    ...end('expires_at', holder.expiresAt),
    ...(sessionId !== undefined && { session_id: sessionId }),
    ...(session !== undefined && { session }),
    ...(owner && { owner }),
    waiter_count: holder.waiterCount,
  };
}

export function fromHolder(holder: Holder__Output): HolderDescription {
  return {
    name: holder.name ?? '',
    size: holder.size ?? 0,
    key: holder.key ?? '',
    fencingToken: holder.fencing_token ?? 0,
    grantedAt: holder.granted_at ?? 0,
    expiresAt: holder.expires_at ?? FOREVER,
    sessionId: holder.session_id,
    session: holder.session,
    owner: ownerIn(holder),
    waiterCount: holder.waiter_count ?? 0,
  };
}

export function toLock(lock: LockDescription): Lock {
  return {
    name: lock.name,
    size: lock.size,
    holder_count: lock.holderCount,
    waiter_count: lock.waiterCount,
    grant_count: lock.grantCount,
  };
}

export function fromLock(lock: Lock__Output): LockDescription {
  return {
    name: lock.name ?? '',
    size: lock.size ?? 0,
    holderCount: lock.holder_count ?? 0,
    waiterCount: lock.waiter_count ?? 0,
    grantCount: lock.grant_count ?? 0,
  };
}

export function toWaiter(waiter: WaiterDescription): Waiter {
  const { owner } = waiter;
  return {
    queued_at: waiter.queuedAt,
    ...end('waits_until', waiter.waitsUntil),
    session_id: waiter.sessionId,
    session: waiter.session,
    ...(owner && { owner }),
  };
}

export function fromWaiter(waiter: Waiter__Output): WaiterDescription {
  return {
    queuedAt: waiter.queued_at ?? 0,
    waitsUntil: waiter.waits_until ?? FOREVER,
    sessionId: waiter.session_id ?? '',
    session: waiter.session ?? '',
    owner: ownerIn(waiter),
  };
}

export function toSession(session: SessionDescription): Session {
  const { peer, owner } = session;
  return {
    session_id: session.sessionId,
    kind: session.kind,
    ...(peer !== undefined && { peer }),
    opened_at: session.openedAt,
    ...end('ends_at', session.endsAt),
    lease_count: session.leaseCount,
    waiter_count: session.waiterCount,
    ...(owner && { owner }),
  };
}

export function fromSession(session: Session__Output): SessionDescription {
  return {
    sessionId: session.session_id ?? '',
    kind: session.kind ?? '',
    peer: session.peer,
    openedAt: session.opened_at ?? 0,
    endsAt: session.ends_at ?? FOREVER,
    leaseCount: session.lease_count ?? 0,
    waiterCount: session.waiter_count ?? 0,
    owner: ownerIn(session),
  };
}

type ChangeWord = 'granted' | 'renewed' | Extract<HolderChange, { kind: 'ended' }>['reason'];

const CHANGE_KINDS: Readonly<Record<ChangeWord, keyof typeof ChangeKind>> = {
  granted: 'CHANGE_KIND_GRANTED',
  renewed: 'CHANGE_KIND_RENEWED',
  released: 'CHANGE_KIND_RELEASED',
  expired: 'CHANGE_KIND_EXPIRED',
  revoked: 'CHANGE_KIND_REVOKED',
  'session-ended': 'CHANGE_KIND_SESSION_ENDED',
};

const CHANGE_WORDS = new Map(
  Object.entries(CHANGE_KINDS).map(([word, kind]) => [kind as string, word as ChangeWord]),
);

export function toChange(change: HolderChange): Change {
  const kind = CHANGE_KINDS[change.kind === 'ended' ? change.reason : change.kind];
  return { kind, holder: toHolder(change.holder) };
}

/** @returns undefined for what a later server knows. */
export function fromChange(change: Change__Output): HolderChange | undefined {
  const word = CHANGE_WORDS.get(change.kind ?? '');
  const holder = fromHolder(change.holder ?? {});
  if (word === undefined) {
    return undefined;
  }
  return word === 'granted' || word === 'renewed'
    ? { kind: word, holder }
    : { kind: 'ended', holder, reason: word };
}

export function toStats(stats: ServerStats): StatsResponse {
  return {
    version: stats.version,
    role: stats.role,
    started_at: stats.startedAt,
    now: stats.now,
    lock_count: stats.lockCount,
    lease_count: stats.leaseCount,
    waiter_count: stats.waiterCount,
    session_count: stats.sessionCount,
    grant_count: stats.grantCount,
    renewal_count: stats.renewalCount,
    released_count: stats.endCounts.released,
    expired_count: stats.endCounts.expired,
    revoked_count: stats.endCounts.revoked,
    session_ended_count: stats.endCounts['session-ended'],
    fencing_token: stats.fencingToken,
  };
}

export function fromStats(stats: StatsResponse__Output): ServerStats {
  return {
    version: stats.version ?? '',
    role: (stats.role ?? 'single') as ServerRole,
    startedAt: stats.started_at ?? 0,
    now: stats.now ?? 0,
    lockCount: stats.lock_count ?? 0,
    leaseCount: stats.lease_count ?? 0,
    waiterCount: stats.waiter_count ?? 0,
    sessionCount: stats.session_count ?? 0,
    grantCount: stats.grant_count ?? 0,
    renewalCount: stats.renewal_count ?? 0,
    endCounts: {
      released: stats.released_count ?? 0,
      expired: stats.expired_count ?? 0,
      revoked: stats.revoked_count ?? 0,
      'session-ended': stats.session_ended_count ?? 0,
    },
    fencingToken: stats.fencing_token ?? 0,
  };
}

/** The fields are those of a watch's request, too. */
export function toFilter(request: ListHoldersRequest__Output): HolderFilter {
  const { name, name_prefix, name_pattern, session, owner_value: value, owner_word } = request;
  const owner = value !== undefined && {
    value,
    ...(owner_word !== undefined && { word: owner_word }),
  };
  return {
    ...(name !== undefined && { name }),
    ...(name_prefix !== undefined && { namePrefix: name_prefix }),
    ...(name_pattern !== undefined && { namePattern: name_pattern }),
    ...(session !== undefined && { session }),
    ...(owner && { owner }),
  };
}

export function fromFilter(filter: HolderFilter): ListHoldersRequest {
  const { name, namePrefix, namePattern, session, owner } = filter;
  return {
    ...(name !== undefined && { name }),
    ...(namePrefix !== undefined && { name_prefix: namePrefix }),
    ...(namePattern !== undefined && { name_pattern: namePattern }),
    ...(session !== undefined && { session }),
    ...(owner && { owner_value: owner.value }),
    ...(owner?.word !== undefined && { owner_word: owner.word }),
  };
}

/** What never comes is left out. */
function end<Field extends string>(field: Field, at: Instant): { [Name in Field]?: Instant } {
  return at === FOREVER ? {} : ({ [field]: at } as { [Name in Field]: Instant });
}

/** An empty map is none on the wire. */
function ownerIn({
  owner,
}: {
  readonly owner?: Readonly<Record<string, string>>;
}): Owner | undefined {
  return owner === undefined || Object.keys(owner).length === 0 ? undefined : owner;
}
