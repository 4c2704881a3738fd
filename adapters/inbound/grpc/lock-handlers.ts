/** Why: translates the wire's five calls into the port's words and its answers back; decides nothing itself. */
import type { sendUnaryData, ServerUnaryCall, ServiceError, status } from '@grpc/grpc-js';
import { Metadata, status as Status } from '@grpc/grpc-js';
import { FOREVER } from '../../../domain/instant.js';
import type { RefusalCode } from '../../../domain/refusal.js';
import type { Locking, OpenSessionAnswer, RenewRequest } from '../../../ports/inbound/locking.js';
import type { LDLMHandlers } from '../../../proto/generated/ldlm/LDLM.js';
import type { LockRequest__Output } from '../../../proto/generated/ldlm/LockRequest.js';
import type { LockResponse } from '../../../proto/generated/ldlm/LockResponse.js';
import type { RenewRequest__Output } from '../../../proto/generated/ldlm/RenewRequest.js';
import { DeliveryReceipt } from './delivery-receipt.js';
import { refusalToWire } from './refusal-to-wire.js';

/** Finds the session of the connection that a call came by, or why it has none. */
export type SessionOf = (call: { getPeer(): string }) => OpenSessionAnswer;

type Call<Request> = ServerUnaryCall<Request, LockResponse>;
type Answer = sendUnaryData<LockResponse>;

export function lockHandlers(
  locking: Locking,
  sessionOf: SessionOf,
): Pick<LDLMHandlers, 'Lock' | 'TryLock' | 'Unlock' | 'RefreshLock' | 'Renew'> {
  const renew = (call: Call<RenewRequest__Output>, answer: Answer) => {
    const { name = '', key = '', lock_timeout_seconds = 0 } = call.request;
    answerRenewal(locking, { name, key, leaseMs: lock_timeout_seconds * 1000 }, answer);
  };
  return {
    Lock: (call, answer) => {
      acquire(locking, sessionOf, call, answer, timeOf(call.request.wait_timeout_seconds));
    },
    TryLock: (call, answer) => acquire(locking, sessionOf, call, answer, 0),
    Unlock: (call, answer) => {
      const { name = '', key = '' } = call.request;
      locking.release({ name, key }).then((outcome) => {
        if (outcome.kind === 'released') {
          answer(null, { ...filled('name', name), unlocked: true });
          return;
        }
        const refusal = refusalToWire(outcome.code);
        if (refusal.as === 'status') {
          answer(statusError(refusal.status, refusal.message));
        } else {
          answer(null, { ...filled('name', name), ...errorField(refusal) });
        }
      }, failWith(answer));
    },
    RefreshLock: renew,
    Renew: renew,
  };
}

function acquire(
  locking: Locking,
  sessionOf: SessionOf,
  call: Call<LockRequest__Output>,
  answer: Answer,
  waitMs: number,
): void {
  const { name = '', size = 1, lock_timeout_seconds } = call.request;
  const session = sessionOf(call);
  if (session.kind === 'refused') {
    answerRefusal(session.code, { name, key: '' }, answer);
    return;
  }
  const { sessionId } = session;
  const leaseMs = timeOf(lock_timeout_seconds);
  const acquisition = locking.acquire({ sessionId, name, size, waitMs, leaseMs });
  const receipt = new DeliveryReceipt();
  call.on('cancelled', () => {
    if (!receipt.isSent) {
      acquisition.withdraw();
    }
  });
  const { key } = acquisition;
  acquisition.answer.then((outcome) => {
    if (outcome.kind === 'granted') {
      const fencing_token = outcome.fencingToken;
      answer(null, { locked: true, name, key, fencing_token }, receipt);
    } else {
      answerRefusal(outcome.code, { name, key }, answer, receipt);
    }
  }, failWith(answer));
}

function answerRenewal(locking: Locking, request: RenewRequest, answer: Answer): void {
  const { name, key } = request;
  locking.renew(request).then((outcome) => {
    if (outcome.kind === 'renewed') {
      answer(null, { locked: true, name, key, fencing_token: outcome.fencingToken });
    } else {
      answerRefusal(outcome.code, { name, key }, answer);
    }
  }, failWith(answer));
}

function answerRefusal(
  code: RefusalCode,
  { name, key }: { readonly name: string; readonly key: string },
  answer: Answer,
  trailers: Metadata = new Metadata(),
): void {
  const refusal = refusalToWire(code);
  if (refusal.as === 'status') {
    answer({ ...statusError(refusal.status, refusal.message), metadata: trailers });
    return;
  }
  const isKeyless = refusal.as === 'error' && refusal.isKeyless === true;
  const response: LockResponse = {
    ...filled('name', name),
    ...filled('key', isKeyless ? '' : key),
    ...errorField(refusal),
  };
  answer(null, response, trailers);
}

function errorField(
  refusal: Exclude<ReturnType<typeof refusalToWire>, { as: 'status' }>,
): Pick<LockResponse, 'error'> {
  if (refusal.as !== 'error') {
    return {};
  }
  const { code, message } = refusal;
  return { error: code === 'Unknown' ? { message } : { code, message } };
}

/** proto3 leaves default values out (protobuf.dev, "Encoding"); this encoder would write those that are given. */
function filled<Field extends string>(field: Field, text: string): { [Name in Field]?: string } {
  return text === '' ? {} : ({ [field]: text } as { [Name in Field]: string });
}

/** Seconds of the wire as the port's milliseconds: absent and 0 mean without end; what is negative stays so. */
function timeOf(seconds: number | undefined): number {
  return seconds === undefined || seconds === 0 ? FOREVER : seconds * 1000;
}

/** The service answers refusals as values; what it rejects with means that it cannot vouch for its state. */
function failWith(answer: (error: Partial<ServiceError>) => void): (failure: unknown) => void {
  return () =>
    answer(
      statusError(
        Status.UNAVAILABLE,
        'the server cannot keep its state and stops; the request may have taken effect or not',
      ),
    );
}

function statusError(code: status, details: string): Partial<ServiceError> {
  return { code, details };
}
