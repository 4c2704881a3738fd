/**
 * Why: a grant that never reached its client is undone, so the server must know whether an answer
 * went out.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Calls `undo` if the connection ends before the whole answer has been handed to the system.
 * Neither of Node's events tells that alone: `finish` is emitted for writes that failed, too, and
 * an answer that queues behind others of its connection hears of no `close`.
 */
export function whenUndelivered(
  request: IncomingMessage,
  response: ServerResponse,
  undo: () => void,
): void {
  const { socket } = request;
  if (socket.destroyed) {
    undo();
    return;
  }
  let isFinished = false;
  const end = () => {
    response.off('close', end);
    socket.off('close', end);
    if (!isFinished || socket.errored !== null) {
      undo();
    }
  };
  response.once('finish', () => {
    isFinished = !socket.destroyed;
  });
  response.once('close', end);
  socket.once('close', end);
}
