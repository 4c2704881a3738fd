// Original file: proto/ldlm-admin.proto

import type { AdminRefusal as _ldlm_admin_AdminRefusal, AdminRefusal__Output as _ldlm_admin_AdminRefusal__Output } from '../../ldlm/admin/AdminRefusal.js';

export interface KickResponse {
  'refusal'?: (_ldlm_admin_AdminRefusal);
  'session'?: (string);
  'lease_count'?: (number);
  'waiter_count'?: (number);
  '_refusal'?: "refusal";
}

export interface KickResponse__Output {
  'refusal'?: (_ldlm_admin_AdminRefusal__Output);
  'session'?: (string);
  'lease_count'?: (number);
  'waiter_count'?: (number);
}
