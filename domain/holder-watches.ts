/** Why: all who watch hear the same, and whoever comes when there is nothing more to hear is told so. */
import type { HolderChange } from './descriptions.js';
import type { HolderFilter } from './holder-filter.js';
import { HolderWatch } from './holder-watch.js';

/** Open → ended | failed, and with it every watch, those opened later too. */
export class HolderWatches {
  readonly #open = new Set<HolderWatch>();
  #settle: ((watch: HolderWatch) => void) | undefined;

  get isEmpty(): boolean {
    return this.#open.size === 0;
  }

  open(filter: HolderFilter): HolderWatch {
    const watch = new HolderWatch(filter);
    if (this.#settle === undefined) {
      this.#open.add(watch);
    } else {
      this.#settle(watch);
    }
    return watch;
  }

  close(watch: HolderWatch): void {
    watch.end();
    this.#open.delete(watch);
  }

  /** It has happened, and is kept. */
  tell(changes: readonly HolderChange[]): void {
    for (const watch of this.#open) {
      watch.tell(changes);
    }
  }

  end(): void {
    this.#settleAll((watch) => watch.end());
  }

  fail(cause: unknown): void {
    this.#settleAll((watch) => watch.fail(cause));
  }

  #settleAll(settle: (watch: HolderWatch) => void): void {
    this.#settle = settle;
    for (const watch of this.#open) {
      settle(watch);
    }
  }
}
