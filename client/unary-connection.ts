/**
 * Why: with a server of old the connection is the session. This is one connection, which does not come back: whoever
 * holds a lock by it knows when it is over.
 */
import { Client, connectivityState, type ServiceError } from '@grpc/grpc-js';
import { CHANNEL_OPTIONS, closeChannel, type GrpcAccess, metadataFor } from './grpc-link.js';

export interface UnaryCall<Answer> {
  readonly path: string;
  readonly request: Buffer;
  readonly decode: (bytes: Buffer) => Answer;
  /** What goes with it as metadata. */
  readonly words?: Readonly<Record<string, string>>;
}

export interface UnaryConnectionOptions {
  readonly address: string;
  readonly access: GrpcAccess;
  readonly onOpen: () => void;
  /** Once, unless it was closed; `wasOpen` unless it never came about. */
  readonly onOver: (wasOpen: boolean) => void;
}

/** Connecting → open → over. */
export class UnaryConnection {
  readonly #client: Client;
  readonly #options: UnaryConnectionOptions;
  readonly #cancels = new Set<() => void>();
  #wasOpen = false;
  #isOver = false;

  constructor(options: UnaryConnectionOptions) {
    this.#options = options;
    this.#client = new Client(options.address, options.access.credentials, CHANNEL_OPTIONS);
    this.#watch();
  }

  get address(): string {
    return this.#options.address;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** As it is at this moment, whatever was told by now. */
  get isOpen(): boolean {
    return !this.#isOver && this.#state === connectivityState.READY;
  }

  /**
   * @param onCall is given what cancels the call.
   * @throws ServiceError
   */
  call<Answer>(
    { path, request, decode, words = {} }: UnaryCall<Answer>,
    onCall: (cancel: () => void) => void,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      let cancel = (): void => undefined;
      const call = this.#client.makeUnaryRequest<Buffer, Answer>(
        path,
        (bytes) => bytes,
        decode,
        request,
        metadataFor(this.#options.access.password, words),
        (error: ServiceError | null, answer) => {
          this.#cancels.delete(cancel);
          if (error === null && answer !== undefined) {
            resolve(answer);
          } else {
            reject(error);
          }
        },
      );
      cancel = () => call.cancel();
      this.#cancels.add(cancel);
      onCall(cancel);
    });
  }

  /** Ends it, and every call by it. May be called again. */
  close(): void {
    if (this.#isOver) {
      return;
    }
    this.#isOver = true;
    for (const cancel of this.#cancels) {
      cancel();
    }
    closeChannel(this.#client);
  }

  get #state(): connectivityState {
    return this.#client.getChannel().getConnectivityState(false);
  }

  /** The channel would open another connection by itself; by that nothing of this one would be held. */
  #watch(): void {
    const state = this.#state;
    this.#client.getChannel().watchConnectivityState(state, Number.POSITIVE_INFINITY, () => {
      if (this.#isOver) {
        return;
      }
      const isOpen = this.#state === connectivityState.READY;
      if (this.#wasOpen || this.#state === connectivityState.TRANSIENT_FAILURE) {
        const wasOpen = this.#wasOpen;
        this.close();
        this.#options.onOver(wasOpen);
        return;
      }
      this.#watch();
      if (isOpen) {
        this.#wasOpen = true;
        this.#options.onOpen();
      }
    });
  }
}
