/** Why: a server that keeps nothing; its locks end with it. */
import type { Fact } from '../../../domain/facts.js';
import {
  type RecoveredState,
  type StateStore,
  StateStoreError,
} from '../../../ports/outbound/state-store.js';

/** One promise for all: nothing is waited for, so that nothing need be made either. */
const KEPT = Promise.resolve();

/** New → open → closed. It claims no durability: it opens empty, and resolves at once. */
export class MemoryStateStore implements StateStore {
  #isOpen = false;

  async open(): Promise<RecoveredState> {
    this.#isOpen = true;
    return { leases: [], sessions: [], fencingToken: 0 };
  }

  append(_facts: readonly Fact[]): Promise<void> {
    return this.#isOpen
      ? KEPT
      : Promise.reject(new StateStoreError('closed', 'The store in memory is not open.'));
  }

  async close(): Promise<void> {
    this.#isOpen = false;
  }
}
