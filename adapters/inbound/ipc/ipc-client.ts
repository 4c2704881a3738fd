/** Why: the operator's end of the local door; what goes wrong is told with what to do about it. */
import { connect } from 'node:net';
import type {
  HolderDescription,
  LockDescription,
  LockPart,
  ServerStats,
  SessionDescription,
} from '../../../domain/descriptions.js';
import type { HolderFilter } from '../../../domain/holder-filter.js';
import type { HolderNews } from '../../../domain/holder-watch.js';
import type { Instant } from '../../../domain/instant.js';
import type {
  KickAnswer,
  RevokeAllAnswer,
  RevokeAnswer,
  RevokeRequest,
} from '../../../ports/inbound/administration.js';
import { decodeReply, type IpcReply } from './ipc-reply.js';
import { encodeRequest, type IpcRequest, UNKNOWN_METHOD } from './ipc-request.js';
import { LineError, LineSplitter } from './line-splitter.js';
import { socketPathProblem } from './socket-path-problem.js';

export interface IpcClientOptions {
  readonly path: string;
  /** Longest line of an answer; it should hold one holder with the longest name there can be. */
  readonly replyBytesMax: number;
  /** How long the server may say nothing before it is given up. */
  readonly silenceMs: number;
  /** Who asks, for the server's log. */
  readonly says?: string;
}

/** The server was not reached, or did not answer as it should. `message` is for the operator. */
export class IpcClientError extends Error {
  override readonly name = 'IpcClientError';
}

const ELSEWHERE = 'if its socket is elsewhere, say where with --socket or LDLM_IPC_SOCKET_FILE';
const NOBODY = `Is the ldlm server running? Start it, or ${ELSEWHERE}`;

const missing = (path: string): string => `there is no socket ${path}. ${NOBODY}`;
const forbidden = (path: string): string =>
  `no permission to use the socket ${path}: run ldlm-lock as the user that the server runs as, ` +
  `or ${ELSEWHERE}`;

/** What the machine says of a path that leads to no server. */
const UNREACHED: ReadonlyMap<string, (path: string) => string> = new Map([
  ['ENOENT', missing],
  ['ENOTDIR', missing],
  ['ECONNREFUSED', (path) => `nothing listens on the socket ${path}. ${NOBODY}`],
  ['EACCES', forbidden],
  ['EPERM', forbidden],
]);

/** Each call makes a connection of its own; calls do not disturb one another. */
export class IpcClient {
  readonly #options: IpcClientOptions;

  constructor(options: IpcClientOptions) {
    this.#options = options;
  }

  /**
   * Leases that are wanted, in pages; the last one has the server's clock, by which all their instants are to be read.
   * Throws IpcClientError.
   */
  async *holders(
    filter: HolderFilter,
  ): AsyncGenerator<{ readonly holders: readonly HolderDescription[]; readonly now?: Instant }> {
    // Servers of old know `list`, and would overlook that a part of it is wanted.
    const isPlain = Object.keys(filter).every((field) => field === 'name');
    const request: IpcRequest = isPlain
      ? { method: 'list', ...filter }
      : { method: 'holders', filter };
    for await (const reply of this.#ask(request)) {
      if (reply.kind === 'end') {
        yield { holders: [], now: reply.now };
        return;
      }
      if (reply.kind !== 'holders') {
        throw this.#unexpected(reply);
      }
      yield { holders: reply.holders };
    }
    throw this.#hungUp();
  }

  /** What is known of a lock; nothing if it is not. Throws IpcClientError. */
  async *lock(name: string): AsyncGenerator<LockPart> {
    for await (const reply of this.#ask({ method: 'show', name })) {
      if (reply.kind === 'end' || (reply.kind === 'refused' && reply.code === 'lock-unknown')) {
        return;
      }
      if (reply.kind !== 'lock' && reply.kind !== 'holders' && reply.kind !== 'waiters') {
        throw this.#unexpected(reply);
      }
      yield reply;
    }
    throw this.#hungUp();
  }

  /** Every session, in pages, with the server's clock. Throws IpcClientError. */
  async *sessions(): AsyncGenerator<{
    readonly sessions: readonly SessionDescription[];
    readonly now: Instant;
  }> {
    for await (const reply of this.#ask({ method: 'sessions' })) {
      if (reply.kind === 'end') {
        return;
      }
      if (reply.kind !== 'sessions') {
        throw this.#unexpected(reply);
      }
      yield { sessions: reply.sessions, now: reply.now };
    }
    throw this.#hungUp();
  }

  /** Until the server stops, or `signal` says that it is enough. Throws IpcClientError. */
  async *watch(
    filter: HolderFilter,
    signal: AbortSignal,
  ): AsyncGenerator<HolderNews & { readonly now: Instant }> {
    for await (const reply of this.#ask({ method: 'watch', filter }, signal)) {
      if (reply.kind === 'refused' && reply.code === 'server-stopping') {
        return;
      }
      if (reply.kind !== 'news') {
        throw this.#unexpected(reply);
      }
      yield reply;
    }
    if (!signal.aborted) {
      throw this.#hungUp();
    }
  }

  /** Rejects with IpcClientError. */
  stats(): Promise<ServerStats> {
    return this.#only({ method: 'stats' }, (reply) =>
      reply.kind === 'stats' ? reply.stats : undefined,
    );
  }

  /** Rejects with IpcClientError. */
  busiest(count: number): Promise<readonly LockDescription[]> {
    return this.#only({ method: 'busiest', count }, (reply) =>
      reply.kind === 'busiest' ? reply.locks : undefined,
    );
  }

  /** Rejects with IpcClientError. */
  unlock(request: RevokeRequest): Promise<RevokeAnswer> {
    const { says } = this.#options;
    return this.#only({ method: 'unlock', ...request, ...(says && { says }) }, (reply) =>
      reply.kind === 'revoked' || reply.kind === 'refused' ? reply : undefined,
    );
  }

  /** Rejects with IpcClientError. */
  unlockAll(name: string): Promise<RevokeAllAnswer> {
    const { says } = this.#options;
    return this.#only({ method: 'unlock-all', name, ...(says && { says }) }, (reply) =>
      reply.kind === 'revoked-many' || reply.kind === 'refused' ? reply : undefined,
    );
  }

  /** Rejects with IpcClientError. */
  kick(session: string): Promise<KickAnswer> {
    const { says } = this.#options;
    return this.#only({ method: 'kick', session, ...(says && { says }) }, (reply) =>
      reply.kind === 'kicked' || reply.kind === 'refused' ? reply : undefined,
    );
  }

  /** It has nothing to let go of: each call had a connection of its own. */
  close(): void {}

  async #only<Answer>(
    request: IpcRequest,
    answerIn: (reply: IpcReply) => Answer | undefined,
  ): Promise<Answer> {
    for await (const reply of this.#ask(request)) {
      const answer = answerIn(reply);
      if (answer === undefined) {
        throw this.#unexpected(reply);
      }
      return answer;
    }
    throw this.#hungUp();
  }

  async *#ask(
    request: IpcRequest,
    signal?: AbortSignal,
  ): AsyncGenerator<IpcReply, void, undefined> {
    const { path, replyBytesMax, silenceMs } = this.#options;
    const problem = socketPathProblem(path);
    if (problem !== undefined) {
      throw new IpcClientError(`the socket path ${JSON.stringify(path)} ${problem}`);
    }
    const socket = connect({ path });
    const leave = () => socket.destroy();
    signal?.addEventListener('abort', leave, { once: true });
    socket.setTimeout(silenceMs, () => {
      socket.destroy(
        new IpcClientError(
          `the server at the socket ${path} has said nothing for ${silenceMs / 1000} s. ` +
            'Is it stopped or overloaded?',
        ),
      );
    });
    try {
      socket.write(encodeRequest(request));
      const lines = new LineSplitter(replyBytesMax);
      for await (const chunk of socket) {
        for (const line of lines.push(chunk as Buffer)) {
          yield this.#read(line);
        }
      }
    } catch (error) {
      if (signal?.aborted) {
        return;
      }
      throw this.#explained(error);
    } finally {
      signal?.removeEventListener('abort', leave);
      socket.destroy();
    }
  }

  #read(line: string): IpcReply {
    const reply = decodeReply(line);
    if (reply.kind === 'malformed') {
      throw this.#foreign(reply.problem);
    }
    return reply;
  }

  #unexpected(reply: IpcReply): IpcClientError {
    if (reply.kind === 'error' && reply.message.startsWith(UNKNOWN_METHOD)) {
      return new IpcClientError(
        `the server at the socket ${this.#options.path} is older than this ldlm-lock and cannot do that ` +
          `(${reply.message}): upgrade the server, or use list and unlock alone`,
      );
    }
    return reply.kind === 'error'
      ? new IpcClientError(`the server could not do it: ${reply.message}`)
      : this.#foreign(`it answered with ${reply.kind}`);
  }

  #foreign(problem: string): IpcClientError {
    return new IpcClientError(
      `what answers at the socket ${this.#options.path} is not a server that this ldlm-lock ` +
        `knows (${problem}): use the ldlm-lock that came with the server`,
    );
  }

  #hungUp(cause?: unknown): IpcClientError {
    return new IpcClientError(
      `the server at the socket ${this.#options.path} hung up before it had answered: ` +
        'see with ldlm-lock list what was done, and try again',
      { cause },
    );
  }

  #explained(error: unknown): IpcClientError {
    const { path } = this.#options;
    if (error instanceof IpcClientError) {
      return error;
    }
    if (error instanceof LineError) {
      return this.#foreign(error.message);
    }
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (code === 'EPIPE' || code === 'ECONNRESET') {
      return this.#hungUp(error);
    }
    const sentence = UNREACHED.get(code)?.(path) ?? `cannot use the socket ${path} (${message})`;
    return new IpcClientError(sentence, { cause: error });
  }
}
