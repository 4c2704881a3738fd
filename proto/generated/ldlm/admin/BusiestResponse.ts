// Original file: proto/ldlm-admin.proto

import type { Lock as _ldlm_admin_Lock, Lock__Output as _ldlm_admin_Lock__Output } from '../../ldlm/admin/Lock.js';

export interface BusiestResponse {
  'locks'?: (_ldlm_admin_Lock)[];
}

export interface BusiestResponse__Output {
  'locks'?: (_ldlm_admin_Lock__Output)[];
}
