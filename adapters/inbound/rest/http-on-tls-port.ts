/** Why: a client that speaks plain HTTP to the port of TLS is told so in words that it can read. */
import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import { lingerBriefly } from './linger-briefly.js';

/** To the letter what the reference server says. */
const TEXT = 'Client sent an HTTP request to an HTTPS server.\n';
const ANSWER = [
  'HTTP/1.1 400 Bad Request',
  'Content-Type: text/plain; charset=utf-8',
  `Content-Length: ${TEXT.length}`,
  'Connection: close',
  '',
  TEXT,
].join('\r\n');

/**
 * Puts itself before the server's TLS: a connection that begins with a capital letter, as HTTP's
 * methods do and no TLS record does, is answered here; every other goes on, once its first byte has
 * come; one that is silent for `silenceMaxMs` is cut.
 */
export function answerHttpOnTlsPort(server: Server, silenceMaxMs: number): void {
  const beginTls = server.listeners('connection');
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    const onSilence = () => socket.destroy();
    const onReadable = () => {
      const bytes: Buffer | null = socket.read();
      const first = bytes?.[0];
      if (bytes === null || first === undefined) {
        return;
      }
      socket.off('readable', onReadable);
      if (first >= 0x41 && first <= 0x5a) {
        socket.end(ANSWER);
        lingerBriefly(socket);
        return;
      }
      socket.off('timeout', onSilence);
      socket.setTimeout(0);
      socket.unshift(bytes);
      for (const begin of beginTls) {
        begin.call(server, socket);
      }
    };
    socket.on('readable', onReadable);
    socket.on('timeout', onSilence);
    socket.setTimeout(silenceMaxMs);
  });
}
