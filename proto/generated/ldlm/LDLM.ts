// Original file: proto/ldlm.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ClientFrame as _ldlm_ClientFrame, ClientFrame__Output as _ldlm_ClientFrame__Output } from '../ldlm/ClientFrame.js';
import type { LockRequest as _ldlm_LockRequest, LockRequest__Output as _ldlm_LockRequest__Output } from '../ldlm/LockRequest.js';
import type { LockResponse as _ldlm_LockResponse, LockResponse__Output as _ldlm_LockResponse__Output } from '../ldlm/LockResponse.js';
import type { RefreshLockRequest as _ldlm_RefreshLockRequest, RefreshLockRequest__Output as _ldlm_RefreshLockRequest__Output } from '../ldlm/RefreshLockRequest.js';
import type { RenewRequest as _ldlm_RenewRequest, RenewRequest__Output as _ldlm_RenewRequest__Output } from '../ldlm/RenewRequest.js';
import type { ServerFrame as _ldlm_ServerFrame, ServerFrame__Output as _ldlm_ServerFrame__Output } from '../ldlm/ServerFrame.js';
import type { TryLockRequest as _ldlm_TryLockRequest, TryLockRequest__Output as _ldlm_TryLockRequest__Output } from '../ldlm/TryLockRequest.js';
import type { UnlockRequest as _ldlm_UnlockRequest, UnlockRequest__Output as _ldlm_UnlockRequest__Output } from '../ldlm/UnlockRequest.js';
import type { UnlockResponse as _ldlm_UnlockResponse, UnlockResponse__Output as _ldlm_UnlockResponse__Output } from '../ldlm/UnlockResponse.js';

export interface LDLMClient extends grpc.Client {
  Lock(argument: _ldlm_LockRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_LockResponse__Output>): grpc.ClientUnaryCall;
  Lock(argument: _ldlm_LockRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_ldlm_LockResponse__Output>): grpc.ClientUnaryCall;
  Lock(argument: _ldlm_LockRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_LockResponse__Output>): grpc.ClientUnaryCall;
  Lock(argument: _ldlm_LockRequest, callback: grpc.requestCallback<_ldlm_LockResponse__Output>): grpc.ClientUnaryCall;
  lock(argument: _ldlm_LockRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_LockResponse__Output>): grpc.ClientUnaryCall;
  lock(argument: _ldlm_LockRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_ldlm_LockResponse__Output>): grpc.ClientUnaryCall;
  lock(argument: _ldlm_LockRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_LockResponse__Output>): grpc.ClientUnaryCall;
  lock(argument: _ldlm_LockRequest, callback: grpc.requestCallback<_ldlm_LockResponse__Output>): grpc.ClientUnaryCall;
  
  RefreshLock(argument: _ldlm_RefreshLockRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_LockResponse__Output>): grpc.ClientUnaryCall;
  RefreshLock(argument: _ldlm_RefreshLockRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_ldlm_LockResponse__Output>): grpc.ClientUnaryCall;
  RefreshLock(argument: _ldlm_RefreshLockRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_LockResponse__Output>): grpc.ClientUnaryCall;
  RefreshLock(argument: _ldlm_RefreshLockRequest, callback: grpc.requestCallback<_ldlm_LockResponse__Output>): grpc.ClientUnaryCall;
  refreshLock(argument: _ldlm_RefreshLockRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_LockResponse__Output>): grpc.ClientUnaryCall;
  refreshLock(argument: _ldlm_RefreshLockRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_ldlm_LockResponse__Output>): grpc.ClientUnaryCall;
  refreshLock(argument: _ldlm_RefreshLockRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_LockResponse__Output>): grpc.ClientUnaryCall;
  refreshLock(argument: _ldlm_RefreshLockRequest, callback: grpc.requestCallback<_ldlm_LockResponse__Output>): grpc.ClientUnaryCall;
  
  Renew(argument: _ldlm_RenewRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_LockResponse__Output>): grpc.ClientUnaryCall;
  Renew(argument: _ldlm_RenewRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_ldlm_LockResponse__Output>): grpc.ClientUnaryCall;
  Renew(argument: _ldlm_RenewRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_LockResponse__Output>): grpc.ClientUnaryCall;
  Renew(argument: _ldlm_RenewRequest, callback: grpc.requestCallback<_ldlm_LockResponse__Output>): grpc.ClientUnaryCall;
  renew(argument: _ldlm_RenewRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_LockResponse__Output>): grpc.ClientUnaryCall;
  renew(argument: _ldlm_RenewRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_ldlm_LockResponse__Output>): grpc.ClientUnaryCall;
  renew(argument: _ldlm_RenewRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_LockResponse__Output>): grpc.ClientUnaryCall;
  renew(argument: _ldlm_RenewRequest, callback: grpc.requestCallback<_ldlm_LockResponse__Output>): grpc.ClientUnaryCall;
  
  Session(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_ldlm_ClientFrame, _ldlm_ServerFrame__Output>;
  Session(options?: grpc.CallOptions): grpc.ClientDuplexStream<_ldlm_ClientFrame, _ldlm_ServerFrame__Output>;
  session(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_ldlm_ClientFrame, _ldlm_ServerFrame__Output>;
  session(options?: grpc.CallOptions): grpc.ClientDuplexStream<_ldlm_ClientFrame, _ldlm_ServerFrame__Output>;
  
  TryLock(argument: _ldlm_TryLockRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_LockResponse__Output>): grpc.ClientUnaryCall;
  TryLock(argument: _ldlm_TryLockRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_ldlm_LockResponse__Output>): grpc.ClientUnaryCall;
  TryLock(argument: _ldlm_TryLockRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_LockResponse__Output>): grpc.ClientUnaryCall;
  TryLock(argument: _ldlm_TryLockRequest, callback: grpc.requestCallback<_ldlm_LockResponse__Output>): grpc.ClientUnaryCall;
  tryLock(argument: _ldlm_TryLockRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_LockResponse__Output>): grpc.ClientUnaryCall;
  tryLock(argument: _ldlm_TryLockRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_ldlm_LockResponse__Output>): grpc.ClientUnaryCall;
  tryLock(argument: _ldlm_TryLockRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_LockResponse__Output>): grpc.ClientUnaryCall;
  tryLock(argument: _ldlm_TryLockRequest, callback: grpc.requestCallback<_ldlm_LockResponse__Output>): grpc.ClientUnaryCall;
  
  Unlock(argument: _ldlm_UnlockRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_UnlockResponse__Output>): grpc.ClientUnaryCall;
  Unlock(argument: _ldlm_UnlockRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_ldlm_UnlockResponse__Output>): grpc.ClientUnaryCall;
  Unlock(argument: _ldlm_UnlockRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_UnlockResponse__Output>): grpc.ClientUnaryCall;
  Unlock(argument: _ldlm_UnlockRequest, callback: grpc.requestCallback<_ldlm_UnlockResponse__Output>): grpc.ClientUnaryCall;
  unlock(argument: _ldlm_UnlockRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_UnlockResponse__Output>): grpc.ClientUnaryCall;
  unlock(argument: _ldlm_UnlockRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_ldlm_UnlockResponse__Output>): grpc.ClientUnaryCall;
  unlock(argument: _ldlm_UnlockRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_UnlockResponse__Output>): grpc.ClientUnaryCall;
  unlock(argument: _ldlm_UnlockRequest, callback: grpc.requestCallback<_ldlm_UnlockResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface LDLMHandlers extends grpc.UntypedServiceImplementation {
  Lock: grpc.handleUnaryCall<_ldlm_LockRequest__Output, _ldlm_LockResponse>;
  
  RefreshLock: grpc.handleUnaryCall<_ldlm_RefreshLockRequest__Output, _ldlm_LockResponse>;
  
  Renew: grpc.handleUnaryCall<_ldlm_RenewRequest__Output, _ldlm_LockResponse>;
  
  Session: grpc.handleBidiStreamingCall<_ldlm_ClientFrame__Output, _ldlm_ServerFrame>;
  
  TryLock: grpc.handleUnaryCall<_ldlm_TryLockRequest__Output, _ldlm_LockResponse>;
  
  Unlock: grpc.handleUnaryCall<_ldlm_UnlockRequest__Output, _ldlm_UnlockResponse>;
  
}

export interface LDLMDefinition extends grpc.ServiceDefinition {
  Lock: MethodDefinition<_ldlm_LockRequest, _ldlm_LockResponse, _ldlm_LockRequest__Output, _ldlm_LockResponse__Output>
  RefreshLock: MethodDefinition<_ldlm_RefreshLockRequest, _ldlm_LockResponse, _ldlm_RefreshLockRequest__Output, _ldlm_LockResponse__Output>
  Renew: MethodDefinition<_ldlm_RenewRequest, _ldlm_LockResponse, _ldlm_RenewRequest__Output, _ldlm_LockResponse__Output>
  Session: MethodDefinition<_ldlm_ClientFrame, _ldlm_ServerFrame, _ldlm_ClientFrame__Output, _ldlm_ServerFrame__Output>
  TryLock: MethodDefinition<_ldlm_TryLockRequest, _ldlm_LockResponse, _ldlm_TryLockRequest__Output, _ldlm_LockResponse__Output>
  Unlock: MethodDefinition<_ldlm_UnlockRequest, _ldlm_UnlockResponse, _ldlm_UnlockRequest__Output, _ldlm_UnlockResponse__Output>
}
