/** Why: every lease's beginning and end passes here, whoever or whatever brought it about. */
import type { Fact } from '../../../domain/facts.js';
import type { RecoveredState, StateStore, Term } from '../../../ports/outbound/state-store.js';
import type { LockSpans } from './lock-spans.js';

/** Passes everything on as it is. */
export class TracedStateStore implements StateStore {
  readonly #inner: StateStore;
  readonly #spans: LockSpans;

  constructor(inner: StateStore, spans: LockSpans) {
    this.#inner = inner;
    this.#spans = spans;
  }

  get term(): Term | undefined {
    return this.#inner.term;
  }

  open(): Promise<RecoveredState> {
    return this.#inner.open();
  }

  append(facts: readonly Fact[]): Promise<void> {
    this.#spans.note(facts);
    return this.#inner.append(facts);
  }

  close(): Promise<void> {
    this.#spans.close();
    return this.#inner.close();
  }
}
