/** Why: the one table from what a server refuses to lock with to what the program is told. */
import { REFUSAL } from '../proto/session-frames.js';
import {
  InvalidArgumentError,
  type LdlmError,
  LockLostError,
  SizeMismatchError,
  TooManyWaitersError,
  WaitTimeoutError,
} from './ldlm-error.js';
import type { AcquireOrder } from './lock-engine.js';
import type { Answer } from './request.js';

/** @returns undefined for a lock that is held by others and was not to be waited for, which is no error. */
export function acquireRefusal(
  { name, waitUntil }: AcquireOrder,
  { code, message }: Answer & { readonly kind: 'refused' },
): LdlmError | undefined {
  switch (code) {
    case REFUSAL.held:
      return waitUntil === undefined ? undefined : new WaitTimeoutError(name);
    case REFUSAL.waitTimeout:
      return new WaitTimeoutError(name);
    case REFUSAL.sizeMismatch:
      return new SizeMismatchError(name);
    case REFUSAL.tooManyWaiters:
      return new TooManyWaitersError(name);
    case REFUSAL.leaseEnded:
      return new LockLostError(name, 'expired');
    default:
      return new InvalidArgumentError(message);
  }
}
