/** Why: a client that was told the last word may read it, but may not keep the connection for itself. */
import type { Socket } from 'node:net';

const LINGER_MS = 1_000;

/**
 * Throws away what the client still sends, for unread bytes would turn the end into a reset; cuts it after
 * one second, however much it has to say.
 */
export function lingerBriefly(socket: Socket): void {
  socket.removeAllListeners('data').resume();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
}
