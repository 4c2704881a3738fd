/** Why: the session's rules know streams by this alone, so that specs need no socket. */
import type { ClientFrame, ServerFrame } from '../proto/session-frames.js';

/** How a stream ended: a gRPC status. */
export interface LinkEnd {
  readonly code: number;
  readonly details: string;
}

export interface LinkListener {
  onFrame(frame: ServerFrame): void;
  /** Once; no frame comes after it. */
  onEnd(end: LinkEnd): void;
}

/** One stream to one address. */
export interface Link {
  /** `written` is called when the next frame may be written. */
  write(frame: ClientFrame, written: () => void): void;
  /** Ends it at once. `onEnd` is called, later. */
  cancel(): void;
}

export type OpenLink = (address: string, listener: LinkListener) => Link;
