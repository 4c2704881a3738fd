// Original file: proto/ldlm.proto

import type { ErrorCode as _ldlm_ErrorCode, ErrorCode__Output as _ldlm_ErrorCode__Output } from '../ldlm/ErrorCode.js';

export interface Error {
  'code'?: (_ldlm_ErrorCode);
  'message'?: (string);
}

export interface Error__Output {
  'code'?: (_ldlm_ErrorCode__Output);
  'message'?: (string);
}
