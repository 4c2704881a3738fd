/** Why: what programs may want to know of a client's connection beside the fate of their locks. */

export interface ClientEvents {
  /** A server was reached. `isResumed`: what was held before is held still, unless told otherwise. */
  connected: [{ readonly address: string; readonly isResumed: boolean }];
  /** A server was tried in vain. Another try follows by itself, at the next address. */
  unreached: [{ readonly address: string; readonly reason: string }];
  /** The connection broke. What is held is safe for `safeMs` from now, by this program's clock. */
  disconnected: [{ readonly reason: string; readonly safeMs: number }];
  /** The session is over, and whatever was held is lost. */
  sessionLost: [{ readonly lostCount: number }];
  /** The server stops; the client goes on to the next. */
  draining: [];
}

/** Tells an event. What a listener throws is the program's business, never the client's. */
export type TellEvent = <Name extends keyof ClientEvents>(
  name: Name,
  ...details: ClientEvents[Name]
) => void;
