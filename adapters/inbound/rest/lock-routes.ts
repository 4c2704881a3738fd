/**
 * Why: translates the requests on locks into the port's words and its answers back; decides nothing
 * itself.
 */
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { FOREVER } from '../../../domain/instant.js';
import type { RefusalCode } from '../../../domain/refusal.js';
import type { Locking } from '../../../ports/inbound/locking.js';
import { keptAnswer } from './kept-answer.js';
import { refusalToRest } from './refusal-to-rest.js';
import { type Message, type MessageFields, readMessage } from './request-message.js';
import { lockAnswer, type RestAnswer, RpcCode, statusAnswer, unlockAnswer } from './rest-answer.js';

/** A request whose session lives. */
export interface LockRequest {
  readonly sessionId: string;
  readonly body: Buffer;
  /** Sees to it that `undo` is called if the answer cannot be handed to the client's connection. */
  undoUnlessDelivered(undo: () => void): void;
}

/** Rejects with StateUnknownError. */
export type LockRoute = (request: LockRequest) => Promise<RestAnswer>;

/**
 * The messages of the proto file, but that a lock by REST is a try: its wait timeout is an unknown
 * field.
 */
const LOCK = { name: 'string', size: 'int32', lock_timeout_seconds: 'int32' } as const;
const ACQUIRE = { ...LOCK, wait_timeout_seconds: 'int32' } as const;
const UNLOCK = { name: 'string', key: 'string' } as const;
const RENEW = { name: 'string', key: 'string', lock_timeout_seconds: 'int32' } as const;

/** What POST does, by path. */
export function lockRoutes(locking: Locking): Readonly<Record<string, LockRoute>> {
  const renew = route(RENEW, (_, message) => answerRenewal(locking, message));
  return {
    '/v1/lock': route(LOCK, (request, message) => answerLock(locking, request, message, 0)),
    '/v1/acquire': route(ACQUIRE, (request, message) =>
      answerLock(locking, request, message, timeOf(message.wait_timeout_seconds)),
    ),
    '/v1/unlock': route(UNLOCK, (_, message) => answerUnlock(locking, message)),
    '/v1/renew': renew,
    '/v1/refreshlock': renew,
  };
}

function route<Fields extends MessageFields>(
  fields: Fields,
  answer: (request: LockRequest, message: Message<Fields>) => Promise<RestAnswer>,
): LockRoute {
  return async (request) => {
    const reading = readMessage(request.body, fields);
    return reading.kind === 'message'
      ? answer(request, reading.message)
      : statusAnswer({ status: 400, code: RpcCode.invalidArgument, message: reading.reason });
  };
}

async function answerLock(
  locking: Locking,
  { sessionId, undoUnlessDelivered }: LockRequest,
  { name = '', size = 1, lock_timeout_seconds }: Message<typeof LOCK>,
  waitMs: number,
): Promise<RestAnswer> {
  const leaseMs = timeOf(lock_timeout_seconds);
  const acquisition = locking.acquire({ sessionId, name, size, waitMs, leaseMs });
  undoUnlessDelivered(() => acquisition.withdraw());
  const { key } = acquisition;
  const outcome = await keptAnswer(acquisition.answer);
  // The end of the client's connection may have come along with what brought the grant about.
  await endOfTurn();
  return outcome.kind === 'granted'
    ? lockAnswer({ locked: true, name, key, fencingToken: outcome.fencingToken })
    : notLocked(outcome.code, { name, key });
}

async function answerRenewal(
  locking: Locking,
  { name = '', key = '', lock_timeout_seconds = 0 }: Message<typeof RENEW>,
): Promise<RestAnswer> {
  const leaseMs = lock_timeout_seconds * 1000;
  const outcome = await keptAnswer(locking.renew({ name, key, leaseMs }));
  return outcome.kind === 'renewed'
    ? lockAnswer({ locked: true, name, key, fencingToken: outcome.fencingToken })
    : notLocked(outcome.code, { name, key });
}

async function answerUnlock(
  locking: Locking,
  { name = '', key = '' }: Message<typeof UNLOCK>,
): Promise<RestAnswer> {
  const outcome = await keptAnswer(locking.release({ name, key }));
  if (outcome.kind === 'released') {
    return unlockAnswer({ unlocked: true, name });
  }
  const refusal = refusalToRest(outcome.code);
  return refusal.as === 'status'
    ? refusal.answer
    : unlockAnswer({ unlocked: false, name, error: refusal.error });
}

function notLocked(
  code: RefusalCode,
  { name, key }: { readonly name: string; readonly key: string },
): RestAnswer {
  const refusal = refusalToRest(code);
  if (refusal.as === 'status') {
    return refusal.answer;
  }
  const { error, isKeyless = false } = refusal;
  return lockAnswer({ locked: false, name, key: isKeyless ? '' : key, error });
}

/**
 * Seconds of the wire as the port's milliseconds: absent and 0 mean without end; what is negative
 * stays so.
 */
function timeOf(seconds: number | undefined): number {
  return seconds === undefined || seconds === 0 ? FOREVER : seconds * 1000;
}
