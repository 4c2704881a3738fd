// Original file: proto/ldlm.proto

import type { Long } from '@grpc/proto-loader';

export interface Granted {
  'request_id'?: (number | string | Long);
  'key'?: (string);
  'fencing_token'?: (number | string | Long);
  'waited_ms'?: (number | string | Long);
}

export interface Granted__Output {
  'request_id'?: (number);
  'key'?: (string);
  'fencing_token'?: (number);
  'waited_ms'?: (number);
}
