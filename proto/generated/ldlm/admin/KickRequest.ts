// Original file: proto/ldlm-admin.proto


export interface KickRequest {
  'session_id'?: (string);
  'says'?: (string);
  '_says'?: "says";
}

export interface KickRequest__Output {
  'session_id'?: (string);
  'says'?: (string);
}
