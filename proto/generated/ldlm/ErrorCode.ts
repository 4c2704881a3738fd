// Original file: proto/ldlm.proto

export const ErrorCode = {
  Unknown: 'Unknown',
  LockDoesNotExist: 'LockDoesNotExist',
  InvalidLockKey: 'InvalidLockKey',
  LockWaitTimeout: 'LockWaitTimeout',
  NotLocked: 'NotLocked',
  LockDoesNotExistOrInvalidKey: 'LockDoesNotExistOrInvalidKey',
  LockSizeMismatch: 'LockSizeMismatch',
  InvalidLockSize: 'InvalidLockSize',
} as const;

export type ErrorCode =
  | 'Unknown'
  | 0
  | 'LockDoesNotExist'
  | 1
  | 'InvalidLockKey'
  | 2
  | 'LockWaitTimeout'
  | 3
  | 'NotLocked'
  | 4
  | 'LockDoesNotExistOrInvalidKey'
  | 5
  | 'LockSizeMismatch'
  | 6
  | 'InvalidLockSize'
  | 7

export type ErrorCode__Output = typeof ErrorCode[keyof typeof ErrorCode]
