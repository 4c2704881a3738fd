// Original file: proto/ldlm-admin.proto

import type { Long } from '@grpc/proto-loader';

export interface Holder {
  'name'?: (string);
  'size'?: (number);
  'key'?: (string);
  'fencing_token'?: (number | string | Long);
  'granted_at'?: (number | string);
  'expires_at'?: (number | string);
  'session_id'?: (string);
  'session'?: (string);
  'owner'?: ({[key: string]: string});
  'waiter_count'?: (number);
  '_expires_at'?: "expires_at";
  '_session_id'?: "session_id";
  '_session'?: "session";
}

export interface Holder__Output {
  'name'?: (string);
  'size'?: (number);
  'key'?: (string);
  'fencing_token'?: (number);
  'granted_at'?: (number);
  'expires_at'?: (number);
  'session_id'?: (string);
  'session'?: (string);
  'owner'?: ({[key: string]: string});
  'waiter_count'?: (number);
}
