// Original file: proto/ldlm-admin.proto


export interface Waiter {
  'queued_at'?: (number | string);
  'waits_until'?: (number | string);
  'session_id'?: (string);
  'session'?: (string);
  'owner'?: ({[key: string]: string});
  '_waits_until'?: "waits_until";
}

export interface Waiter__Output {
  'queued_at'?: (number);
  'waits_until'?: (number);
  'session_id'?: (string);
  'session'?: (string);
  'owner'?: ({[key: string]: string});
}
