/** Why: a store whose disk is as slow, or as broken, as the spec wants it to be. */
import type { Fact } from '../../domain/facts.js';
import {
  type RecoveredState,
  type StateStore,
  StateStoreError,
  type Term,
} from '../../ports/outbound/state-store.js';

interface OpenAppend {
  readonly facts: readonly Fact[];
  readonly resolve: () => void;
  readonly reject: (failure: StateStoreError) => void;
}

/**
 * Faults it can produce: slow (appends stay open until the spec resolves them), failing (`fail`),
 * one that does not open (`openFailure`), one that throws where it ought to reject (`thrown`). For
 * the rest it keeps to the port's contract: appends resolve in order, and `close` waits for them.
 */
export class ControlledStateStore implements StateStore {
  /** Every call, in order: 'open', 'append', 'close'. */
  readonly calls: ('open' | 'append' | 'close')[] = [];
  /** The facts that were handed over, call by call. */
  readonly appended: (readonly Fact[])[] = [];
  /** The facts that are kept. */
  readonly kept: Fact[] = [];
  isClosed = false;
  /** Of a store that is shared. */
  term: Term | undefined;
  openFailure: StateStoreError | undefined;
  /** What the next append throws, instead of rejecting with it. */
  thrown: Error | undefined;
  readonly #recovered: RecoveredState;
  readonly #open: OpenAppend[] = [];
  readonly #closing: (() => void)[] = [];
  #failure: StateStoreError | undefined;

  constructor(recovered: RecoveredState = { leases: [], sessions: [], fencingToken: 0 }) {
    this.#recovered = recovered;
  }

  /** How many appends are under way. */
  get openCount(): number {
    return this.#open.length;
  }

  async open(): Promise<RecoveredState> {
    this.calls.push('open');
    if (this.openFailure !== undefined) {
      throw this.openFailure;
    }
    return this.#recovered;
  }

  append(facts: readonly Fact[]): Promise<void> {
    this.calls.push('append');
    if (this.thrown !== undefined) {
      throw this.thrown;
    }
    this.appended.push(facts);
    if (this.#failure !== undefined) {
      return Promise.reject(this.#failure);
    }
    return new Promise((resolve, reject) => {
      this.#open.push({ facts, resolve, reject });
    });
  }

  async close(): Promise<void> {
    this.calls.push('close');
    if (this.#open.length > 0) {
      await new Promise<void>((resolve) => this.#closing.push(resolve));
    }
    this.isClosed = true;
    this.#failure ??= new StateStoreError('closed', 'the store is closed');
  }

  /** The disk is done with the oldest append under way. */
  resolveNext(): void {
    const append = this.#open.shift();
    if (append === undefined) {
      throw new Error('no append is under way');
    }
    this.kept.push(...append.facts);
    append.resolve();
    this.#afterEnd();
  }

  /** The disk is done with every append under way. */
  resolveAll(): void {
    while (this.#open.length > 0) {
      this.resolveNext();
    }
  }

  /** The disk breaks: what is under way and all that comes rejects with the failure. */
  fail(failure = new StateStoreError('write-failed', 'the disk is full')): StateStoreError {
    this.#failure = failure;
    for (const append of this.#open.splice(0)) {
      append.reject(failure);
    }
    this.#afterEnd();
    return failure;
  }

  #afterEnd(): void {
    if (this.#open.length === 0) {
      for (const resolve of this.#closing.splice(0)) {
        resolve();
      }
    }
  }
}
