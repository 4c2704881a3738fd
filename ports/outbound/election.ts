/** Why: several servers may share a store, of which one leads at a time; this is how one of them comes to lead. */
import type { StateStore } from './state-store.js';

/** What a leader tells of itself, for people: nothing is decided by it. */
export interface LeaderDescription {
  /** Of the process, and of no other. */
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  /** Where its clients connect, as its settings say. */
  readonly grpcAddress: string;
  readonly restAddress?: string;
  readonly version: string;
}

/** How somebody who waits is told that the wait is of no use any more; an AbortSignal is one. */
export interface Cancellation {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

export interface Election {
  /**
   * A store that is this server's for one term. Its `open` makes the server the leader, or rejects
   * with `in-use` if another was quicker; its `close` hands over at once.
   */
  newStore(): StateStore;

  /**
   * Resolves when nobody leads, as far as can be told; whoever opens a store first does then.
   * @param onLeader called with who leads, whenever that is another than before.
   * @throws StateStoreError `unavailable` when it cannot be told, or the signal's reason.
   */
  vacancy(onLeader: (leader: LeaderDescription) => void, signal: Cancellation): Promise<void>;

  /** Lets go of everything. The stores are closed before. */
  close(): void;
}
