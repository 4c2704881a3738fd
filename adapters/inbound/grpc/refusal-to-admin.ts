/** Why: the one table from the domain's refusals to those of the administration. A new code must be answered here to compile. */
import type { RefusalCode } from '../../../domain/refusal.js';
import type { AdminRefusal } from '../../../proto/generated/ldlm/admin/AdminRefusal.js';

export type AdminRefusalName = keyof typeof AdminRefusal;

const UNSPECIFIED: AdminRefusalName = 'ADMIN_REFUSAL_UNSPECIFIED';

/** An administrator's requests meet those that are specified. */
const REFUSALS: Readonly<Record<RefusalCode, AdminRefusalName>> = {
  'lock-unknown': 'ADMIN_REFUSAL_LOCK_UNKNOWN',
  'key-invalid': 'ADMIN_REFUSAL_KEY_INVALID',
  'key-needed': 'ADMIN_REFUSAL_KEY_NEEDED',
  'session-unknown': 'ADMIN_REFUSAL_SESSION_UNKNOWN',
  'server-stopping': 'ADMIN_REFUSAL_SERVER_STOPPING',
  'lease-time-invalid': UNSPECIFIED,
  'wait-time-invalid': UNSPECIFIED,
  'name-empty': UNSPECIFIED,
  'name-too-long': UNSPECIFIED,
  'size-invalid': UNSPECIFIED,
  'size-mismatch': UNSPECIFIED,
  held: UNSPECIFIED,
  'wait-timeout': UNSPECIFIED,
  'lease-ended': UNSPECIFIED,
  withdrawn: UNSPECIFIED,
  'lease-unknown': UNSPECIFIED,
  'too-many-sessions': UNSPECIFIED,
  'too-many-waiters': UNSPECIFIED,
};

export function refusalToAdmin(code: RefusalCode): AdminRefusalName {
  return REFUSALS[code];
}

/** @returns undefined for what this end does not know. */
export function refusalFromAdmin(name: string): RefusalCode | undefined {
  const codes = Object.keys(REFUSALS) as RefusalCode[];
  return name === UNSPECIFIED ? undefined : codes.find((code) => REFUSALS[code] === name);
}
