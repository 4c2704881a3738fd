/** A gRPC client of bytes: what leaves and what comes back is seen before any library has read it. */
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';

export interface RawAnswer {
  /** The gRPC status; undefined when the stream ended without one. */
  readonly status: number | undefined;
  readonly details: string;
  /** The message's bytes, without their frame; undefined when there was none. */
  readonly message: Uint8Array | undefined;
}

/** A length-prefixed, uncompressed message (gRPC over HTTP/2, "Length-Prefixed-Message"). */
export function framed(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(5 + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  return frame;
}

export class RawGrpcClient {
  readonly #session: ClientHttp2Session;

  constructor(address: string) {
    this.#session = connect(`http://${address}`);
    // A connection that is cut is what some specs are about.
    this.#session.on('error', () => undefined);
  }

  /** Opens a call and sends nothing of its body yet. */
  open(path: string, headers: Readonly<Record<string, string>> = {}): ClientHttp2Stream {
    const stream = this.#session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: path,
      [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
      [constants.HTTP2_HEADER_TE]: 'trailers',
      ...headers,
    });
    stream.on('error', () => undefined);
    return stream;
  }

  async call(
    path: string,
    message: Uint8Array,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<RawAnswer> {
    const stream = this.open(path, headers);
    const answer = readAnswer(stream);
    stream.end(framed(message));
    return answer;
  }

  /** Ends the connection in the middle of whatever goes on, as a killed client does. */
  cut(): void {
    this.#session.destroy();
  }

  async close(): Promise<void> {
    if (!this.#session.destroyed) {
      await new Promise<void>((resolve) => this.#session.close(resolve));
    }
  }
}

async function readAnswer(stream: ClientHttp2Stream): Promise<RawAnswer> {
  const chunks: Buffer[] = [];
  let headers: Record<string, unknown> = {};
  stream.on('response', (received) => {
    headers = { ...headers, ...received };
  });
  stream.on('trailers', (received) => {
    headers = { ...headers, ...received };
  });
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => stream.on('close', resolve));
  const body = Buffer.concat(chunks);
  const status = headers['grpc-status'];
  return {
    status: status === undefined ? undefined : Number(status),
    details: decodeURIComponent(String(headers['grpc-message'] ?? '')),
    message: body.length < 5 ? undefined : body.subarray(5),
  };
}
