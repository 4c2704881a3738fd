// Original file: proto/ldlm.proto


export interface TryLockRequest {
  'name'?: (string);
  'size'?: (number);
  'lock_timeout_seconds'?: (number);
  '_size'?: "size";
  '_lock_timeout_seconds'?: "lock_timeout_seconds";
}

export interface TryLockRequest__Output {
  'name'?: (string);
  'size'?: (number);
  'lock_timeout_seconds'?: (number);
}
