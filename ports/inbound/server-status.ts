/** What a process shows of itself to those who ask whether it serves. */

/** Where clients of the one who serves connect to. */
export interface LeaderStatus {
  /** By which its operators know it. */
  readonly id: string;
  /** `address:port`, each only if it is known. */
  readonly grpcAddress?: string;
  readonly restAddress?: string;
}

/**
 * `starting`: it cannot serve yet. `leader`: clients are served here. `standby`: another one serves them, or
 * nobody does for the moment. `stopping`: no new work is taken.
 */
export type ServerRole = 'starting' | 'leader' | 'standby' | 'stopping';

/** As it is at the moment of asking. */
export interface ServerStatus {
  readonly role: ServerRole;
  /** Who serves clients, while that is known. */
  readonly leader?: LeaderStatus;
}
