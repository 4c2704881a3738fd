import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { AdminClient as _ldlm_admin_AdminClient, AdminDefinition as _ldlm_admin_AdminDefinition } from './ldlm/admin/Admin.js';
import type { BusiestRequest as _ldlm_admin_BusiestRequest, BusiestRequest__Output as _ldlm_admin_BusiestRequest__Output } from './ldlm/admin/BusiestRequest.js';
import type { BusiestResponse as _ldlm_admin_BusiestResponse, BusiestResponse__Output as _ldlm_admin_BusiestResponse__Output } from './ldlm/admin/BusiestResponse.js';
import type { Change as _ldlm_admin_Change, Change__Output as _ldlm_admin_Change__Output } from './ldlm/admin/Change.js';
import type { ChangePage as _ldlm_admin_ChangePage, ChangePage__Output as _ldlm_admin_ChangePage__Output } from './ldlm/admin/ChangePage.js';
import type { Holder as _ldlm_admin_Holder, Holder__Output as _ldlm_admin_Holder__Output } from './ldlm/admin/Holder.js';
import type { HolderPage as _ldlm_admin_HolderPage, HolderPage__Output as _ldlm_admin_HolderPage__Output } from './ldlm/admin/HolderPage.js';
import type { KickRequest as _ldlm_admin_KickRequest, KickRequest__Output as _ldlm_admin_KickRequest__Output } from './ldlm/admin/KickRequest.js';
import type { KickResponse as _ldlm_admin_KickResponse, KickResponse__Output as _ldlm_admin_KickResponse__Output } from './ldlm/admin/KickResponse.js';
import type { ListHoldersRequest as _ldlm_admin_ListHoldersRequest, ListHoldersRequest__Output as _ldlm_admin_ListHoldersRequest__Output } from './ldlm/admin/ListHoldersRequest.js';
import type { ListSessionsRequest as _ldlm_admin_ListSessionsRequest, ListSessionsRequest__Output as _ldlm_admin_ListSessionsRequest__Output } from './ldlm/admin/ListSessionsRequest.js';
import type { Lock as _ldlm_admin_Lock, Lock__Output as _ldlm_admin_Lock__Output } from './ldlm/admin/Lock.js';
import type { LockPart as _ldlm_admin_LockPart, LockPart__Output as _ldlm_admin_LockPart__Output } from './ldlm/admin/LockPart.js';
import type { Session as _ldlm_admin_Session, Session__Output as _ldlm_admin_Session__Output } from './ldlm/admin/Session.js';
import type { SessionPage as _ldlm_admin_SessionPage, SessionPage__Output as _ldlm_admin_SessionPage__Output } from './ldlm/admin/SessionPage.js';
import type { ShowLockRequest as _ldlm_admin_ShowLockRequest, ShowLockRequest__Output as _ldlm_admin_ShowLockRequest__Output } from './ldlm/admin/ShowLockRequest.js';
import type { StatsRequest as _ldlm_admin_StatsRequest, StatsRequest__Output as _ldlm_admin_StatsRequest__Output } from './ldlm/admin/StatsRequest.js';
import type { StatsResponse as _ldlm_admin_StatsResponse, StatsResponse__Output as _ldlm_admin_StatsResponse__Output } from './ldlm/admin/StatsResponse.js';
import type { UnlockRequest as _ldlm_admin_UnlockRequest, UnlockRequest__Output as _ldlm_admin_UnlockRequest__Output } from './ldlm/admin/UnlockRequest.js';
import type { UnlockResponse as _ldlm_admin_UnlockResponse, UnlockResponse__Output as _ldlm_admin_UnlockResponse__Output } from './ldlm/admin/UnlockResponse.js';
import type { Waiter as _ldlm_admin_Waiter, Waiter__Output as _ldlm_admin_Waiter__Output } from './ldlm/admin/Waiter.js';
import type { WatchRequest as _ldlm_admin_WatchRequest, WatchRequest__Output as _ldlm_admin_WatchRequest__Output } from './ldlm/admin/WatchRequest.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  ldlm: {
    admin: {
      Admin: SubtypeConstructor<typeof grpc.Client, _ldlm_admin_AdminClient> & { service: _ldlm_admin_AdminDefinition }
      AdminRefusal: EnumTypeDefinition
      BusiestRequest: MessageTypeDefinition<_ldlm_admin_BusiestRequest, _ldlm_admin_BusiestRequest__Output>
      BusiestResponse: MessageTypeDefinition<_ldlm_admin_BusiestResponse, _ldlm_admin_BusiestResponse__Output>
      Change: MessageTypeDefinition<_ldlm_admin_Change, _ldlm_admin_Change__Output>
      ChangeKind: EnumTypeDefinition
      ChangePage: MessageTypeDefinition<_ldlm_admin_ChangePage, _ldlm_admin_ChangePage__Output>
      Holder: MessageTypeDefinition<_ldlm_admin_Holder, _ldlm_admin_Holder__Output>
      HolderPage: MessageTypeDefinition<_ldlm_admin_HolderPage, _ldlm_admin_HolderPage__Output>
      KickRequest: MessageTypeDefinition<_ldlm_admin_KickRequest, _ldlm_admin_KickRequest__Output>
      KickResponse: MessageTypeDefinition<_ldlm_admin_KickResponse, _ldlm_admin_KickResponse__Output>
      ListHoldersRequest: MessageTypeDefinition<_ldlm_admin_ListHoldersRequest, _ldlm_admin_ListHoldersRequest__Output>
      ListSessionsRequest: MessageTypeDefinition<_ldlm_admin_ListSessionsRequest, _ldlm_admin_ListSessionsRequest__Output>
      Lock: MessageTypeDefinition<_ldlm_admin_Lock, _ldlm_admin_Lock__Output>
      LockPart: MessageTypeDefinition<_ldlm_admin_LockPart, _ldlm_admin_LockPart__Output>
      Session: MessageTypeDefinition<_ldlm_admin_Session, _ldlm_admin_Session__Output>
      SessionPage: MessageTypeDefinition<_ldlm_admin_SessionPage, _ldlm_admin_SessionPage__Output>
      ShowLockRequest: MessageTypeDefinition<_ldlm_admin_ShowLockRequest, _ldlm_admin_ShowLockRequest__Output>
      StatsRequest: MessageTypeDefinition<_ldlm_admin_StatsRequest, _ldlm_admin_StatsRequest__Output>
      StatsResponse: MessageTypeDefinition<_ldlm_admin_StatsResponse, _ldlm_admin_StatsResponse__Output>
      UnlockRequest: MessageTypeDefinition<_ldlm_admin_UnlockRequest, _ldlm_admin_UnlockRequest__Output>
      UnlockResponse: MessageTypeDefinition<_ldlm_admin_UnlockResponse, _ldlm_admin_UnlockResponse__Output>
      Waiter: MessageTypeDefinition<_ldlm_admin_Waiter, _ldlm_admin_Waiter__Output>
      WatchRequest: MessageTypeDefinition<_ldlm_admin_WatchRequest, _ldlm_admin_WatchRequest__Output>
    }
  }
}

