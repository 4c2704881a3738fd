/**
 * Why: the forms that answers have, field by field in the reference server's order and spelling.
 */

/** JSON, ready to be sent. */
export interface RestAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * The numbers that gRPC gives to outcomes (google.rpc.Code), which answers other than 200 carry.
 */
export const RpcCode = {
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  resourceExhausted: 8,
  failedPrecondition: 9,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const;

export interface StatusAnswer {
  readonly status: number;
  readonly code: number;
  readonly message: string;
}

/** A request that was not decided. */
export function statusAnswer({ status, code, message }: StatusAnswer): RestAnswer {
  return { status, body: JSON.stringify({ code, message, details: [] }) };
}

/** Why a lock was not granted, renewed or released, by the name of its code on the wire. */
export interface ErrorField {
  readonly code: string;
  readonly message: string;
}

export interface LockAnswer {
  readonly locked: boolean;
  readonly name: string;
  readonly key: string;
  readonly fencingToken?: number;
  readonly error?: ErrorField | undefined;
}

/** What is undefined is not written. */
export function lockAnswer({ locked, name, key, fencingToken, error }: LockAnswer): RestAnswer {
  // A string, as proto JSON writes 64 bits: many readers of JSON keep only 53.
  const fencing_token = fencingToken?.toString();
  return { status: 200, body: JSON.stringify({ locked, name, key, fencing_token, error }) };
}

export interface UnlockAnswer {
  readonly unlocked: boolean;
  readonly name: string;
  readonly error?: ErrorField | undefined;
}

export function unlockAnswer({ unlocked, name, error }: UnlockAnswer): RestAnswer {
  return { status: 200, body: JSON.stringify({ unlocked, name, error }) };
}

export function sessionAnswer(status: 200 | 201, token: string): RestAnswer {
  return { status, body: `{"session_id": "${token}"}` };
}

export const sessionNotShown: RestAnswer = {
  status: 401,
  body: '{"error": "session cookie not found. create a new session at /session"}',
};

export const sessionUnknown: RestAnswer = {
  status: 401,
  body: '{"error": "session cookie invalid or expired. create a new session at /session"}',
};

export const pathUnknown = statusAnswer({
  status: 404,
  code: RpcCode.notFound,
  message: 'Not Found',
});

export const methodUnknown = statusAnswer({
  status: 501,
  code: RpcCode.unimplemented,
  message: 'Method Not Allowed',
});

/** DELETE of a session, by what became of it. */
export const sessionClosing: Readonly<Record<'closed' | 'unknown' | 'stays', RestAnswer>> = {
  closed: sessionAnswer(200, ''),
  unknown: { status: 409, body: '{"error": "session not found"}' },
  stays: statusAnswer({
    status: 503,
    code: RpcCode.unavailable,
    message: 'the server is stopping and ends no session; what it holds is kept',
  }),
};

/** A request whose body was not read to its end. */
export const unreadBody: Readonly<Record<'too-large' | 'too-many' | 'cut', RestAnswer>> = {
  'too-large': statusAnswer({
    status: 413,
    code: RpcCode.resourceExhausted,
    message: 'the body is larger than this server takes; send less, or raise --body_bytes_max',
  }),
  'too-many': statusAnswer({
    status: 429,
    code: RpcCode.resourceExhausted,
    message: 'this server reads as many bodies at once as it can hold; try again shortly',
  }),
  cut: statusAnswer({
    status: 400,
    code: RpcCode.invalidArgument,
    message: 'the connection ended before the body did',
  }),
};

export const headersTooLarge = statusAnswer({
  status: 431,
  code: RpcCode.resourceExhausted,
  message:
    'the headers are larger, or more, than this server takes; ' +
    'send less, or raise --header_bytes_max',
});

export const hostMissing = statusAnswer({
  status: 400,
  code: RpcCode.invalidArgument,
  message: 'the request names no host; send a Host header',
});

export const requestTooSlow = statusAnswer({
  status: 408,
  code: RpcCode.deadlineExceeded,
  message: 'the request did not come in time; send it again',
});

export const notHttp = statusAnswer({
  status: 400,
  code: RpcCode.invalidArgument,
  message: 'this port speaks HTTP/1.1, and what came is something else',
});

export const stateUnknown = statusAnswer({
  status: 503,
  code: RpcCode.unavailable,
  message: 'the server cannot keep its state and stops; the request may have taken effect or not',
});

export const internal = statusAnswer({
  status: 500,
  code: RpcCode.internal,
  message: 'the server failed to answer; its log says why',
});
