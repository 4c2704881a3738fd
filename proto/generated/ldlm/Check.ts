// Original file: proto/ldlm.proto

import type { Long } from '@grpc/proto-loader';

export interface Check {
  'request_id'?: (number | string | Long);
  'name'?: (string);
  'key'?: (string);
}

export interface Check__Output {
  'request_id'?: (number);
  'name'?: (string);
  'key'?: (string);
}
