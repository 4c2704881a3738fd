/** Why: a term that is over when the spec says so, and that tells of it when the spec says so. */
import { StateStoreError, type Term } from '../../ports/outbound/state-store.js';

export class FixedTerm implements Term {
  readonly over: Promise<StateStoreError>;
  readonly blindMs: number;
  #reason: StateStoreError | undefined;
  #tell!: (reason: StateStoreError) => void;

  constructor({ blindMs = 0 } = {}) {
    this.blindMs = blindMs;
    this.over = new Promise((resolve) => {
      this.#tell = resolve;
    });
  }

  whyOver(): StateStoreError | undefined {
    return this.#reason;
  }

  /** By the clock; nobody is told unless they ask, as after a process stood still. */
  runOut(): StateStoreError {
    this.#reason = new StateStoreError('deposed', 'another server may lead by now');
    return this.#reason;
  }

  end(): StateStoreError {
    const reason = this.runOut();
    this.#tell(reason);
    return reason;
  }
}
