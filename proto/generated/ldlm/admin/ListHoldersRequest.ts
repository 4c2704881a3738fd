// Original file: proto/ldlm-admin.proto


export interface ListHoldersRequest {
  'name'?: (string);
  'name_prefix'?: (string);
  'name_pattern'?: (string);
  'session'?: (string);
  'owner_value'?: (string);
  'owner_word'?: (string);
  '_name'?: "name";
  '_name_prefix'?: "name_prefix";
  '_name_pattern'?: "name_pattern";
  '_session'?: "session";
  '_owner_value'?: "owner_value";
  '_owner_word'?: "owner_word";
}

export interface ListHoldersRequest__Output {
  'name'?: (string);
  'name_prefix'?: (string);
  'name_pattern'?: (string);
  'session'?: (string);
  'owner_value'?: (string);
  'owner_word'?: (string);
}
