// Original file: proto/ldlm.proto

import type { Error as _ldlm_Error, Error__Output as _ldlm_Error__Output } from '../ldlm/Error.js';

export interface UnlockResponse {
  'unlocked'?: (boolean);
  'name'?: (string);
  'error'?: (_ldlm_Error | null);
  '_error'?: "error";
}

export interface UnlockResponse__Output {
  'unlocked'?: (boolean);
  'name'?: (string);
  'error'?: (_ldlm_Error__Output);
}
