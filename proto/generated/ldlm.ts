import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Acquire as _ldlm_Acquire, Acquire__Output as _ldlm_Acquire__Output } from './ldlm/Acquire.js';
import type { Check as _ldlm_Check, Check__Output as _ldlm_Check__Output } from './ldlm/Check.js';
import type { Claim as _ldlm_Claim, Claim__Output as _ldlm_Claim__Output } from './ldlm/Claim.js';
import type { ClientFrame as _ldlm_ClientFrame, ClientFrame__Output as _ldlm_ClientFrame__Output } from './ldlm/ClientFrame.js';
import type { Error as _ldlm_Error, Error__Output as _ldlm_Error__Output } from './ldlm/Error.js';
import type { Granted as _ldlm_Granted, Granted__Output as _ldlm_Granted__Output } from './ldlm/Granted.js';
import type { Hello as _ldlm_Hello, Hello__Output as _ldlm_Hello__Output } from './ldlm/Hello.js';
import type { LDLMClient as _ldlm_LDLMClient, LDLMDefinition as _ldlm_LDLMDefinition } from './ldlm/LDLM.js';
import type { LeaseLost as _ldlm_LeaseLost, LeaseLost__Output as _ldlm_LeaseLost__Output } from './ldlm/LeaseLost.js';
import type { LockRequest as _ldlm_LockRequest, LockRequest__Output as _ldlm_LockRequest__Output } from './ldlm/LockRequest.js';
import type { LockResponse as _ldlm_LockResponse, LockResponse__Output as _ldlm_LockResponse__Output } from './ldlm/LockResponse.js';
import type { RefreshLockRequest as _ldlm_RefreshLockRequest, RefreshLockRequest__Output as _ldlm_RefreshLockRequest__Output } from './ldlm/RefreshLockRequest.js';
import type { Refused as _ldlm_Refused, Refused__Output as _ldlm_Refused__Output } from './ldlm/Refused.js';
import type { Release as _ldlm_Release, Release__Output as _ldlm_Release__Output } from './ldlm/Release.js';
import type { RenewRequest as _ldlm_RenewRequest, RenewRequest__Output as _ldlm_RenewRequest__Output } from './ldlm/RenewRequest.js';
import type { Renewal as _ldlm_Renewal, Renewal__Output as _ldlm_Renewal__Output } from './ldlm/Renewal.js';
import type { ServerFrame as _ldlm_ServerFrame, ServerFrame__Output as _ldlm_ServerFrame__Output } from './ldlm/ServerFrame.js';
import type { TryLockRequest as _ldlm_TryLockRequest, TryLockRequest__Output as _ldlm_TryLockRequest__Output } from './ldlm/TryLockRequest.js';
import type { UnlockRequest as _ldlm_UnlockRequest, UnlockRequest__Output as _ldlm_UnlockRequest__Output } from './ldlm/UnlockRequest.js';
import type { UnlockResponse as _ldlm_UnlockResponse, UnlockResponse__Output as _ldlm_UnlockResponse__Output } from './ldlm/UnlockResponse.js';
import type { Welcome as _ldlm_Welcome, Welcome__Output as _ldlm_Welcome__Output } from './ldlm/Welcome.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  ldlm: {
    Acquire: MessageTypeDefinition<_ldlm_Acquire, _ldlm_Acquire__Output>
    Check: MessageTypeDefinition<_ldlm_Check, _ldlm_Check__Output>
    Claim: MessageTypeDefinition<_ldlm_Claim, _ldlm_Claim__Output>
    ClientFrame: MessageTypeDefinition<_ldlm_ClientFrame, _ldlm_ClientFrame__Output>
    Error: MessageTypeDefinition<_ldlm_Error, _ldlm_Error__Output>
    ErrorCode: EnumTypeDefinition
    Granted: MessageTypeDefinition<_ldlm_Granted, _ldlm_Granted__Output>
    Hello: MessageTypeDefinition<_ldlm_Hello, _ldlm_Hello__Output>
    LDLM: SubtypeConstructor<typeof grpc.Client, _ldlm_LDLMClient> & { service: _ldlm_LDLMDefinition }
    LeaseLost: MessageTypeDefinition<_ldlm_LeaseLost, _ldlm_LeaseLost__Output>
    LockRequest: MessageTypeDefinition<_ldlm_LockRequest, _ldlm_LockRequest__Output>
    LockResponse: MessageTypeDefinition<_ldlm_LockResponse, _ldlm_LockResponse__Output>
    Loss: EnumTypeDefinition
    Notice: EnumTypeDefinition
    RefreshLockRequest: MessageTypeDefinition<_ldlm_RefreshLockRequest, _ldlm_RefreshLockRequest__Output>
    Refusal: EnumTypeDefinition
    Refused: MessageTypeDefinition<_ldlm_Refused, _ldlm_Refused__Output>
    Release: MessageTypeDefinition<_ldlm_Release, _ldlm_Release__Output>
    RenewRequest: MessageTypeDefinition<_ldlm_RenewRequest, _ldlm_RenewRequest__Output>
    Renewal: MessageTypeDefinition<_ldlm_Renewal, _ldlm_Renewal__Output>
    ServerFrame: MessageTypeDefinition<_ldlm_ServerFrame, _ldlm_ServerFrame__Output>
    TryLockRequest: MessageTypeDefinition<_ldlm_TryLockRequest, _ldlm_TryLockRequest__Output>
    UnlockRequest: MessageTypeDefinition<_ldlm_UnlockRequest, _ldlm_UnlockRequest__Output>
    UnlockResponse: MessageTypeDefinition<_ldlm_UnlockResponse, _ldlm_UnlockResponse__Output>
    Welcome: MessageTypeDefinition<_ldlm_Welcome, _ldlm_Welcome__Output>
  }
}

