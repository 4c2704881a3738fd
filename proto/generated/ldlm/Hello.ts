// Original file: proto/ldlm.proto


export interface Hello {
  'token'?: (string);
  'recovery_window_ms'?: (number);
  'owner'?: ({[key: string]: string});
  '_recovery_window_ms'?: "recovery_window_ms";
}

export interface Hello__Output {
  'token'?: (string);
  'recovery_window_ms'?: (number);
  'owner'?: ({[key: string]: string});
}
