// Original file: proto/ldlm-admin.proto

import type { Long } from '@grpc/proto-loader';

export interface StatsResponse {
  'version'?: (string);
  'role'?: (string);
  'started_at'?: (number | string);
  'now'?: (number | string);
  'lock_count'?: (number | string | Long);
  'lease_count'?: (number | string | Long);
  'waiter_count'?: (number | string | Long);
  'session_count'?: (number | string | Long);
  'grant_count'?: (number | string | Long);
  'renewal_count'?: (number | string | Long);
  'released_count'?: (number | string | Long);
  'expired_count'?: (number | string | Long);
  'revoked_count'?: (number | string | Long);
  'session_ended_count'?: (number | string | Long);
  'fencing_token'?: (number | string | Long);
}

export interface StatsResponse__Output {
  'version'?: (string);
  'role'?: (string);
  'started_at'?: (number);
  'now'?: (number);
  'lock_count'?: (number);
  'lease_count'?: (number);
  'waiter_count'?: (number);
  'session_count'?: (number);
  'grant_count'?: (number);
  'renewal_count'?: (number);
  'released_count'?: (number);
  'expired_count'?: (number);
  'revoked_count'?: (number);
  'session_ended_count'?: (number);
  'fencing_token'?: (number);
}
