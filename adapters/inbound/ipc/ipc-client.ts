/** Why: the operator's end of the local door; what goes wrong is told with what to do about it. */
import { connect } from 'node:net';
import type { HolderDescription } from '../../../domain/descriptions.js';
import type { Instant } from '../../../domain/instant.js';
import type { RevokeAnswer, RevokeRequest } from '../../../ports/inbound/administration.js';
import { decodeReply, encodeRequest, type IpcReply, type IpcRequest } from './ipc-protocol.js';
import { LineError, LineSplitter } from './line-splitter.js';
import { socketPathProblem } from './socket-path-problem.js';

export interface IpcClientOptions {
  readonly path: string;
  /** Longest line of an answer; it should hold one holder with the longest name there can be. */
  readonly replyBytesMax: number;
  /** How long the server may say nothing before it is given up. */
  readonly silenceMs: number;
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

  /** Every lease, or those on the lock of that name. Rejects with IpcClientError. */
  async list(name?: string): Promise<{ holders: HolderDescription[]; now: Instant }> {
    const holders: HolderDescription[] = [];
    for await (const reply of this.#ask({ method: 'list', ...(name !== undefined && { name }) })) {
      if (reply.kind === 'end') {
        return { holders, now: reply.now };
      }
      if (reply.kind !== 'holders') {
        throw this.#unexpected(reply);
      }
      for (const holder of reply.holders) {
        holders.push(holder);
      }
    }
    throw this.#hungUp();
  }

  /** Rejects with IpcClientError. */
  async unlock(request: RevokeRequest): Promise<RevokeAnswer> {
    for await (const reply of this.#ask({ method: 'unlock', ...request })) {
      if (reply.kind === 'revoked' || reply.kind === 'refused') {
        return reply;
      }
      throw this.#unexpected(reply);
    }
    throw this.#hungUp();
  }

  async *#ask(request: IpcRequest): AsyncGenerator<IpcReply, void, undefined> {
    const { path, replyBytesMax, silenceMs } = this.#options;
    const problem = socketPathProblem(path);
    if (problem !== undefined) {
      throw new IpcClientError(`the socket path ${JSON.stringify(path)} ${problem}`);
    }
    const socket = connect({ path });
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
      throw this.#explained(error);
    } finally {
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
