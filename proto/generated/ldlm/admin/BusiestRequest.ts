// Original file: proto/ldlm-admin.proto


export interface BusiestRequest {
  'count'?: (number);
}

export interface BusiestRequest__Output {
  'count'?: (number);
}
