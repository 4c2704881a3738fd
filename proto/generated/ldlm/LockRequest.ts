// Original file: proto/ldlm.proto


export interface LockRequest {
  'name'?: (string);
  'wait_timeout_seconds'?: (number);
  'size'?: (number);
  'lock_timeout_seconds'?: (number);
  '_wait_timeout_seconds'?: "wait_timeout_seconds";
  '_size'?: "size";
  '_lock_timeout_seconds'?: "lock_timeout_seconds";
}

export interface LockRequest__Output {
  'name'?: (string);
  'wait_timeout_seconds'?: (number);
  'size'?: (number);
  'lock_timeout_seconds'?: (number);
}
