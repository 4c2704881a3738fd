// Original file: proto/ldlm-admin.proto


export interface Session {
  'session_id'?: (string);
  'kind'?: (string);
  'peer'?: (string);
  'opened_at'?: (number | string);
  'ends_at'?: (number | string);
  'lease_count'?: (number);
  'waiter_count'?: (number);
  'owner'?: ({[key: string]: string});
  '_peer'?: "peer";
  '_ends_at'?: "ends_at";
}

export interface Session__Output {
  'session_id'?: (string);
  'kind'?: (string);
  'peer'?: (string);
  'opened_at'?: (number);
  'ends_at'?: (number);
  'lease_count'?: (number);
  'waiter_count'?: (number);
  'owner'?: ({[key: string]: string});
}
