/** The persistence port: where facts are kept so that leases outlive the process. */
import type { Fact } from '../../domain/facts.js';
import type { KeptLease, KeptSession } from '../../domain/kept-state.js';

/** What a store gives back when it opens. */
export interface RecoveredState {
  /** Every lease that the kept facts leave alive. Each key once. */
  readonly leases: readonly KeptLease[];
  /** Every stream session that they leave open. Each id once. */
  readonly sessions: readonly KeptSession[];
  /** The highest fencing token in any fact ever kept, that of ended leases included; 0 for none. */
  readonly fencingToken: number;
}

/** How a store can fail its callers. */
export type StateStoreErrorCode =
  /** It cannot be opened: a path that is a folder, no permission, a peer that is not there. */
  | 'unavailable'
  /** It is there, and does not take this process: its password, its rights, or what one of them is too old for. */
  | 'refused'
  /** Another process has it open. */
  | 'in-use'
  /** What is kept contradicts itself or its checksums; nothing was changed. */
  | 'damaged'
  /** Another process may decide by now: this one's term is over. What was handed over last may be kept or not. */
  | 'deposed'
  /** A write, sync or transaction failed: what was handed over last may be kept or not. */
  | 'write-failed'
  /** It is not open yet, was closed, or a failure before has ended it. */
  | 'closed';

/** The only error a store throws or rejects with. `message` says what happened to what, and what to do next. */
export class StateStoreError extends Error {
  override readonly name = 'StateStoreError';
  readonly code: StateStoreErrorCode;

  constructor(code: StateStoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The time for which one of several processes that share a store decides. */
export interface Term {
  /**
   * Why it is over: `deposed`, or `closed` by this process itself; undefined while it goes on for
   * certain, by this process's own clock. It is over here before another process can have begun one
   * elsewhere. Cheap: it is asked at every answer.
   */
  whyOver(): StateStoreError | undefined;
  /** Resolves with that when it is over. Never rejects. */
  readonly over: Promise<StateStoreError>;
  /**
   * Milliseconds for which a process may not know that its term was ended under it: its key deleted by hand, its lease revoked by
   * mistake. It goes on telling clients meanwhile that it heard them; so whoever comes after it awaits them for so much longer.
   */
  readonly blindMs: number;
}

/**
 * Keeps facts. The contract, proven by `spec/contracts/state-store.contract.ts`:
 *
 * - `open` is called once, first, and gives what earlier processes kept. It rejects with
 *   `unavailable`, `refused`, `in-use` or `damaged`, and then has changed nothing that was kept and holds nothing
 *   open.
 * - `append` may be called again while earlier calls are under way. Facts are kept in the order of
 *   the calls, a call's facts in their order, and the promises resolve in that order too. A promise
 *   resolves only when all its facts, and all before them, would survive the loss of the process and,
 *   where the store claims durability, of power. The arrays are not changed after the call; the
 *   store need not copy them.
 * - The first failed append rejects with `write-failed`, or `deposed` when its term is over; from then on every promise still open and
 *   every later call rejects, with `closed` or that same failure. Facts of a rejected call may be kept
 *   or not; what resolved before is kept. A store never goes on after a failure as if nothing were.
 * - `close` waits for the appends made before it, then lets go of everything (files, guards, timers).
 *   It may be called more than once, and after a failure. Later appends reject with `closed`.
 * - Another `open` by a new instance after `close`, or after the process died, gives exactly the fold
 *   (`LeaseLedger`) of a prefix of the appended facts that includes at least every resolved one. A
 *   store that claims no durability opens empty instead.
 */
export interface StateStore {
  /**
   * Of a store that several processes share, once it is open. Whoever decides upon such a store answers
   * nothing when its term is over, not even what needs no fact: a process that was stopped for
   * a while would answer from a state that is no more. A store without one belongs to this process.
   */
  readonly term?: Term | undefined;
  open(): Promise<RecoveredState>;
  append(facts: readonly Fact[]): Promise<void>;
  close(): Promise<void>;
}
