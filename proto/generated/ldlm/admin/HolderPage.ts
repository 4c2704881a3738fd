// Original file: proto/ldlm-admin.proto

import type { Holder as _ldlm_admin_Holder, Holder__Output as _ldlm_admin_Holder__Output } from '../../ldlm/admin/Holder.js';

export interface HolderPage {
  'holders'?: (_ldlm_admin_Holder)[];
  'now'?: (number | string);
  '_now'?: "now";
}

export interface HolderPage__Output {
  'holders'?: (_ldlm_admin_Holder__Output)[];
  'now'?: (number);
}
