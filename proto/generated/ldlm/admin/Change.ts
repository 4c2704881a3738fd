// Original file: proto/ldlm-admin.proto

import type { ChangeKind as _ldlm_admin_ChangeKind, ChangeKind__Output as _ldlm_admin_ChangeKind__Output } from '../../ldlm/admin/ChangeKind.js';
import type { Holder as _ldlm_admin_Holder, Holder__Output as _ldlm_admin_Holder__Output } from '../../ldlm/admin/Holder.js';

export interface Change {
  'kind'?: (_ldlm_admin_ChangeKind);
  'holder'?: (_ldlm_admin_Holder | null);
}

export interface Change__Output {
  'kind'?: (_ldlm_admin_ChangeKind__Output);
  'holder'?: (_ldlm_admin_Holder__Output);
}
