// Original file: proto/ldlm.proto


export interface UnlockRequest {
  'name'?: (string);
  'key'?: (string);
}

export interface UnlockRequest__Output {
  'name'?: (string);
  'key'?: (string);
}
