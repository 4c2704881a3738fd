// Original file: proto/ldlm.proto

export const Notice = {
  NOTICE_UNSPECIFIED: 'NOTICE_UNSPECIFIED',
  NOTICE_DANGER: 'NOTICE_DANGER',
  NOTICE_DRAINING: 'NOTICE_DRAINING',
  NOTICE_SESSION_ENDED: 'NOTICE_SESSION_ENDED',
} as const;

export type Notice =
  | 'NOTICE_UNSPECIFIED'
  | 0
  | 'NOTICE_DANGER'
  | 1
  | 'NOTICE_DRAINING'
  | 2
  | 'NOTICE_SESSION_ENDED'
  | 3

export type Notice__Output = typeof Notice[keyof typeof Notice]
