// Original file: proto/ldlm.proto

import type { Welcome as _ldlm_Welcome, Welcome__Output as _ldlm_Welcome__Output } from '../ldlm/Welcome.js';
import type { Granted as _ldlm_Granted, Granted__Output as _ldlm_Granted__Output } from '../ldlm/Granted.js';
import type { Refused as _ldlm_Refused, Refused__Output as _ldlm_Refused__Output } from '../ldlm/Refused.js';
import type { LeaseLost as _ldlm_LeaseLost, LeaseLost__Output as _ldlm_LeaseLost__Output } from '../ldlm/LeaseLost.js';
import type { Notice as _ldlm_Notice, Notice__Output as _ldlm_Notice__Output } from '../ldlm/Notice.js';
import type { Long } from '@grpc/proto-loader';

export interface ServerFrame {
  'welcome'?: (_ldlm_Welcome | null);
  'granted'?: (_ldlm_Granted)[];
  'done'?: (number | string | Long)[];
  'refused'?: (_ldlm_Refused)[];
  'lost'?: (_ldlm_LeaseLost)[];
  'notices'?: (_ldlm_Notice)[];
  'received'?: (number | string | Long);
}

export interface ServerFrame__Output {
  'welcome'?: (_ldlm_Welcome__Output);
  'granted'?: (_ldlm_Granted__Output)[];
  'done'?: (number)[];
  'refused'?: (_ldlm_Refused__Output)[];
  'lost'?: (_ldlm_LeaseLost__Output)[];
  'notices'?: (_ldlm_Notice__Output)[];
  'received'?: (number);
}
