/** Why: what gathers while a store is busy is kept together, for the price of one write. */
import type { Fact } from './facts.js';

export class FactGroup {
  readonly facts: Fact[] = [];
  /** Settled by whoever keeps the facts. */
  readonly kept: Promise<void>;
  resolve!: () => void;
  reject!: (failure: Error) => void;

  constructor() {
    this.kept = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}
