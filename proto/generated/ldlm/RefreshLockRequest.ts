// Original file: proto/ldlm.proto


export interface RefreshLockRequest {
  'name'?: (string);
  'key'?: (string);
  'lock_timeout_seconds'?: (number);
}

export interface RefreshLockRequest__Output {
  'name'?: (string);
  'key'?: (string);
  'lock_timeout_seconds'?: (number);
}
