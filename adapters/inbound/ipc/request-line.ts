/** Why: what a peer must bring, how large and how soon, before the server spends anything on it. */
import type { Readable } from 'node:stream';
import { LineError, LineSplitter } from './line-splitter.js';

export interface RequestLimits {
  readonly requestBytesMax: number;
  /** A peer whose request is not whole by then is let go. */
  readonly requestWithinMs: number;
}

/** A peer that did not bring one request; the message is its answer. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
}

/**
 * The first line that the peer sends. What follows it is read and thrown away, so that the peer's
 * going is seen. Rejects with RequestError when the line does not come, not whole, or not in time.
 */
export function readRequestLine(peer: Readable, limits: RequestLimits): Promise<string> {
  const { requestBytesMax, requestWithinMs } = limits;
  return new Promise((resolve, reject) => {
    const splitter = new LineSplitter(requestBytesMax);
    const settle = (outcome: string | RequestError): void => {
      clearTimeout(hurry);
      peer.off('data', takeIn).off('end', giveUp).off('close', giveUp).resume();
      if (typeof outcome === 'string') {
        resolve(outcome);
      } else {
        reject(outcome);
      }
    };
    const takeIn = (chunk: Buffer): void => {
      const line = firstLine(splitter, chunk);
      if (line !== undefined) {
        settle(line);
      }
    };
    const giveUp = (): void => {
      settle(new RequestError('the connection ended before its request did'));
    };
    const hurry = setTimeout(() => {
      settle(new RequestError(`no whole request came within ${requestWithinMs} ms`));
    }, requestWithinMs);
    peer.on('data', takeIn).once('end', giveUp).once('close', giveUp);
  });
}

function firstLine(splitter: LineSplitter, chunk: Buffer): string | RequestError | undefined {
  try {
    return splitter.push(chunk).next().value ?? undefined;
  } catch (error) {
    if (error instanceof LineError) {
      return new RequestError(error.message, { cause: error });
    }
    throw error;
  }
}
