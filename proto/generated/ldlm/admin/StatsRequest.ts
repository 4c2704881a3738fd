// Original file: proto/ldlm-admin.proto


export interface StatsRequest {
}

export interface StatsRequest__Output {
}
