// Original file: proto/ldlm-admin.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { BusiestRequest as _ldlm_admin_BusiestRequest, BusiestRequest__Output as _ldlm_admin_BusiestRequest__Output } from '../../ldlm/admin/BusiestRequest.js';
import type { BusiestResponse as _ldlm_admin_BusiestResponse, BusiestResponse__Output as _ldlm_admin_BusiestResponse__Output } from '../../ldlm/admin/BusiestResponse.js';
import type { ChangePage as _ldlm_admin_ChangePage, ChangePage__Output as _ldlm_admin_ChangePage__Output } from '../../ldlm/admin/ChangePage.js';
import type { HolderPage as _ldlm_admin_HolderPage, HolderPage__Output as _ldlm_admin_HolderPage__Output } from '../../ldlm/admin/HolderPage.js';
import type { KickRequest as _ldlm_admin_KickRequest, KickRequest__Output as _ldlm_admin_KickRequest__Output } from '../../ldlm/admin/KickRequest.js';
import type { KickResponse as _ldlm_admin_KickResponse, KickResponse__Output as _ldlm_admin_KickResponse__Output } from '../../ldlm/admin/KickResponse.js';
import type { ListHoldersRequest as _ldlm_admin_ListHoldersRequest, ListHoldersRequest__Output as _ldlm_admin_ListHoldersRequest__Output } from '../../ldlm/admin/ListHoldersRequest.js';
import type { ListSessionsRequest as _ldlm_admin_ListSessionsRequest, ListSessionsRequest__Output as _ldlm_admin_ListSessionsRequest__Output } from '../../ldlm/admin/ListSessionsRequest.js';
import type { LockPart as _ldlm_admin_LockPart, LockPart__Output as _ldlm_admin_LockPart__Output } from '../../ldlm/admin/LockPart.js';
import type { SessionPage as _ldlm_admin_SessionPage, SessionPage__Output as _ldlm_admin_SessionPage__Output } from '../../ldlm/admin/SessionPage.js';
import type { ShowLockRequest as _ldlm_admin_ShowLockRequest, ShowLockRequest__Output as _ldlm_admin_ShowLockRequest__Output } from '../../ldlm/admin/ShowLockRequest.js';
import type { StatsRequest as _ldlm_admin_StatsRequest, StatsRequest__Output as _ldlm_admin_StatsRequest__Output } from '../../ldlm/admin/StatsRequest.js';
import type { StatsResponse as _ldlm_admin_StatsResponse, StatsResponse__Output as _ldlm_admin_StatsResponse__Output } from '../../ldlm/admin/StatsResponse.js';
import type { UnlockRequest as _ldlm_admin_UnlockRequest, UnlockRequest__Output as _ldlm_admin_UnlockRequest__Output } from '../../ldlm/admin/UnlockRequest.js';
import type { UnlockResponse as _ldlm_admin_UnlockResponse, UnlockResponse__Output as _ldlm_admin_UnlockResponse__Output } from '../../ldlm/admin/UnlockResponse.js';
import type { WatchRequest as _ldlm_admin_WatchRequest, WatchRequest__Output as _ldlm_admin_WatchRequest__Output } from '../../ldlm/admin/WatchRequest.js';

export interface AdminClient extends grpc.Client {
  Busiest(argument: _ldlm_admin_BusiestRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_admin_BusiestResponse__Output>): grpc.ClientUnaryCall;
  Busiest(argument: _ldlm_admin_BusiestRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_ldlm_admin_BusiestResponse__Output>): grpc.ClientUnaryCall;
  Busiest(argument: _ldlm_admin_BusiestRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_admin_BusiestResponse__Output>): grpc.ClientUnaryCall;
  Busiest(argument: _ldlm_admin_BusiestRequest, callback: grpc.requestCallback<_ldlm_admin_BusiestResponse__Output>): grpc.ClientUnaryCall;
  busiest(argument: _ldlm_admin_BusiestRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_admin_BusiestResponse__Output>): grpc.ClientUnaryCall;
  busiest(argument: _ldlm_admin_BusiestRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_ldlm_admin_BusiestResponse__Output>): grpc.ClientUnaryCall;
  busiest(argument: _ldlm_admin_BusiestRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_admin_BusiestResponse__Output>): grpc.ClientUnaryCall;
  busiest(argument: _ldlm_admin_BusiestRequest, callback: grpc.requestCallback<_ldlm_admin_BusiestResponse__Output>): grpc.ClientUnaryCall;
  
  Kick(argument: _ldlm_admin_KickRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_admin_KickResponse__Output>): grpc.ClientUnaryCall;
  Kick(argument: _ldlm_admin_KickRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_ldlm_admin_KickResponse__Output>): grpc.ClientUnaryCall;
  Kick(argument: _ldlm_admin_KickRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_admin_KickResponse__Output>): grpc.ClientUnaryCall;
  Kick(argument: _ldlm_admin_KickRequest, callback: grpc.requestCallback<_ldlm_admin_KickResponse__Output>): grpc.ClientUnaryCall;
  kick(argument: _ldlm_admin_KickRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_admin_KickResponse__Output>): grpc.ClientUnaryCall;
  kick(argument: _ldlm_admin_KickRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_ldlm_admin_KickResponse__Output>): grpc.ClientUnaryCall;
  kick(argument: _ldlm_admin_KickRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_admin_KickResponse__Output>): grpc.ClientUnaryCall;
  kick(argument: _ldlm_admin_KickRequest, callback: grpc.requestCallback<_ldlm_admin_KickResponse__Output>): grpc.ClientUnaryCall;
  
  ListHolders(argument: _ldlm_admin_ListHoldersRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_ldlm_admin_HolderPage__Output>;
  ListHolders(argument: _ldlm_admin_ListHoldersRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_ldlm_admin_HolderPage__Output>;
  listHolders(argument: _ldlm_admin_ListHoldersRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_ldlm_admin_HolderPage__Output>;
  listHolders(argument: _ldlm_admin_ListHoldersRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_ldlm_admin_HolderPage__Output>;
  
  ListSessions(argument: _ldlm_admin_ListSessionsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_ldlm_admin_SessionPage__Output>;
  ListSessions(argument: _ldlm_admin_ListSessionsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_ldlm_admin_SessionPage__Output>;
  listSessions(argument: _ldlm_admin_ListSessionsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_ldlm_admin_SessionPage__Output>;
  listSessions(argument: _ldlm_admin_ListSessionsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_ldlm_admin_SessionPage__Output>;
  
  ShowLock(argument: _ldlm_admin_ShowLockRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_ldlm_admin_LockPart__Output>;
  ShowLock(argument: _ldlm_admin_ShowLockRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_ldlm_admin_LockPart__Output>;
  showLock(argument: _ldlm_admin_ShowLockRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_ldlm_admin_LockPart__Output>;
  showLock(argument: _ldlm_admin_ShowLockRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_ldlm_admin_LockPart__Output>;
  
  Stats(argument: _ldlm_admin_StatsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_admin_StatsResponse__Output>): grpc.ClientUnaryCall;
  Stats(argument: _ldlm_admin_StatsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_ldlm_admin_StatsResponse__Output>): grpc.ClientUnaryCall;
  Stats(argument: _ldlm_admin_StatsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_admin_StatsResponse__Output>): grpc.ClientUnaryCall;
  Stats(argument: _ldlm_admin_StatsRequest, callback: grpc.requestCallback<_ldlm_admin_StatsResponse__Output>): grpc.ClientUnaryCall;
  stats(argument: _ldlm_admin_StatsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_admin_StatsResponse__Output>): grpc.ClientUnaryCall;
  stats(argument: _ldlm_admin_StatsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_ldlm_admin_StatsResponse__Output>): grpc.ClientUnaryCall;
  stats(argument: _ldlm_admin_StatsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_admin_StatsResponse__Output>): grpc.ClientUnaryCall;
  stats(argument: _ldlm_admin_StatsRequest, callback: grpc.requestCallback<_ldlm_admin_StatsResponse__Output>): grpc.ClientUnaryCall;
  
  Unlock(argument: _ldlm_admin_UnlockRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_admin_UnlockResponse__Output>): grpc.ClientUnaryCall;
  Unlock(argument: _ldlm_admin_UnlockRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_ldlm_admin_UnlockResponse__Output>): grpc.ClientUnaryCall;
  Unlock(argument: _ldlm_admin_UnlockRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_admin_UnlockResponse__Output>): grpc.ClientUnaryCall;
  Unlock(argument: _ldlm_admin_UnlockRequest, callback: grpc.requestCallback<_ldlm_admin_UnlockResponse__Output>): grpc.ClientUnaryCall;
  unlock(argument: _ldlm_admin_UnlockRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_admin_UnlockResponse__Output>): grpc.ClientUnaryCall;
  unlock(argument: _ldlm_admin_UnlockRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_ldlm_admin_UnlockResponse__Output>): grpc.ClientUnaryCall;
  unlock(argument: _ldlm_admin_UnlockRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_ldlm_admin_UnlockResponse__Output>): grpc.ClientUnaryCall;
  unlock(argument: _ldlm_admin_UnlockRequest, callback: grpc.requestCallback<_ldlm_admin_UnlockResponse__Output>): grpc.ClientUnaryCall;
  
  Watch(argument: _ldlm_admin_WatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_ldlm_admin_ChangePage__Output>;
  Watch(argument: _ldlm_admin_WatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_ldlm_admin_ChangePage__Output>;
  watch(argument: _ldlm_admin_WatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_ldlm_admin_ChangePage__Output>;
  watch(argument: _ldlm_admin_WatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_ldlm_admin_ChangePage__Output>;
  
}

export interface AdminHandlers extends grpc.UntypedServiceImplementation {
  Busiest: grpc.handleUnaryCall<_ldlm_admin_BusiestRequest__Output, _ldlm_admin_BusiestResponse>;
  
  Kick: grpc.handleUnaryCall<_ldlm_admin_KickRequest__Output, _ldlm_admin_KickResponse>;
  
  ListHolders: grpc.handleServerStreamingCall<_ldlm_admin_ListHoldersRequest__Output, _ldlm_admin_HolderPage>;
  
  ListSessions: grpc.handleServerStreamingCall<_ldlm_admin_ListSessionsRequest__Output, _ldlm_admin_SessionPage>;
  
  ShowLock: grpc.handleServerStreamingCall<_ldlm_admin_ShowLockRequest__Output, _ldlm_admin_LockPart>;
  
  Stats: grpc.handleUnaryCall<_ldlm_admin_StatsRequest__Output, _ldlm_admin_StatsResponse>;
  
  Unlock: grpc.handleUnaryCall<_ldlm_admin_UnlockRequest__Output, _ldlm_admin_UnlockResponse>;
  
  Watch: grpc.handleServerStreamingCall<_ldlm_admin_WatchRequest__Output, _ldlm_admin_ChangePage>;
  
}

export interface AdminDefinition extends grpc.ServiceDefinition {
  Busiest: MethodDefinition<_ldlm_admin_BusiestRequest, _ldlm_admin_BusiestResponse, _ldlm_admin_BusiestRequest__Output, _ldlm_admin_BusiestResponse__Output>
  Kick: MethodDefinition<_ldlm_admin_KickRequest, _ldlm_admin_KickResponse, _ldlm_admin_KickRequest__Output, _ldlm_admin_KickResponse__Output>
  ListHolders: MethodDefinition<_ldlm_admin_ListHoldersRequest, _ldlm_admin_HolderPage, _ldlm_admin_ListHoldersRequest__Output, _ldlm_admin_HolderPage__Output>
  ListSessions: MethodDefinition<_ldlm_admin_ListSessionsRequest, _ldlm_admin_SessionPage, _ldlm_admin_ListSessionsRequest__Output, _ldlm_admin_SessionPage__Output>
  ShowLock: MethodDefinition<_ldlm_admin_ShowLockRequest, _ldlm_admin_LockPart, _ldlm_admin_ShowLockRequest__Output, _ldlm_admin_LockPart__Output>
  Stats: MethodDefinition<_ldlm_admin_StatsRequest, _ldlm_admin_StatsResponse, _ldlm_admin_StatsRequest__Output, _ldlm_admin_StatsResponse__Output>
  Unlock: MethodDefinition<_ldlm_admin_UnlockRequest, _ldlm_admin_UnlockResponse, _ldlm_admin_UnlockRequest__Output, _ldlm_admin_UnlockResponse__Output>
  Watch: MethodDefinition<_ldlm_admin_WatchRequest, _ldlm_admin_ChangePage, _ldlm_admin_WatchRequest__Output, _ldlm_admin_ChangePage__Output>
}
