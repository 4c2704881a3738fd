/** Why: how much there is of everything at one moment, for those who watch over the server. */

/** How a client is present: see the Locking port. */
export type KindOfSession = 'connection' | 'rest' | 'stream';

export interface Census {
  /** Locks that are known, idle ones among them until they are forgotten. */
  readonly locks: number;
  readonly leases: number;
  readonly waiters: number;
  readonly sessions: Readonly<Record<KindOfSession, number>>;
}
