// Original file: proto/ldlm.proto

import type { Claim as _ldlm_Claim, Claim__Output as _ldlm_Claim__Output } from '../ldlm/Claim.js';
import type { Long } from '@grpc/proto-loader';

export interface Acquire {
  'request_id'?: (number | string | Long);
  'claims'?: (_ldlm_Claim)[];
  'wait_ms'?: (number | string | Long);
  'lease_ms'?: (number | string | Long);
  'metadata'?: ({[key: string]: string});
  '_wait_ms'?: "wait_ms";
  '_lease_ms'?: "lease_ms";
}

export interface Acquire__Output {
  'request_id'?: (number);
  'claims'?: (_ldlm_Claim__Output)[];
  'wait_ms'?: (number);
  'lease_ms'?: (number);
  'metadata'?: ({[key: string]: string});
}
