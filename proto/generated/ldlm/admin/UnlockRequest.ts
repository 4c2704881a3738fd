// Original file: proto/ldlm-admin.proto


export interface UnlockRequest {
  'name'?: (string);
  'key'?: (string);
  'all'?: (boolean);
  'says'?: (string);
  '_key'?: "key";
  '_says'?: "says";
}

export interface UnlockRequest__Output {
  'name'?: (string);
  'key'?: (string);
  'all'?: (boolean);
  'says'?: (string);
}
