/** Why: a client that leaves gives back at once all that it holds, and hears whether that was done, but does not wait for ever. */
import { status } from '@grpc/grpc-js';
import type { ClientFrame } from '../proto/session-frames.js';
import type { LinkListener } from './link.js';
import type { SessionStream } from './session-stream.js';
import type { Timing } from './timing.js';

export interface GoodbyeOptions {
  /** The stream that it is said by, with the one who hears of that from then on. */
  readonly openStream: (listener: LinkListener) => SessionStream;
  readonly frame: ClientFrame;
  readonly timing: Timing;
  /** How long the server may take to answer. */
  readonly closeTimeoutMs: number;
}

/** Resolves with whether the server has said that the session is over, and all that it held given back. */
export async function sayGoodbye(options: GoodbyeOptions): Promise<boolean> {
  const { openStream, frame, timing, closeTimeoutMs } = options;
  let isInSession = true;
  let letGo = (): void => undefined;
  const isOrderly = await new Promise<boolean>((resolve) => {
    const timer = timing.setTimer(closeTimeoutMs, () => resolve(false));
    const stream = openStream({
      onFrame: ({ welcome }) => {
        // Said in another session than it is for, it gives nothing back.
        isInSession &&= welcome?.resumed !== false;
      },
      onEnd: ({ code }) => resolve(code === status.OK && isInSession),
    });
    letGo = () => {
      timer.cancel();
      stream.cancel();
    };
    stream.write(frame, () => undefined);
  });
  letGo();
  return isOrderly;
}
