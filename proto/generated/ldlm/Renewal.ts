// Original file: proto/ldlm.proto

import type { Long } from '@grpc/proto-loader';

export interface Renewal {
  'request_id'?: (number | string | Long);
  'name'?: (string);
  'key'?: (string);
  'lease_ms'?: (number | string | Long);
}

export interface Renewal__Output {
  'request_id'?: (number);
  'name'?: (string);
  'key'?: (string);
  'lease_ms'?: (number);
}
