// Original file: proto/ldlm.proto

import type { Error as _ldlm_Error, Error__Output as _ldlm_Error__Output } from '../ldlm/Error.js';
import type { Long } from '@grpc/proto-loader';

export interface LockResponse {
  'locked'?: (boolean);
  'name'?: (string);
  'key'?: (string);
  'error'?: (_ldlm_Error | null);
  'fencing_token'?: (number | string | Long);
  '_error'?: "error";
}

export interface LockResponse__Output {
  'locked'?: (boolean);
  'name'?: (string);
  'key'?: (string);
  'error'?: (_ldlm_Error__Output);
  'fencing_token'?: (number);
}
