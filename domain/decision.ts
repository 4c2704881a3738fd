/** Why: what comes out of the machine for each command that goes in. */
import type { HolderChange } from './descriptions.js';
import type { Fact, LeaseEnding } from './facts.js';
import type { Refused } from './refusal.js';
import type { AcquireCommand, Waiter } from './waiter.js';

export interface Granted {
  readonly kind: 'granted';
  /** Not the command's own if this answers a request that was granted before. */
  readonly key: string;
  readonly fencingToken: number;
  /** How long it stood in the queue; 0 if it did not, or if that is not known any more. */
  readonly waitedMs: number;
}

/** The command stands in the queue; a Settlement in a later decision ends its wait. */
export interface Waiting<Command extends AcquireCommand> {
  readonly kind: 'waiting';
  readonly waiter: Waiter<Command>;
}

export interface Released {
  readonly kind: 'released';
}

export interface Renewed {
  readonly kind: 'renewed';
  readonly fencingToken: number;
}

export interface Revoked {
  readonly kind: 'revoked';
  /** The key of the lease that was ended. */
  readonly key: string;
}

/** Some or all of a lock's leases were ended by an operator. */
export interface RevokedMany {
  readonly kind: 'revoked-many';
  /** Of the leases that were ended. */
  readonly count: number;
}

/** A session was ended by an operator. */
export interface Kicked {
  readonly kind: 'kicked';
  readonly sessionId: string;
  /** Its kind and peer. */
  readonly session: string;
  /** What ended with it. */
  readonly leaseCount: number;
  readonly waiterCount: number;
}

export interface SessionOpened {
  readonly kind: 'opened';
  readonly sessionId: string;
}

/** The session is there still, and its client too. */
export interface SessionResumed {
  readonly kind: 'resumed';
  readonly recoveryMs: number;
}

/** The lease lives. */
export interface Held {
  readonly kind: 'held';
  readonly fencingToken: number;
}

/** What a session has to hear of though it did nothing: the loss of leases those with a stream alone. */
export type SessionNotice =
  | {
      readonly kind: 'lease-lost';
      readonly sessionId: string;
      readonly name: string;
      readonly key: string;
      readonly reason: LeaseEnding;
    }
  | { readonly kind: 'session-ended'; readonly sessionId: string };

/** The end of an earlier command's wait. */
export interface Settlement<Command extends AcquireCommand> {
  readonly command: Command;
  readonly outcome: Granted | Refused;
}

/** The command's own outcome, and what it brought about besides, each list in order of happening. */
export interface Decision<Outcome, Command extends AcquireCommand> {
  readonly outcome: Outcome;
  readonly facts: readonly Fact[];
  readonly settlements: readonly Settlement<Command>[];
  readonly notices: readonly SessionNotice[];
  /** What operators who watch are shown; empty while nobody watches. */
  readonly changes: readonly HolderChange[];
}
