/** Why: what comes out of the machine for each command that goes in. */
import type { Fact } from './facts.js';
import type { Refused } from './refusal.js';
import type { AcquireCommand, Waiter } from './waiter.js';

export interface Granted {
  readonly kind: 'granted';
  readonly fencingToken: number;
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

export interface SessionOpened {
  readonly kind: 'opened';
  readonly sessionId: string;
}

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
}
