/** Why: a server that keeps nothing; its locks end with it. */
import type { Fact } from '../../../domain/facts.js';
import {
  type RecoveredState,
  type StateStore,
  StateStoreError,
} from '../../../ports/outbound/state-store.js';

/** New → open → closed. It claims no durability: it opens empty, and resolves at once. */
export class MemoryStateStore implements StateStore {
  #isOpen = false;

  async open(): Promise<RecoveredState> {
    this.#isOpen = true;
    return { leases: [], fencingToken: 0 };
  }

  async append(_facts: readonly Fact[]): Promise<void> {
    if (!this.#isOpen) {
      throw new StateStoreError('closed', 'The store in memory is not open.');
    }
  }

  async close(): Promise<void> {
    this.#isOpen = false;
  }
}
