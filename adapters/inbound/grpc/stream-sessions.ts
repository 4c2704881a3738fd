/**
 * Why: new clients have a session over a stream of their own that outlives it; this knows which
 * session a stream is for, and what becomes of it when the stream breaks, falls silent or is taken over.
 */
import { type ServerDuplexStream, status } from '@grpc/grpc-js';
import type { SessionNotice } from '../../../domain/decision.js';
import { SILENCE_MS_WITHOUT_WINDOW } from '../../../domain/session.js';
import type { Locking } from '../../../ports/inbound/locking.js';
import {
  type ClientFrame,
  type Hello,
  NOTICE,
  type ServerFrame,
} from '../../../proto/session-frames.js';
import { FrameStream, type StreamEnd } from './frame-stream.js';
import { sessionIdOf } from './session-token.js';
import { FRAME_REQUESTS_MAX, lengthOf, StreamSession, WORDS_LENGTH_MAX } from './stream-session.js';

export interface StreamSessionsOptions {
  readonly locking: Locking;
  /** Milliseconds of a clock that only goes on. */
  readonly now: () => number;
  /** A secret that was never given before. */
  readonly newToken: () => string;
  /** The longest recovery window. */
  readonly recoveryMsMax: number;
  readonly sessionRequestsMax: number;
  /** The longest frame that the library takes, as clients are told. */
  readonly frameBytesMax: number;
  /** How long a new stream may take to say who it is. */
  readonly handshakeTimeoutMs: number;
  /** The client's `address:port`, by the name of its connection, which its calls tell as their peer. */
  readonly peerOf: (connection: string) => string;
  /** Cuts the connection of a client that does not let its stream end. */
  readonly cutConnection: (connection: string) => void;
}

type Call = ServerDuplexStream<ClientFrame, ServerFrame>;

/** A stream, from its call to its close. */
interface Visit {
  readonly stream: FrameStream;
  readonly call: Call;
  /** undefined until its Hello was answered. */
  known: KnownSession | undefined;
  /** undefined until then, too. */
  heartbeatMs: number | undefined;
  hasSaidHello: boolean;
  isWarned: boolean;
  isClosed: boolean;
}

/** A session that has, had or will have streams. */
interface KnownSession {
  readonly session: StreamSession;
  /** Of the stream that it has. */
  visit: Visit | undefined;
  /** Streams that wait to be told that it is theirs. */
  arrivalCount: number;
  /** It says goodbye: nothing of its end is news. */
  isLeaving: boolean;
}

/** The least recovery window that is one. */
const RECOVERY_MS_MIN = 1_000;
/** A window is at least three heartbeats, so that two may be lost. */
const HEARTBEATS_PER_WINDOW = 3;
const HEARTBEAT_MS_MAX = 10_000;
/** Without a window the heartbeat only finds out who is gone. */
const HEARTBEAT_MS_WITHOUT_WINDOW = SILENCE_MS_WITHOUT_WINDOW / HEARTBEATS_PER_WINDOW;
/** How long an end may take to reach a client that should read it. */
const END_MS_MAX = 5_000;

const TAKEN_OVER: StreamEnd = {
  code: status.ABORTED,
  details: 'another stream came back to the session',
};
const SILENT: StreamEnd = {
  code: status.DEADLINE_EXCEEDED,
  details: 'the client was silent for three heartbeats; come back with the token',
};
const NO_HELLO: StreamEnd = {
  code: status.INVALID_ARGUMENT,
  details: 'a stream begins with a Hello in its first frame; send one',
};
const SECOND_HELLO: StreamEnd = {
  code: status.INVALID_ARGUMENT,
  details: 'a stream has one Hello; open another stream for another session',
};
const OWNER_TOO_LONG: StreamEnd = {
  code: status.INVALID_ARGUMENT,
  details: `the owner is longer than ${WORDS_LENGTH_MAX} characters; shorten it`,
};
const TOO_MANY_SESSIONS: StreamEnd = {
  code: status.RESOURCE_EXHAUSTED,
  details: 'this server takes no more sessions; close some, or raise --sessions_max',
};
const STOPPING: StreamEnd = {
  code: status.UNAVAILABLE,
  details: 'the server is stopping; come back with the token to the next one',
};
const SESSION_ENDED: StreamEnd = {
  code: status.ABORTED,
  details: 'the session was ended by the server; open a new one',
};

/** Open → closed. */
export class StreamSessions {
  readonly #options: StreamSessionsOptions;
  readonly #visits = new Set<Visit>();
  readonly #known = new Map<string, KnownSession>();

  constructor(options: StreamSessionsOptions) {
    this.#options = options;
  }

  /** How many sessions are known, attached and detached ones. */
  get count(): number {
    return this.#known.size;
  }

  /** Serves a call of the Session method. */
  serve(call: Call): void {
    const visit: Visit = {
      stream: new FrameStream(call, this.#options.now),
      call,
      known: undefined,
      heartbeatMs: undefined,
      hasSaidHello: false,
      isWarned: false,
      isClosed: false,
    };
    this.#visits.add(visit);
    call.on('data', (frame: ClientFrame) => this.#take(visit, frame));
    call.on('end', () => this.#end(visit, 'orderly'));
    call.on('cancelled', () => this.#close(visit));
    call.on('close', () => this.#close(visit));
  }

  /** Looks for streams that are silent, or that do not end: to be called now and then. */
  sweep(): void {
    const now = this.#options.now();
    for (const visit of this.#visits) {
      const { stream, heartbeatMs } = visit;
      if (stream.endedAt !== undefined) {
        if (now - stream.endedAt > END_MS_MAX) {
          this.#options.cutConnection(stream.connection);
        }
        continue;
      }
      const silenceMs = now - stream.heardAt;
      if (heartbeatMs === undefined) {
        if (silenceMs > this.#options.handshakeTimeoutMs) {
          this.#end(visit, NO_HELLO);
        }
      } else if (silenceMs > HEARTBEATS_PER_WINDOW * heartbeatMs) {
        this.#end(visit, SILENT);
      } else if (silenceMs <= (HEARTBEATS_PER_WINDOW - 1) * heartbeatMs) {
        visit.isWarned = false;
      } else if (!visit.isWarned) {
        visit.isWarned = true;
        stream.notice(NOTICE.danger);
      }
    }
  }

  /** The server stops: every client is told, and every stream ends. Sessions stay as they are. */
  close(): void {
    for (const visit of this.#visits) {
      visit.stream.notice(NOTICE.draining);
      this.#end(visit, STOPPING);
    }
  }

  #take(visit: Visit, frame: ClientFrame): void {
    const { stream, known, hasSaidHello } = visit;
    if (stream.isEnded) {
      return;
    }
    if (this.#options.locking.hasFailed) {
      // A process that was stopped reads what came meanwhile before any alarm tells it that its term is over.
      this.#end(visit, STOPPING);
      return;
    }
    stream.received();
    if (known !== undefined && frame.hello === undefined) {
      this.#process(visit, known, frame);
    } else if (hasSaidHello) {
      this.#end(visit, SECOND_HELLO);
    } else if (frame.hello === undefined) {
      this.#end(visit, NO_HELLO);
    } else if (lengthOf(frame.hello.owner) > WORDS_LENGTH_MAX) {
      this.#end(visit, OWNER_TOO_LONG);
    } else {
      visit.hasSaidHello = true;
      this.#greet(visit, frame, frame.hello).catch(() => this.#end(visit, STOPPING));
    }
  }

  /** Nothing more is read until the client has its session. */
  async #greet(visit: Visit, frame: ClientFrame, hello: Hello): Promise<void> {
    visit.call.pause();
    if (hello.token === '' || !(await this.#resume(visit, hello.token))) {
      await this.#open(visit, hello);
    }
    if (visit.known !== undefined) {
      this.#process(visit, visit.known, frame);
      visit.call.resume();
    }
  }

  #process(visit: Visit, known: KnownSession, frame: ClientFrame): void {
    known.session.take(frame);
    if (frame.goodbye) {
      this.#leave(visit, known);
    }
  }

  /** @returns whether that is all that can be done for the stream: not if there is no such session. */
  async #resume(visit: Visit, token: string): Promise<boolean> {
    const sessionId = sessionIdOf(token);
    const known = this.#know(sessionId);
    known.arrivalCount += 1;
    const answer = await this.#options.locking.resumeSession({
      sessionId,
      peer: this.#options.peerOf(visit.stream.connection),
      listener: (notice) => this.#hear(known, notice),
    });
    known.arrivalCount -= 1;
    if (answer.kind === 'resumed') {
      const { recoveryMs } = answer;
      this.#attach(visit, known, { token, resumed: true, recoveryWindowMs: recoveryMs });
      return true;
    }
    if (known.arrivalCount === 0 && known.visit === undefined) {
      this.#known.delete(sessionId);
    }
    if (answer.code !== 'session-unknown') {
      this.#end(visit, STOPPING);
      return true;
    }
    return false;
  }

  async #open(visit: Visit, hello: Hello): Promise<void> {
    const token = this.#options.newToken();
    const sessionId = sessionIdOf(token);
    const known = this.#know(sessionId);
    const recoveryWindowMs = this.#recoveryMs(hello.recoveryWindowMs);
    const answer = await this.#options.locking.openStreamSession({
      sessionId,
      peer: this.#options.peerOf(visit.stream.connection),
      recoveryMs: recoveryWindowMs,
      ...(hello.owner && { owner: hello.owner }),
      listener: (notice) => this.#hear(known, notice),
    });
    if (answer.kind === 'opened') {
      this.#attach(visit, known, { token, resumed: false, recoveryWindowMs });
      return;
    }
    this.#known.delete(sessionId);
    this.#end(visit, answer.code === 'too-many-sessions' ? TOO_MANY_SESSIONS : STOPPING);
  }

  #attach(
    visit: Visit,
    known: KnownSession,
    welcome: {
      readonly token: string;
      readonly resumed: boolean;
      readonly recoveryWindowMs: number;
    },
  ): void {
    const { stream } = visit;
    const { session } = known;
    if (visit.isClosed || stream.isEnded) {
      this.#away(known);
      return;
    }
    if (known.isLeaving) {
      // It came back in the moment of the goodbye: the session is over, or as good as that.
      this.#end(visit, SESSION_ENDED);
      return;
    }
    const { visit: visitBefore } = known;
    session.attach(stream);
    known.visit = visit;
    visit.known = known;
    if (visitBefore !== undefined) {
      // Only now, so that the session is never without a stream.
      this.#end(visitBefore, TAKEN_OVER);
    }
    visit.heartbeatMs = heartbeatMs(welcome.recoveryWindowMs);
    stream.welcome({
      ...welcome,
      heartbeatMs: visit.heartbeatMs,
      frameRequestsMax: FRAME_REQUESTS_MAX,
      sessionRequestsMax: this.#options.sessionRequestsMax,
      frameBytesMax: this.#options.frameBytesMax,
    });
  }

  #leave(visit: Visit, known: KnownSession): void {
    known.isLeaving = true;
    this.#options.locking.endSession(known.session.sessionId, 'closed').then(
      () => this.#end(visit, 'orderly'),
      () => this.#end(visit, STOPPING),
    );
  }

  #hear(known: KnownSession, notice: SessionNotice): void {
    const { session } = known;
    if (notice.kind !== 'session-ended') {
      session.hear(notice);
      return;
    }
    this.#known.delete(session.sessionId);
    if (known.isLeaving) {
      return;
    }
    session.hear(notice);
    if (known.visit !== undefined) {
      this.#end(known.visit, SESSION_ENDED);
    }
  }

  #end(visit: Visit, end: StreamEnd | 'orderly'): void {
    visit.stream.end(end);
    this.#detach(visit);
  }

  #close(visit: Visit): void {
    visit.isClosed = true;
    this.#visits.delete(visit);
    this.#detach(visit);
  }

  #detach(visit: Visit): void {
    const { known } = visit;
    if (known !== undefined && known.visit === visit) {
      known.visit = undefined;
      known.session.detach();
      if (!known.isLeaving) {
        this.#away(known);
      }
    }
  }

  /** Its recovery window begins, unless it has a stream or is about to. */
  #away({ session, visit, arrivalCount }: KnownSession): void {
    if (visit === undefined && arrivalCount === 0) {
      this.#options.locking.detachSession(session.sessionId);
    }
  }

  #know(sessionId: string): KnownSession {
    const before = this.#known.get(sessionId);
    if (before !== undefined) {
      return before;
    }
    const { locking, sessionRequestsMax: requestsMax } = this.#options;
    const onCut = (end: StreamEnd) => {
      if (known.visit !== undefined) {
        this.#end(known.visit, end);
      }
    };
    const session = new StreamSession({ sessionId, locking, requestsMax, onCut });
    const known: KnownSession = { session, visit: undefined, arrivalCount: 0, isLeaving: false };
    this.#known.set(sessionId, known);
    return known;
  }

  #recoveryMs(asked: number | undefined): number {
    const { recoveryMsMax } = this.#options;
    return asked === 0
      ? 0
      : Math.min(Math.max(asked ?? recoveryMsMax, RECOVERY_MS_MIN), recoveryMsMax);
  }
}

function heartbeatMs(recoveryMs: number): number {
  return recoveryMs === 0
    ? HEARTBEAT_MS_WITHOUT_WINDOW
    : Math.min(Math.floor(recoveryMs / HEARTBEATS_PER_WINDOW), HEARTBEAT_MS_MAX);
}
