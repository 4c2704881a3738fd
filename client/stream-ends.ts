/** Why: a stream's end tells whether another try could mend it, or would only end alike, for ever. */
import { status } from '@grpc/grpc-js';

export type StreamVerdict =
  /** The server does not have the session stream. */
  | 'unsupported'
  | 'unauthenticated'
  /** The server does not take what is said: none of it may be said again. */
  | 'not-understood'
  /** The next stream may fare better. */
  | 'broken';

/** As many streams in a row may be ended by the server, or by a fault, with nothing done on them. */
const FRUITLESS_MAX = 3;

interface EndedStream {
  /** Whether the server had welcomed it. */
  readonly wasOpen: boolean;
  /** Whether it was there for a heartbeat at least. */
  readonly hasLasted: boolean;
}

/** Knows how many streams in a row came to nothing. */
export class StreamEnds {
  #fruitlessCount = 0;

  /** A request was answered. */
  boreFruit(): void {
    this.#fruitlessCount = 0;
  }

  /** @param code a gRPC status */
  verdictOn(code: number, stream: EndedStream): StreamVerdict {
    switch (code) {
      case status.UNIMPLEMENTED:
        return 'unsupported';
      case status.UNAUTHENTICATED:
      case status.PERMISSION_DENIED:
        return 'unauthenticated';
      case status.INVALID_ARGUMENT:
        return this.#notUnderstood();
      case status.INTERNAL:
      case status.RESOURCE_EXHAUSTED:
        return this.#isWorthAnotherTry(code, stream) ? 'broken' : this.#notUnderstood();
      default:
        return 'broken';
    }
  }

  /** What comes after it is said anew. */
  #notUnderstood(): StreamVerdict {
    this.#fruitlessCount = 0;
    return 'not-understood';
  }

  /**
   * A connection that broke inside the library ends with INTERNAL, too, and a bound of the server's may be another's
   * doing. But what is said again after every break must not break the next stream for ever.
   */
  #isWorthAnotherTry(code: number, { wasOpen, hasLasted }: EndedStream): boolean {
    if (!wasOpen) {
      return code !== status.INTERNAL;
    }
    this.#fruitlessCount = hasLasted ? 1 : this.#fruitlessCount + 1;
    return this.#fruitlessCount < FRUITLESS_MAX;
  }
}
