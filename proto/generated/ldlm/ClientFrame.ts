// Original file: proto/ldlm.proto

import type { Hello as _ldlm_Hello, Hello__Output as _ldlm_Hello__Output } from '../ldlm/Hello.js';
import type { Release as _ldlm_Release, Release__Output as _ldlm_Release__Output } from '../ldlm/Release.js';
import type { Renewal as _ldlm_Renewal, Renewal__Output as _ldlm_Renewal__Output } from '../ldlm/Renewal.js';
import type { Check as _ldlm_Check, Check__Output as _ldlm_Check__Output } from '../ldlm/Check.js';
import type { Acquire as _ldlm_Acquire, Acquire__Output as _ldlm_Acquire__Output } from '../ldlm/Acquire.js';
import type { Long } from '@grpc/proto-loader';

export interface ClientFrame {
  'hello'?: (_ldlm_Hello | null);
  'heard'?: (number | string | Long)[];
  'releases'?: (_ldlm_Release)[];
  'renewals'?: (_ldlm_Renewal)[];
  'checks'?: (_ldlm_Check)[];
  'acquires'?: (_ldlm_Acquire)[];
  'withdrawals'?: (number | string | Long)[];
  'goodbye'?: (boolean);
}

export interface ClientFrame__Output {
  'hello'?: (_ldlm_Hello__Output);
  'heard'?: (number)[];
  'releases'?: (_ldlm_Release__Output)[];
  'renewals'?: (_ldlm_Renewal__Output)[];
  'checks'?: (_ldlm_Check__Output)[];
  'acquires'?: (_ldlm_Acquire__Output)[];
  'withdrawals'?: (number)[];
  'goodbye'?: (boolean);
}
