/**
 * Why: what every call must pass before anything of it is read: the bound on its headers, then the password,
 * but for calls that are open to everybody; and then a bound on the time that its message takes to come, and its answer to be taken.
 */
import {
  type Metadata,
  type ServerInterceptor,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  status,
} from '@grpc/grpc-js';
import type { Admission, AdmissionAnswer } from '../../../ports/inbound/admission.js';
import { connectionName } from './connection-name.js';
import { DueCalls } from './due-calls.js';
import { isOpenCall } from './open-calls.js';
import type { Offence } from './patience.js';

export interface CallGateOptions {
  readonly headerBytesMax: number;
  /** undefined: everyone may come in. */
  readonly admission: Admission | undefined;
  /**
   * How long the message of a call may take to come, and its answer to be taken. Those of streams take as
   * long as they take.
   */
  readonly messageTimeoutMs: number;
  /** Is told of calls that came to nothing by the fault of their client. */
  readonly blame: (peer: string, offence: Offence) => void;
}

interface Refusal {
  readonly code: status;
  readonly details: string;
}

/** What RFC 9113 (section 6.5.2) reckons for each field beside its name and value. */
const FIELD_EXTRA_BYTES = 32;

const TOO_LARGE: Refusal = {
  code: status.RESOURCE_EXHAUSTED,
  details: 'the headers of the call are larger than this server takes; send less metadata',
};

const OVERDUE: Refusal = {
  code: status.DEADLINE_EXCEEDED,
  details:
    'the message of the call took too long to come; send it at once, or raise --request_timeout',
};

/** Released clients match on these messages. */
const NOT_ADMITTED: Readonly<Record<AdmissionAnswer, Refusal | undefined>> = {
  admitted: undefined,
  missing: { code: status.UNAUTHENTICATED, details: 'missing credentials' },
  wrong: { code: status.UNAUTHENTICATED, details: 'invalid credentials' },
};

interface CallIdentity {
  /** Such as `/ldlm.LDLM/Lock`. */
  readonly path: string;
  readonly peer: string;
}

/** Unknown methods never come here: the library answers them itself. */
export function callGate(options: CallGateOptions): ServerInterceptor {
  const { headerBytesMax, admission, messageTimeoutMs, blame } = options;
  const messages = new DueCalls<ServerInterceptingCallInterface>(messageTimeoutMs, (call) => {
    call.sendStatus(OVERDUE);
    blame(nameOf(call), 'message-overdue');
  });
  const answers = new DueCalls<ServerInterceptingCallInterface>(messageTimeoutMs, (call) =>
    blame(nameOf(call), 'answer-untaken'),
  );
  const refusalOf = (metadata: Metadata, { path, peer }: CallIdentity) => {
    if (bytesOf(metadata) > headerBytesMax) {
      return TOO_LARGE;
    }
    return admission === undefined || isOpenCall(path)
      ? undefined
      : NOT_ADMITTED[admission.admit(shownIn(metadata), peer)];
  };
  return ({ path, requestStream, responseStream }, call) => {
    let isOver = false;
    return new NamedCall(call, {
      start: (start) => {
        start({
          onReceiveMetadata: (metadata, pass) => {
            const refusal = refusalOf(metadata, { path, peer: call.getPeer() });
            if (isOpenCall(path)) {
              forget(metadata);
            }
            if (refusal === undefined) {
              if (!requestStream) {
                messages.expect(call);
              }
              pass(metadata);
              return;
            }
            forget(metadata);
            call.sendStatus(refusal);
            if (refusal === TOO_LARGE) {
              blame(nameOf(call), 'headers-too-large');
            }
          },
          onReceiveHalfClose: (pass) => {
            messages.settle(call);
            pass();
          },
          // Not only when a call is cancelled, but also when the last of its answer has gone out.
          onCancel: () => {
            isOver = true;
            messages.settle(call);
            answers.settle(call);
          },
        });
      },
      sendMessage: (message, pass) => {
        // What was taken back meanwhile may be answered all the same, and nobody is to take that.
        if (!responseStream && !isOver) {
          answers.expect(call);
        }
        pass(message);
      },
    });
  };
}

/** Handlers are told of a call's connection by this alone, and have to know it from all others. */
class NamedCall extends ServerInterceptingCall {
  override getPeer(): string {
    return nameOf(this);
  }
}

function nameOf(call: ServerInterceptingCallInterface): string {
  return connectionName(call.getConnectionInfo());
}

/** The first one counts. */
function shownIn(metadata: Metadata): string | undefined {
  const [shown] = metadata.get('authorization');
  return shown?.toString();
}

/**
 * HTTP/2 has a bound of its own, which holds only for clients that acknowledge it, and packs headers so
 * well that a few bytes are many of them.
 */
function bytesOf(metadata: Metadata): number {
  let byteCount = 0;
  for (const name of namesIn(metadata)) {
    for (const { length } of metadata.get(name)) {
      byteCount += name.length + length + FIELD_EXTRA_BYTES;
    }
  }
  return byteCount;
}

/** A client that never ends its call must not have it remembered if it is refused, or a stranger's. */
function forget(metadata: Metadata): void {
  for (const name of namesIn(metadata)) {
    metadata.remove(name);
  }
}

/** The plain object that the library makes has no room for a field of the last name. */
function namesIn(metadata: Metadata): readonly string[] {
  return [...Object.keys(metadata.toJSON()), '__proto__'];
}
