/** Says bytes over a connection of its own, whatever they are, and hears what comes back. */
import { connect, type Socket, type TcpNetConnectOpts, type IpcNetConnectOpts } from 'node:net';

/** Who says nothing for so long is left: it may wait for what the bytes promised, or for a lock. */
const SILENCE_MS = 300;

export interface ConversationOptions {
  readonly to: TcpNetConnectOpts | IpcNetConnectOpts;
  readonly said: Buffer;
  /** Whether the connection is half closed behind what is said. */
  readonly isAllSaid: boolean;
  /** Whether enough was heard to hang up; never unless given. */
  readonly isEnough?: (heard: Buffer) => boolean;
}

export interface Heard {
  readonly bytes: Buffer;
  /** By the other side, rather than given up. */
  readonly isEnded: boolean;
}

/** Resolves in any case. */
export function converse({
  to,
  said,
  isAllSaid,
  isEnough = () => false,
}: ConversationOptions): Promise<Heard> {
  return new Promise((resolve) => {
    const socket: Socket = connect({ ...to, allowHalfOpen: false });
    let bytes: Buffer = Buffer.alloc(0);
    let isEnded = true;
    const leave = () => {
      isEnded = false;
      socket.destroy();
    };
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (isEnough(bytes)) {
        leave();
      }
    });
    socket.setTimeout(SILENCE_MS, leave);
    socket.once('close', () => resolve({ bytes, isEnded }));
    if (isAllSaid) {
      socket.end(said);
    } else {
      socket.write(said);
    }
  });
}

/** @param address `host:port`. */
export function placeOf(address: string): TcpNetConnectOpts {
  const [host = '', port] = address.split(':');
  return { host, port: Number(port) };
}
