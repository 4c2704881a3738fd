/** HTTP/2 frame by frame (RFC 9113, RFC 7541), for what no client library would send. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  resetStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

/** What a client sends first (RFC 9113, section 3.4). */
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

const HEAD_LENGTH = 9;

export const END_STREAM = 1;
export const END_HEADERS = 4;

/** A frame as it goes over the wire; what is left out is zero. */
export function frameBytes({
  type = 0,
  flags = 0,
  streamId = 0,
  payload = Buffer.alloc(0),
}: Partial<Frame>): Buffer {
  const head = Buffer.alloc(HEAD_LENGTH);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

/** The table's places for `:method: POST` and `:scheme: http`. */
export const POST_BY_HTTP = Buffer.from([0x83, 0x86]);

/** The place of the field that was remembered last. */
export const REMEMBERED_FIELD = Buffer.from([0x80 | 62]);

/** A field, which the other side is to remember or not. */
export function field(name: string, value: string, isRemembered = false): Buffer {
  const texts = [name, value].flatMap((text) => [integer(text.length), Buffer.from(text)]);
  return Buffer.concat([Buffer.from([isRemembered ? 0x40 : 0]), ...texts]);
}

/** The fields that every gRPC call begins with. */
export function callFields(path: string): Buffer {
  return Buffer.concat([
    POST_BY_HTTP,
    field(':path', path),
    field(':authority', 'localhost'),
    field('content-type', 'application/grpc'),
    field('te', 'trailers'),
  ]);
}

/** As RFC 7541 packs it behind a bit of its own. */
function integer(value: number): Buffer {
  if (value < 127) {
    return Buffer.from([value]);
  }
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest >>= 7) {
    bytes.push((rest & 127) | 128);
  }
  return Buffer.from([...bytes, rest]);
}

export class RawHttp2Connection {
  readonly #socket: Socket;
  readonly #frames: Frame[] = [];
  #unread: Buffer = Buffer.alloc(0);

  /** Resolves when the connection has ended, whoever ended it. */
  readonly closed: Promise<void>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => this.#take(chunk));
  }

  /** Connects and sends what comes first; acknowledges nothing of the server's. */
  static async open(address: string): Promise<RawHttp2Connection> {
    const [host, port] = address.split(':');
    const connection = new RawHttp2Connection(connect(Number(port), host));
    connection.#socket.write(PREFACE);
    connection.send({ type: FRAME.settings });
    await connection.received(FRAME.settings, 1);
    return connection;
  }

  send(frame: Partial<Frame>): void {
    this.#socket.write(frameBytes(frame));
  }

  /** Begins a call, and no more of it. */
  call(streamId: number, ...fields: readonly Buffer[]): void {
    const payload = Buffer.concat(fields);
    this.send({ type: FRAME.headers, flags: END_HEADERS, streamId, payload });
  }

  /** Waits for so many frames of that type, all that came so far included. */
  async received(type: number, count: number): Promise<readonly Frame[]> {
    for (;;) {
      const found = this.#frames.filter((frame) => frame.type === type);
      if (found.length >= count) {
        return found;
      }
      await once(this.#socket, 'data');
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, chunk]);
    while (this.#unread.length >= HEAD_LENGTH) {
      const end = HEAD_LENGTH + this.#unread.readUIntBE(0, 3);
      if (this.#unread.length < end) {
        return;
      }
      this.#frames.push({
        type: this.#unread.readUInt8(3),
        flags: this.#unread.readUInt8(4),
        streamId: this.#unread.readUInt32BE(5),
        payload: this.#unread.subarray(HEAD_LENGTH, end),
      });
      this.#unread = this.#unread.subarray(end);
    }
  }
}
