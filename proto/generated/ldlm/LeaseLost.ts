// Original file: proto/ldlm.proto

import type { Loss as _ldlm_Loss, Loss__Output as _ldlm_Loss__Output } from '../ldlm/Loss.js';

export interface LeaseLost {
  'name'?: (string);
  'key'?: (string);
  'reason'?: (_ldlm_Loss);
}

export interface LeaseLost__Output {
  'name'?: (string);
  'key'?: (string);
  'reason'?: (_ldlm_Loss__Output);
}
