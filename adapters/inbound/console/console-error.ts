/** Why: everything the console can say no with, each in words that tell what to do next. */
import type { RefusalCode } from '../../../domain/refusal.js';
import type { LeaderStatus, ServerStatus } from '../../../ports/inbound/server-status.js';

type ConsoleErrorCode = keyof typeof ERRORS;

/** Status of HTTP, and the words for whoever sits before the console. */
const ERRORS = {
  'not-offered': [
    403,
    'The console is off: give the server a password with --password_file, or have it listen on localhost ' +
      'with --admin_listen_address, and restart it.',
  ],
  'host-not-local': [
    403,
    'Without a password the console answers to local names alone: open it as http://localhost, through an ' +
      'SSH tunnel if need be, or give the server a password with --password_file.',
  ],
  'foreign-page': [
    403,
    'This was asked by another page than the console: open the console itself.',
  ],
  'password-needed': [401, 'Your sign-in is over. Enter the password again.'],
  'password-wrong': [401, 'The password is wrong. Try again.'],
  'too-many-tries': [
    429,
    'Too many passwords are being tried at once. Wait a few seconds, then try again.',
  ],
  'request-invalid': [400, 'The console asked for something that there is not. Reload the page.'],
  'request-too-long': [
    413,
    'That is longer than the server takes. Shorten it, or raise --body_bytes_max.',
  ],
  'path-unknown': [404, 'The console asked for something that there is not. Reload the page.'],
  'too-deep': [
    400,
    'Sorted lists go no further than this. Narrow the search, or choose another order.',
  ],
  busy: [429, 'Others look at long lists at this moment. Try again in a few seconds.'],
  'too-many-streams': [
    429,
    'As many pages as the server takes are watching. Close some, and this one goes on by itself.',
  ],
  starting: [503, 'The server is starting. This page goes on by itself when it serves.'],
  standby: [503, 'This server stands by; another one serves.'],
  stopping: [503, 'The server is stopping. This page goes on by itself when it is back.'],
  failing: [
    503,
    'The server cannot vouch for its state and is about to stop: whether the last change was kept is not ' +
      'known. Its log says why.',
  ],
  'lock-unknown': [404, 'There is no lock of this name any more.'],
  'lease-over': [
    409,
    'That lease is over already: released, expired, or taken away by somebody else. Nothing was changed.',
  ],
  'session-unknown': [404, 'That session has ended already. Nothing was changed.'],
  fault: [500, 'The server failed to answer by a fault of its own. Its log says why.'],
} as const satisfies Readonly<Record<string, readonly [status: number, message: string]>>;

/** What the console's page is told in place of an answer. */
export class ConsoleError extends Error {
  override readonly name = 'ConsoleError';
  readonly code: ConsoleErrorCode;
  /** Who serves, where that is why. */
  readonly leader: LeaderStatus | undefined;

  constructor(code: ConsoleErrorCode, { leader, ...options }: ErrorOptions & Leader = {}) {
    super(ERRORS[code][1], options);
    this.code = code;
    this.leader = leader;
  }

  get status(): number {
    return ERRORS[this.code][0];
  }
}

interface Leader {
  readonly leader?: LeaderStatus | undefined;
}

/** Why a process that stands like that answers nothing about locks. */
export function absence({ role, leader }: ServerStatus): ConsoleError {
  return new ConsoleError(role === 'leader' ? 'starting' : role, { leader });
}

/** What an operator's deed can be refused with; what is left can only be a fault of the console's. */
export function refusalToError(code: RefusalCode): ConsoleError {
  switch (code) {
    case 'lock-unknown':
    case 'key-invalid':
      return new ConsoleError('lease-over');
    case 'session-unknown':
      return new ConsoleError('session-unknown');
    case 'server-stopping':
      return new ConsoleError('stopping');
    case 'key-needed':
    case 'lease-time-invalid':
    case 'wait-time-invalid':
    case 'name-empty':
    case 'name-too-long':
    case 'size-invalid':
    case 'size-mismatch':
    case 'held':
    case 'wait-timeout':
    case 'lease-ended':
    case 'withdrawn':
    case 'lease-unknown':
    case 'too-many-sessions':
    case 'too-many-waiters':
      return new ConsoleError('fault', { cause: new Error(`refused: ${code}`) });
  }
}
