/** Why: a client that speaks something else is told so in its own words before the HTTP/2 library sees it. */
import type { Socket } from 'node:net';

/** What an HTTP/2 client sends first (RFC 9113, section 3.4). */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

const HTTP1_REQUEST = /^[A-Z]{3,16} \S+ HTTP\/1\.[01]\r?\n/;

const HTTP1_ANSWER_TEXT = 'This port speaks gRPC (HTTP/2). Use a gRPC client.\n';
const HTTP1_ANSWER = [
  'HTTP/1.1 505 HTTP Version Not Supported',
  'Content-Type: text/plain; charset=utf-8',
  `Content-Length: ${HTTP1_ANSWER_TEXT.length}`,
  'Connection: close',
  '',
  HTTP1_ANSWER_TEXT,
].join('\r\n');

/** How long a client that was answered has to read it and to hang up. */
const LINGER_MS = 1_000;

/** What a socket turned out to speak. */
export type Spoken = 'http2' | 'http1' | 'unknown' | 'nothing';

/**
 * Waits for the first bytes of a new socket. When they are the whole of what an HTTP/2 client begins with
 * they are put back and `http2` is told; anything else is answered or cut here. `nothing` came whole within
 * `timeoutMs`, or it closed.
 */
export function readPreface(
  socket: Socket,
  timeoutMs: number,
  tell: (spoken: Spoken) => void,
): void {
  let seen: Buffer = Buffer.alloc(0);
  const finish = (spoken: Spoken) => {
    socket.off('readable', onReadable);
    socket.off('close', onEnd);
    clearTimeout(timer);
    if (spoken === 'http1') {
      socket.end(HTTP1_ANSWER);
      lingerBriefly(socket);
    } else if (spoken !== 'http2') {
      socket.destroy();
    }
    tell(spoken);
  };
  const onReadable = () => {
    const bytes: Buffer | null = socket.read();
    if (bytes === null) {
      return;
    }
    seen = Buffer.concat([seen, bytes]);
    if (seen.indexOf(PREFACE) === 0) {
      socket.unshift(seen);
      finish('http2');
    } else if (!seen.equals(PREFACE.subarray(0, seen.length))) {
      finish(HTTP1_REQUEST.test(seen.toString('latin1', 0, 4096)) ? 'http1' : 'unknown');
    }
  };
  const onEnd = () => finish('nothing');
  // In all: each byte would begin the time of silence anew.
  const timer = setTimeout(onEnd, timeoutMs);
  socket.on('readable', onReadable);
  socket.on('close', onEnd);
}

/** What it still sends is thrown away: unread bytes would turn the end into a reset. */
function lingerBriefly(socket: Socket): void {
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
}
