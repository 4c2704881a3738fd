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

/** What a socket turned out to speak. */
export type Spoken = 'http2' | 'http1' | 'unknown' | 'nothing';

/**
 * Waits for the first bytes of a new socket. When they begin an HTTP/2 connection they are put back and
 * `http2` is told; anything else is answered or cut here. `nothing` came within `timeoutMs`, or it closed.
 */
export function readPreface(
  socket: Socket,
  timeoutMs: number,
  tell: (spoken: Spoken) => void,
): void {
  const finish = (spoken: Spoken) => {
    socket.off('readable', onReadable);
    socket.off('timeout', onSilence);
    socket.off('close', onSilence);
    socket.setTimeout(0);
    if (spoken === 'http1') {
      socket.end(HTTP1_ANSWER);
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
    if (bytes.equals(PREFACE.subarray(0, bytes.length)) || bytes.indexOf(PREFACE) === 0) {
      socket.unshift(bytes);
      finish('http2');
    } else {
      finish(HTTP1_REQUEST.test(bytes.toString('latin1', 0, 4096)) ? 'http1' : 'unknown');
    }
  };
  const onSilence = () => finish('nothing');
  socket.on('readable', onReadable);
  socket.on('timeout', onSilence);
  socket.on('close', onSilence);
  socket.setTimeout(timeoutMs);
}
