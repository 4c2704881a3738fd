// Original file: proto/ldlm-admin.proto

import type { Change as _ldlm_admin_Change, Change__Output as _ldlm_admin_Change__Output } from '../../ldlm/admin/Change.js';

export interface ChangePage {
  'gap'?: (boolean);
  'changes'?: (_ldlm_admin_Change)[];
  'now'?: (number | string);
}

export interface ChangePage__Output {
  'gap'?: (boolean);
  'changes'?: (_ldlm_admin_Change__Output)[];
  'now'?: (number);
}
