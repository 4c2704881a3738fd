/**
 * Why: the messages of the single calls, for clients that must run without the proto file beside them. Their spec
 * holds them to it.
 */
import {
  BYTES,
  endOfMessage,
  newWriter,
  readerOf,
  readFields,
  readNumber,
  readText,
  tagOf,
  VARINT,
  writeText,
} from './wire-fields.js';

/** A Lock; without `waitSeconds` as good as a TryLock. */
export interface UnaryLockRequest {
  readonly name: string;
  /** undefined: as long as it takes. */
  readonly waitSeconds: number | undefined;
  readonly size: number;
  /** undefined: without end. */
  readonly leaseSeconds: number | undefined;
}

/** An Unlock, and a Renew, which alone has a time. */
export interface UnaryKeyRequest {
  readonly name: string;
  readonly key: string;
  readonly leaseSeconds: number | undefined;
}

export interface UnaryAnswer {
  /** Locked, unlocked, or renewed. */
  readonly isDone: boolean;
  readonly key: string;
  /** undefined from a server of old. */
  readonly fencingToken: number | undefined;
  readonly error: { readonly code: number; readonly message: string } | undefined;
}

/** Numbers of `ErrorCode`. */
export const ERROR_CODE = { lockWaitTimeout: 3, lockSizeMismatch: 6 } as const;

export const UNARY_PATHS = {
  lock: '/ldlm.LDLM/Lock',
  tryLock: '/ldlm.LDLM/TryLock',
  unlock: '/ldlm.LDLM/Unlock',
  renew: '/ldlm.LDLM/Renew',
  refreshLock: '/ldlm.LDLM/RefreshLock',
} as const;

const NAME = 1;
const KEY = 2;
const WAIT_SECONDS = 3;
const SIZE = 4;
const LEASE_SECONDS = 100;

export function encodeLockRequest(request: UnaryLockRequest): Buffer {
  const writer = newWriter();
  writeText(writer, NAME, request.name);
  if (request.waitSeconds !== undefined) {
    writer.uint32(tagOf(WAIT_SECONDS, VARINT)).int32(request.waitSeconds);
  }
  writer.uint32(tagOf(SIZE, VARINT)).int32(request.size);
  if (request.leaseSeconds !== undefined) {
    writer.uint32(tagOf(LEASE_SECONDS, VARINT)).int32(request.leaseSeconds);
  }
  return writer.finish() as Buffer;
}

export function encodeKeyRequest({ name, key, leaseSeconds }: UnaryKeyRequest): Buffer {
  const writer = newWriter();
  writeText(writer, NAME, name);
  writeText(writer, KEY, key);
  if (leaseSeconds !== undefined) {
    writer.uint32(tagOf(LEASE_SECONDS, VARINT)).int32(leaseSeconds);
  }
  return writer.finish() as Buffer;
}

/** A LockResponse. @throws Error for bytes that are none. */
export function decodeLockResponse(bytes: Buffer): UnaryAnswer {
  return decodeAnswer(bytes, { key: 3, error: 4 });
}

/** An UnlockResponse. @throws Error for bytes that are none. */
export function decodeUnlockResponse(bytes: Buffer): UnaryAnswer {
  return decodeAnswer(bytes, { key: 0, error: 3 });
}

function decodeAnswer(
  bytes: Buffer,
  fields: { readonly key: number; readonly error: number },
): UnaryAnswer {
  const reader = readerOf(bytes);
  let isDone = false;
  let key = '';
  let fencingToken: number | undefined;
  let error: UnaryAnswer['error'];
  readFields(reader, reader.len, (tag) => {
    switch (tag) {
      case tagOf(1, VARINT):
        isDone = reader.bool();
        return true;
      case tagOf(fields.key, BYTES):
        key = readText(reader);
        return true;
      case tagOf(fields.error, BYTES): {
        let code = 0;
        let message = '';
        readFields(reader, endOfMessage(reader), (inner) => {
          if (inner === tagOf(1, VARINT)) {
            code = reader.int32();
          } else if (inner === tagOf(2, BYTES)) {
            message = readText(reader);
          } else {
            return false;
          }
          return true;
        });
        error = { code, message };
        return true;
      }
      case tagOf(1001, VARINT):
        fencingToken = readNumber(reader);
        return true;
      default:
        return false;
    }
  });
  return { isDone, key, fencingToken, error };
}
