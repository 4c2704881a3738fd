// Original file: proto/ldlm-admin.proto

import type { Long } from '@grpc/proto-loader';

export interface Lock {
  'name'?: (string);
  'size'?: (number);
  'holder_count'?: (number);
  'waiter_count'?: (number);
  'grant_count'?: (number | string | Long);
}

export interface Lock__Output {
  'name'?: (string);
  'size'?: (number);
  'holder_count'?: (number);
  'waiter_count'?: (number);
  'grant_count'?: (number);
}
