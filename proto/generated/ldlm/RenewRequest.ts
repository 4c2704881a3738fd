// Original file: proto/ldlm.proto


export interface RenewRequest {
  'name'?: (string);
  'key'?: (string);
  'lock_timeout_seconds'?: (number);
}

export interface RenewRequest__Output {
  'name'?: (string);
  'key'?: (string);
  'lock_timeout_seconds'?: (number);
}
