// Original file: proto/ldlm-admin.proto

import type { Session as _ldlm_admin_Session, Session__Output as _ldlm_admin_Session__Output } from '../../ldlm/admin/Session.js';

export interface SessionPage {
  'sessions'?: (_ldlm_admin_Session)[];
  'now'?: (number | string);
}

export interface SessionPage__Output {
  'sessions'?: (_ldlm_admin_Session__Output)[];
  'now'?: (number);
}
