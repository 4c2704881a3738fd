// Original file: proto/ldlm-admin.proto

import type { Lock as _ldlm_admin_Lock, Lock__Output as _ldlm_admin_Lock__Output } from '../../ldlm/admin/Lock.js';
import type { Holder as _ldlm_admin_Holder, Holder__Output as _ldlm_admin_Holder__Output } from '../../ldlm/admin/Holder.js';
import type { Waiter as _ldlm_admin_Waiter, Waiter__Output as _ldlm_admin_Waiter__Output } from '../../ldlm/admin/Waiter.js';

export interface LockPart {
  'lock'?: (_ldlm_admin_Lock | null);
  'now'?: (number | string);
  'holders'?: (_ldlm_admin_Holder)[];
  'waiters'?: (_ldlm_admin_Waiter)[];
  '_now'?: "now";
}

export interface LockPart__Output {
  'lock'?: (_ldlm_admin_Lock__Output);
  'now'?: (number);
  'holders'?: (_ldlm_admin_Holder__Output)[];
  'waiters'?: (_ldlm_admin_Waiter__Output)[];
}
