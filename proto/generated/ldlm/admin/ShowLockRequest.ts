// Original file: proto/ldlm-admin.proto


export interface ShowLockRequest {
  'name'?: (string);
}

export interface ShowLockRequest__Output {
  'name'?: (string);
}
