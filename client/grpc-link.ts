/** Why: a session stream over gRPC: one connection a stream, ended with it. */
import {
  type ChannelCredentials,
  type ChannelOptions,
  Client,
  Metadata,
  type StatusObject,
} from '@grpc/grpc-js';
import {
  type ClientFrame,
  decodeServerFrame,
  encodeClientFrame,
  type ServerFrame,
  SESSION_PATH,
} from '../proto/session-frames.js';
import type { LinkListener, OpenLink } from './link.js';

export interface GrpcAccess {
  readonly credentials: ChannelCredentials;
  readonly password: string | undefined;
}

/** Eleven days, which a timer of Node's bears with the library's jitter on top. */
const NEVER_MS = 1_000_000_000;

/** Each channel is for one connection. A server that vanished without a word is found out by these, beside the session's own heartbeats. */
export const CHANNEL_OPTIONS: ChannelOptions = {
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_channelz': 0,
  'grpc.keepalive_time_ms': 20_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.keepalive_permit_without_calls': 1,
  // A channel that is closed while it waits to connect again would do so all the same, and leave that connection open.
  'grpc.initial_reconnect_backoff_ms': NEVER_MS,
  'grpc.max_reconnect_backoff_ms': NEVER_MS,
  // A connection without calls may hold locks; the library would end it after half an hour.
  'grpc.client_idle_timeout_ms': 2 ** 31 - 1,
  'grpc.max_receive_message_length': 64 * 1024 * 1024,
  'grpc.max_send_message_length': -1,
};

/** What goes with every call. */
export function metadataFor(
  password: string | undefined,
  words: Readonly<Record<string, string>> = {},
): Metadata {
  const metadata = new Metadata();
  for (const [word, value] of Object.entries(words)) {
    metadata.set(word, value);
  }
  if (password !== undefined) {
    metadata.set('authorization', password);
  }
  return metadata;
}

/** What went wrong, without what grpc-js puts around each failure to connect. */
export function withoutWrapping(details: string): string {
  return details
    .replace(/^No connection established\. Last error: (?:Error: )?/, '')
    .replace(/\. Resolution note: ?$/, '');
}

/**
 * Ends a channel with its connection, in a turn of the event loop that comes later. The library tells a channel the address of its
 * server by `setImmediate`, and one that was closed before connects all the same: that connection would stay open.
 */
export function closeChannel(client: Client): void {
  setImmediate(() => client.close());
}

export function grpcLinks({ credentials, password }: GrpcAccess): OpenLink {
  return (address: string, listener: LinkListener) => {
    const client = new Client(address, credentials, CHANNEL_OPTIONS);
    const stream = client.makeBidiStreamRequest<ClientFrame, ServerFrame>(
      SESSION_PATH,
      encodeClientFrame,
      decodeServerFrame,
      metadataFor(password),
    );
    stream.on('data', (frame: ServerFrame) => listener.onFrame(frame));
    // The status says all that the error does.
    stream.on('error', () => undefined);
    stream.on('status', ({ code, details }: StatusObject) => {
      closeChannel(client);
      listener.onEnd({ code, details: withoutWrapping(details) });
    });
    return {
      write: (frame, written) => void stream.write(frame, () => written()),
      cancel: () => stream.cancel(),
    };
  };
}
