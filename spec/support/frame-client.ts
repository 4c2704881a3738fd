/** Why: the bare wire of a session stream over a socket, without a client's care: what is sent is what the spec says. */
import {
  type ChannelCredentials,
  Client,
  type ClientDuplexStream,
  credentials as channelCredentials,
  Metadata,
  type StatusObject,
} from '@grpc/grpc-js';
import {
  type ClientFrame,
  decodeServerFrame,
  emptyClientFrame,
  encodeClientFrame,
  type ServerFrame,
  SESSION_PATH,
} from '../../proto/session-frames.js';

type Stream = ClientDuplexStream<ClientFrame, ServerFrame>;

export interface FrameClientOptions {
  readonly credentials?: ChannelCredentials;
  readonly metadata?: Readonly<Record<string, string>>;
  /** What goes over the wire for a frame, instead of its bytes. */
  readonly encode?: (frame: ClientFrame) => Buffer;
}

/** One channel, one stream. */
export class FrameClient {
  readonly frames: ServerFrame[] = [];
  readonly status: Promise<StatusObject>;
  readonly #client: Client;
  readonly #stream: Stream;
  #listeners: (() => void)[] = [];

  constructor(address: string, options: FrameClientOptions = {}) {
    const { credentials = channelCredentials.createInsecure(), encode = encodeClientFrame } =
      options;
    this.#client = new Client(address, credentials, {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.ssl_target_name_override': 'localhost',
    });
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(options.metadata ?? {})) {
      metadata.set(name, value);
    }
    this.#stream = this.#client.makeBidiStreamRequest(
      SESSION_PATH,
      encode,
      decodeServerFrame,
      metadata,
    );
    this.#stream.on('data', (frame: ServerFrame) => {
      this.frames.push(frame);
      for (const listener of this.#listeners.splice(0)) {
        listener();
      }
    });
    this.#stream.on('error', () => undefined);
    this.status = new Promise((resolve) => this.#stream.on('status', resolve));
  }

  send(frame: Partial<ClientFrame>): void {
    this.#stream.write({ ...emptyClientFrame(), ...frame });
  }

  /** A new session, or the one that the token is for. */
  hello(token = '', recoveryWindowMs = 5_000): void {
    this.send({ hello: { token, recoveryWindowMs, owner: undefined } });
  }

  /** Resolves with what `find` finds in the frames, as soon as it does. */
  async until<Found>(find: (frames: readonly ServerFrame[]) => Found | undefined): Promise<Found> {
    for (;;) {
      const found = find(this.frames);
      if (found !== undefined) {
        return found;
      }
      await new Promise<void>((resolve) => this.#listeners.push(resolve));
    }
  }

  /** The answer to a request that is granted. */
  granted(requestId: number): Promise<ServerFrame['granted'][number]> {
    return this.until((frames) =>
      frames.flatMap((frame) => frame.granted).find((grant) => grant.requestId === requestId),
    );
  }

  welcome(): Promise<NonNullable<ServerFrame['welcome']>> {
    return this.until((frames) => frames.find((frame) => frame.welcome !== undefined)?.welcome);
  }

  /** Reads nothing any more. */
  stall(): void {
    this.#stream.pause();
  }

  cancel(): void {
    this.#stream.cancel();
  }

  close(): void {
    this.#client.close();
  }
}
