/** Why: any store is watched alike: what it owes, how long it takes, whether it has failed. */
import type { Fact } from '../../../domain/facts.js';
import type { StoreMetrics } from '../../../ports/outbound/metrics.js';
import type { RecoveredState, StateStore, Term } from '../../../ports/outbound/state-store.js';

export interface MeasuredStateStoreOptions {
  readonly store: StateStore;
  readonly metrics: StoreMetrics;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

/** Facts that are kept by one promise. */
interface Group {
  readonly kept: Promise<void>;
  readonly handedOverAt: number;
  factCount: number;
  isSettled: boolean;
}

/** A store as good as the one within, whose promises it hands on as they are. */
export class MeasuredStateStore implements StateStore {
  readonly #options: MeasuredStateStoreOptions;
  #group: Group | undefined;
  #hasFailed = false;

  constructor(options: MeasuredStateStoreOptions) {
    this.#options = options;
  }

  get term(): Term | undefined {
    return this.#options.store.term;
  }

  open(): Promise<RecoveredState> {
    return this.#options.store.open();
  }

  append(facts: readonly Fact[]): Promise<void> {
    const { store, metrics } = this.#options;
    const kept = store.append(facts);
    metrics.gathered(facts.length);
    // Stores give one promise to all whose facts they keep together.
    if (this.#group?.kept === kept && !this.#group.isSettled) {
      this.#group.factCount += facts.length;
    } else {
      this.#group = this.#watch(kept, facts.length);
    }
    return kept;
  }

  close(): Promise<void> {
    return this.#options.store.close();
  }

  #watch(kept: Promise<void>, factCount: number): Group {
    const { metrics, now } = this.#options;
    const group = { kept, factCount, handedOverAt: now(), isSettled: false };
    kept.then(
      () => {
        group.isSettled = true;
        metrics.kept(group.factCount, now() - group.handedOverAt);
      },
      () => {
        group.isSettled = true;
        metrics.lost(group.factCount);
        if (!this.#hasFailed) {
          this.#hasFailed = true;
          metrics.failed();
        }
      },
    );
    return group;
  }
}
