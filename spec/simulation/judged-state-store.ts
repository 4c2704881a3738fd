/** Why: the oracle hears every fact in the moment that it is decided, and when the store says that it is kept. */
import type { Fact } from '../../domain/facts.js';
import type { RecoveredState, StateStore } from '../../ports/outbound/state-store.js';
import type { Oracle } from './oracle.js';

export class JudgedStateStore implements StateStore {
  readonly #store: StateStore;
  readonly #oracle: Oracle;
  readonly #now: () => number;
  readonly #onDecided: (facts: readonly Fact[]) => void;

  constructor(
    store: StateStore,
    oracle: Oracle,
    hooks: { readonly now: () => number; readonly onDecided: (facts: readonly Fact[]) => void },
  ) {
    this.#store = store;
    this.#oracle = oracle;
    this.#now = hooks.now;
    this.#onDecided = hooks.onDecided;
  }

  async open(): Promise<RecoveredState> {
    const recovered = await this.#store.open();
    this.#oracle.begins(recovered, this.#now());
    return recovered;
  }

  append(facts: readonly Fact[]): Promise<void> {
    this.#onDecided(facts);
    const count = this.#oracle.decided(facts, this.#now());
    const kept = this.#store.append(facts);
    kept.then(
      () => this.#oracle.kept(count),
      () => undefined,
    );
    return kept;
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}
