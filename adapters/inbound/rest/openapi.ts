/**
 * Why: what a program needs to know to speak to this door, in a form that programs read. Its spec
 * holds it to what the routes do.
 */

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
type JsonObject = Readonly<Record<string, Json>>;

const text = (description: string, example: string): JsonObject => ({
  type: ['string', 'null'],
  description,
  examples: [example],
});

const wholeNumber = (description: string, example: number): JsonObject => ({
  description: `${description} A string that holds the number is as good.`,
  examples: [example],
  anyOf: [
    { type: 'integer', format: 'int32', minimum: -2_147_483_648, maximum: 2_147_483_647 },
    { type: 'string', pattern: '^-?(0|[1-9][0-9]{0,8})$' },
    { type: 'null' },
  ],
});

/**
 * Requests: absent is null, unknown fields are ignored, and each field may be spelled in camelCase
 * instead.
 */
const request = (description: string, properties: JsonObject): JsonObject => ({
  type: 'object',
  description:
    `${description} Fields that are absent are as good as null, unknown ones are ignored, and ` +
    'each may be spelled in camelCase (`lockTimeoutSeconds`) instead, but not both.',
  properties,
});

/** Answers: what is not listed is not sent. */
const answer = (required: readonly string[], properties: JsonObject): JsonObject => ({
  type: 'object',
  required,
  properties,
  additionalProperties: false,
});

const name = text('The name of the lock: 1 byte of UTF-8 or more.', 'invoice/42');
const key = text(
  'The key that the grant was answered with.',
  '6f1c9f0e-7d0c-4f0e-9a55-3f6d1f2b7c11',
);
const size = wholeNumber('How many may hold the lock at once: 1, unless given.', 1);
const lock_timeout_seconds = wholeNumber(
  'Seconds until the lease expires, unless it is renewed: without end, if 0 or absent.',
  30,
);
const wait_timeout_seconds = wholeNumber(
  'Seconds to wait in the queue: as long as it takes, if 0 or absent.',
  10,
);

const reference = (schema: string): JsonObject => ({ $ref: `#/components/schemas/${schema}` });

const schemas: JsonObject = {
  LockRequest: request('A lock to take.', { name, size, lock_timeout_seconds }),
  AcquireRequest: request('A lock to take, and how long to wait for it.', {
    name,
    size,
    lock_timeout_seconds,
    wait_timeout_seconds,
  }),
  UnlockRequest: request('A lease to release.', { name, key }),
  RenewRequest: request('A lease to renew.', {
    name,
    key,
    lock_timeout_seconds: wholeNumber('Seconds from now until the lease expires: 1 or more.', 30),
  }),
  LockAnswer: {
    oneOf: [
      answer(['locked', 'name', 'key', 'fencing_token'], {
        locked: { const: true },
        name: { type: 'string' },
        key: { type: 'string', description: 'What unlocks and renews it.' },
        fencing_token: {
          type: 'string',
          pattern: '^[1-9][0-9]*$',
          description: 'A whole number that is greater with every grant, of whatever lock.',
        },
      }),
      answer(['locked', 'name', 'key'], {
        locked: { const: false },
        name: { type: 'string' },
        key: { type: 'string', description: 'Of no use.' },
        error: reference('LockError'),
      }),
    ],
  },
  UnlockAnswer: answer(['unlocked', 'name'], {
    unlocked: { type: 'boolean' },
    name: { type: 'string' },
    error: reference('LockError'),
  }),
  LockError: answer(['code', 'message'], {
    code: {
      enum: [
        'Unknown',
        'LockDoesNotExist',
        'InvalidLockKey',
        'LockWaitTimeout',
        'LockDoesNotExistOrInvalidKey',
        'LockSizeMismatch',
        'InvalidLockSize',
      ],
    },
    message: { type: 'string' },
  }),
  Session: answer(['session_id'], {
    session_id: { type: 'string', pattern: '^[0-9a-f]{32}$' },
  }),
  NoSession: answer(['session_id'], { session_id: { const: '' } }),
  SessionError: answer(['error'], { error: { type: 'string' } }),
  Status: answer(['code', 'message', 'details'], {
    code: { type: 'integer', description: 'The number of the outcome in gRPC.' },
    message: { type: 'string' },
    details: { type: 'array', maxItems: 0 },
  }),
};

const setsCookie: JsonObject = {
  'Set-Cookie': {
    description: 'The session, anew, where it was shown by cookie or has just begun.',
    schema: { type: 'string', pattern: '^ldlm-session=([0-9a-f]{32})?; Path=/; Expires=' },
  },
};

const asksForPassword: JsonObject = {
  'WWW-Authenticate': {
    description: 'There when it is the password that is missing or wrong; the body is empty then.',
    schema: { const: 'Basic realm="Restricted"' },
  },
};

const response = (description: string, schema: string, headers: JsonObject = {}): JsonObject => ({
  description,
  headers,
  content: { 'application/json': { schema: reference(schema) } },
});

/**
 * Its form is told in words alone: a document that lists one demands it of every answer with that
 * status, and the one that asks for the password has no body.
 */
const sessionOrPassword: JsonObject = {
  description:
    'No session was shown, or one that has ended: the body is a `SessionError`. ' +
    'Or the password is missing or wrong: there is no body.',
  headers: asksForPassword,
};

/** What any request may be answered with before it comes to its path. */
const early: JsonObject = {
  '400': response('The request names no host, or is no HTTP/1.1.', 'Status'),
  '408': response('The request did not come in time.', 'Status'),
  '431': response('The headers are larger, or more, than the server takes.', 'Status'),
};

const stopping = response(
  'The server is stopping, or could not keep its state: try again shortly.',
  'Status',
);

const withoutSession: Json = [{}, { password: [] }];
const withSession: Json = [
  { cookie: [] },
  { header: [] },
  { bearer: [] },
  { password: [], cookie: [] },
  { password: [], header: [] },
];

const lockOperation = (operation: {
  readonly operationId: string;
  readonly summary: string;
  readonly request: string;
  readonly answer: string;
}): JsonObject => ({
  post: {
    operationId: operation.operationId,
    summary: operation.summary,
    security: withSession,
    requestBody: {
      description: 'JSON, whatever content type is given; nothing is as good as `{}`.',
      content: { 'application/json': { schema: reference(operation.request) } },
    },
    responses: {
      '200': response('Decided, for or against.', operation.answer, setsCookie),
      ...early,
      '400': response(
        'The body is not what it ought to be, or the request names no host, or is no HTTP/1.1.',
        'Status',
        setsCookie,
      ),
      '401': sessionOrPassword,
      '413': response('The body, or the name, is too long.', 'Status', setsCookie),
      '429': response(
        'As many wait, or send, as the server takes: try later.',
        'Status',
        setsCookie,
      ),
      '503': stopping,
    },
  },
});

export const openApiDocument = {
  openapi: '3.1.1',
  info: {
    title: 'LDLM',
    version: '1.0.0',
    summary: 'Fair, fenced, durable locks over plain HTTP.',
    description:
      'To those who show a session, a path that is not listed is answered 404, and a method that ' +
      'is not listed 501, with a `Status`.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: '/' }],
  paths: {
    '/session': {
      post: {
        operationId: 'openSession',
        summary: 'Begins a session; what it holds ends with it.',
        security: withoutSession,
        responses: {
          '201': response(
            'It lives until it is closed, or idle for too long.',
            'Session',
            setsCookie,
          ),
          '401': { description: 'Not the password.', headers: asksForPassword },
          '429': response('As many sessions are open as the server takes.', 'Status'),
          '503': stopping,
          ...early,
        },
      },
      delete: {
        operationId: 'closeSession',
        summary: 'Ends a session: its locks are free when this is answered.',
        security: withSession,
        responses: {
          '200': response('It has ended.', 'NoSession', setsCookie),
          '401': sessionOrPassword,
          '409': response('It had ended before, or never was.', 'SessionError'),
          '503': stopping,
          ...early,
        },
      },
    },
    '/v1/lock': lockOperation({
      operationId: 'lock',
      summary: 'Takes a lock if that can be done at once.',
      request: 'LockRequest',
      answer: 'LockAnswer',
    }),
    '/v1/acquire': lockOperation({
      operationId: 'acquire',
      summary: 'Takes a lock, first come, first served, and waits for it as long as asked.',
      request: 'AcquireRequest',
      answer: 'LockAnswer',
    }),
    '/v1/unlock': lockOperation({
      operationId: 'unlock',
      summary: 'Releases a lock; any session may that knows the key.',
      request: 'UnlockRequest',
      answer: 'UnlockAnswer',
    }),
    '/v1/renew': lockOperation({
      operationId: 'renew',
      summary: 'Puts off the end of a lock that has a lock timeout.',
      request: 'RenewRequest',
      answer: 'LockAnswer',
    }),
    '/v1/refreshlock': lockOperation({
      operationId: 'refreshLock',
      summary: 'The older name of renew.',
      request: 'RenewRequest',
      answer: 'LockAnswer',
    }),
    '/openapi.json': {
      get: {
        operationId: 'describe',
        summary: 'This document.',
        security: withoutSession,
        responses: {
          '200': {
            description: 'OpenAPI 3.1.',
            content: { 'application/json': { schema: { type: 'object' } } },
          },
          '401': { description: 'Not the password.', headers: asksForPassword },
          ...early,
        },
      },
    },
  },
  components: {
    schemas,
    securitySchemes: {
      cookie: { type: 'apiKey', in: 'cookie', name: 'ldlm-session' },
      header: { type: 'apiKey', in: 'header', name: 'ldlm-session' },
      bearer: {
        type: 'http',
        scheme: 'bearer',
        description: 'The session, where the server asks for no password.',
      },
      password: {
        type: 'http',
        scheme: 'basic',
        description: 'Where the server asks for a password; any user name will do.',
      },
    },
  },
} as const;
