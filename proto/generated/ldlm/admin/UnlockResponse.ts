// Original file: proto/ldlm-admin.proto

import type { AdminRefusal as _ldlm_admin_AdminRefusal, AdminRefusal__Output as _ldlm_admin_AdminRefusal__Output } from '../../ldlm/admin/AdminRefusal.js';

export interface UnlockResponse {
  'refusal'?: (_ldlm_admin_AdminRefusal);
  'key'?: (string);
  'lease_count'?: (number);
  '_refusal'?: "refusal";
  '_key'?: "key";
}

export interface UnlockResponse__Output {
  'refusal'?: (_ldlm_admin_AdminRefusal__Output);
  'key'?: (string);
  'lease_count'?: (number);
}
