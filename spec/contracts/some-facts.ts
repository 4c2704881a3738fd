/**
 * Facts in short, for specs: `index` gives a lease its name, key and token. They are frozen, as a
 * store must leave them.
 */
import type {
  LeaseEnded,
  LeaseGranted,
  LeaseRenewed,
  StreamSessionEnded,
  StreamSessionOpened,
} from '../../domain/facts.js';

export function granted(index: number, fields: Partial<LeaseGranted> = {}): LeaseGranted {
  return Object.freeze({
    type: 'lease-granted',
    name: `lock-${index % 100}`,
    size: 1000,
    key: `key-${index}`,
    fencingToken: 1_732_000_000_000_000 + index,
    leaseMs: 600_000,
    sessionId: `session-${index % 10}`,
    at: 1_732_000_000_000 + index,
    ...fields,
  });
}

export function renewed(
  index: number,
  fields: Partial<LeaseRenewed> & Pick<LeaseRenewed, 'leaseMs'>,
): LeaseRenewed {
  const { name, key, at } = granted(index);
  return Object.freeze({ type: 'lease-renewed', name, key, at, ...fields });
}

export function ended(index: number, fields: Partial<LeaseEnded> = {}): LeaseEnded {
  const { name, key, at } = granted(index);
  return Object.freeze({ type: 'lease-ended', name, key, reason: 'released', at, ...fields });
}

export function sessionOpened(
  sessionId: string,
  fields: Partial<StreamSessionOpened> = {},
): StreamSessionOpened {
  const at = 1_732_000_000_000;
  return Object.freeze({ type: 'session-opened', sessionId, recoveryMs: 10_000, at, ...fields });
}

export function sessionEnded(sessionId: string): StreamSessionEnded {
  return Object.freeze({ type: 'session-ended', sessionId, at: 1_732_000_000_001 });
}
