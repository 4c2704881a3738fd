// Original file: proto/ldlm.proto

import type { Refusal as _ldlm_Refusal, Refusal__Output as _ldlm_Refusal__Output } from '../ldlm/Refusal.js';
import type { Long } from '@grpc/proto-loader';

export interface Refused {
  'request_id'?: (number | string | Long);
  'code'?: (_ldlm_Refusal);
  'message'?: (string);
}

export interface Refused__Output {
  'request_id'?: (number);
  'code'?: (_ldlm_Refusal__Output);
  'message'?: (string);
}
