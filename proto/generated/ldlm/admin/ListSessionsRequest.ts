// Original file: proto/ldlm-admin.proto


export interface ListSessionsRequest {
}

export interface ListSessionsRequest__Output {
}
