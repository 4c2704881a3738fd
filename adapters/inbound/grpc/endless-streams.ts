/**
 * Why: some streams end when their client likes, such as those that watch the server's health. They must
 * neither pile up on a connection nor keep the server from stopping.
 */
import { type ServerDuplexStream, type ServerWritableStream, status } from '@grpc/grpc-js';

type Call = ServerDuplexStream<never, never> | ServerWritableStream<never, never>;

const STOPPING = {
  code: status.UNAVAILABLE,
  details: 'the server is stopping; ask the next one',
} as const;

/** Open → closed: then it ends every stream that it has, and each that still comes. */
export class EndlessStreams {
  readonly #perConnectionMax: number;
  /** By the name of their connection. */
  readonly #calls = new Map<string, Set<Call>>();
  #isClosed = false;

  constructor(perConnectionMax: number) {
    this.#perConnectionMax = perConnectionMax;
  }

  get count(): number {
    let count = 0;
    for (const calls of this.#calls.values()) {
      count += calls.size;
    }
    return count;
  }

  /** Keeps a call in mind until it ends. @returns whether it is to be served; if not, it was ended. */
  admit(call: Call): boolean {
    if (this.#isClosed) {
      call.emit('error', STOPPING);
      return false;
    }
    const connection = call.getPeer();
    const calls = this.#calls.get(connection) ?? new Set();
    if (calls.size >= this.#perConnectionMax) {
      call.emit('error', {
        code: status.RESOURCE_EXHAUSTED,
        details: `a connection has at most ${this.#perConnectionMax} such streams; end one first`,
      });
      return false;
    }
    this.#calls.set(connection, calls.add(call));
    call.once('close', () => {
      calls.delete(call);
      if (calls.size === 0 && this.#calls.get(connection) === calls) {
        this.#calls.delete(connection);
      }
    });
    return true;
  }

  /** What was written before goes out first, as far as it is read. */
  close(): void {
    this.#isClosed = true;
    for (const calls of this.#calls.values()) {
      for (const call of calls) {
        call.emit('error', STOPPING);
      }
    }
  }
}
