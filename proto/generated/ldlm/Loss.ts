// Original file: proto/ldlm.proto

export const Loss = {
  LOSS_UNSPECIFIED: 'LOSS_UNSPECIFIED',
  LOSS_EXPIRED: 'LOSS_EXPIRED',
  LOSS_REVOKED: 'LOSS_REVOKED',
  LOSS_RELEASED: 'LOSS_RELEASED',
  LOSS_SESSION_ENDED: 'LOSS_SESSION_ENDED',
} as const;

export type Loss =
  | 'LOSS_UNSPECIFIED'
  | 0
  | 'LOSS_EXPIRED'
  | 1
  | 'LOSS_REVOKED'
  | 2
  | 'LOSS_RELEASED'
  | 3
  | 'LOSS_SESSION_ENDED'
  | 4

export type Loss__Output = typeof Loss[keyof typeof Loss]
