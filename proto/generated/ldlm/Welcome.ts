// Original file: proto/ldlm.proto


export interface Welcome {
  'token'?: (string);
  'resumed'?: (boolean);
  'recovery_window_ms'?: (number);
  'heartbeat_ms'?: (number);
  'frame_requests_max'?: (number);
  'session_requests_max'?: (number);
  'frame_bytes_max'?: (number);
}

export interface Welcome__Output {
  'token'?: (string);
  'resumed'?: (boolean);
  'recovery_window_ms'?: (number);
  'heartbeat_ms'?: (number);
  'frame_requests_max'?: (number);
  'session_requests_max'?: (number);
  'frame_bytes_max'?: (number);
}
