import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Error as _ldlm_Error, Error__Output as _ldlm_Error__Output } from './ldlm/Error.js';
import type { LDLMClient as _ldlm_LDLMClient, LDLMDefinition as _ldlm_LDLMDefinition } from './ldlm/LDLM.js';
import type { LockRequest as _ldlm_LockRequest, LockRequest__Output as _ldlm_LockRequest__Output } from './ldlm/LockRequest.js';
import type { LockResponse as _ldlm_LockResponse, LockResponse__Output as _ldlm_LockResponse__Output } from './ldlm/LockResponse.js';
import type { RefreshLockRequest as _ldlm_RefreshLockRequest, RefreshLockRequest__Output as _ldlm_RefreshLockRequest__Output } from './ldlm/RefreshLockRequest.js';
import type { RenewRequest as _ldlm_RenewRequest, RenewRequest__Output as _ldlm_RenewRequest__Output } from './ldlm/RenewRequest.js';
import type { TryLockRequest as _ldlm_TryLockRequest, TryLockRequest__Output as _ldlm_TryLockRequest__Output } from './ldlm/TryLockRequest.js';
import type { UnlockRequest as _ldlm_UnlockRequest, UnlockRequest__Output as _ldlm_UnlockRequest__Output } from './ldlm/UnlockRequest.js';
import type { UnlockResponse as _ldlm_UnlockResponse, UnlockResponse__Output as _ldlm_UnlockResponse__Output } from './ldlm/UnlockResponse.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  ldlm: {
    Error: MessageTypeDefinition<_ldlm_Error, _ldlm_Error__Output>
    ErrorCode: EnumTypeDefinition
    LDLM: SubtypeConstructor<typeof grpc.Client, _ldlm_LDLMClient> & { service: _ldlm_LDLMDefinition }
    LockRequest: MessageTypeDefinition<_ldlm_LockRequest, _ldlm_LockRequest__Output>
    LockResponse: MessageTypeDefinition<_ldlm_LockResponse, _ldlm_LockResponse__Output>
    RefreshLockRequest: MessageTypeDefinition<_ldlm_RefreshLockRequest, _ldlm_RefreshLockRequest__Output>
    RenewRequest: MessageTypeDefinition<_ldlm_RenewRequest, _ldlm_RenewRequest__Output>
    TryLockRequest: MessageTypeDefinition<_ldlm_TryLockRequest, _ldlm_TryLockRequest__Output>
    UnlockRequest: MessageTypeDefinition<_ldlm_UnlockRequest, _ldlm_UnlockRequest__Output>
    UnlockResponse: MessageTypeDefinition<_ldlm_UnlockResponse, _ldlm_UnlockResponse__Output>
  }
}

