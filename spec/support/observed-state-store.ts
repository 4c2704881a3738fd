/** Why: what a server decides shows in the facts that it keeps: an event to wait for in place of a sleep. */
import { MemoryStateStore } from '../../adapters/outbound/memory/memory-state-store.js';
import type { Fact } from '../../domain/facts.js';

export class ObservedStateStore extends MemoryStateStore {
  readonly facts: Fact[] = [];
  #listeners: (() => void)[] = [];

  override append(facts: readonly Fact[]): Promise<void> {
    this.facts.push(...facts);
    for (const listener of this.#listeners.splice(0)) {
      listener();
    }
    return super.append(facts);
  }

  countOf(type: Fact['type']): number {
    return this.facts.filter((fact) => fact.type === type).length;
  }

  /** Resolves once there have been so many facts of that type. */
  async until(type: Fact['type'], count: number): Promise<void> {
    while (this.countOf(type) < count) {
      await new Promise<void>((resolve) => this.#listeners.push(resolve));
    }
  }
}
