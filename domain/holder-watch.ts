/** Why: an operator who watches hears of changes in order, and one who does not listen costs a bounded heap. */
import type { HolderChange } from './descriptions.js';
import { type HolderFilter, holderTest } from './holder-filter.js';

/** Changes that wait to be taken. */
const UNTAKEN_MAX = 10_000;

/** What happened since the last news; nothing, to say that the server is there. */
export interface HolderNews {
  /** What was before is not told, or not any more: look at the list. So begins every watch. */
  readonly isGap: boolean;
  /** In order of happening; after the gap, if there is one. */
  readonly changes: readonly HolderChange[];
}

/** What an operator hears who watches; until `close`. */
export interface HolderFeed extends AsyncIterable<HolderNews> {
  close(): void;
}

/** Open → ended (the server stops, or nobody listens) | failed (the state cannot be vouched for). */
export class HolderWatch {
  readonly #isWanted: (change: HolderChange) => boolean;
  #changes: HolderChange[] = [];
  #isGap = true;
  #isAwake = true;
  #wake: () => void = () => undefined;
  #failure: { readonly cause: unknown } | undefined;
  isEnded = false;

  constructor(filter: HolderFilter) {
    const test = holderTest(filter);
    this.#isWanted = ({ holder }) => test(holder);
  }

  /** It has happened, and is kept. */
  tell(changes: readonly HolderChange[]): void {
    const wanted = changes.filter(this.#isWanted);
    if (wanted.length === 0) {
      return;
    }
    this.#changes = this.#changes.concat(wanted);
    if (this.#changes.length > UNTAKEN_MAX) {
      this.#changes = [];
      this.#isGap = true;
    }
    this.rouse();
  }

  /** Has the listener look, whether there is something or not. */
  rouse(): void {
    this.#isAwake = true;
    this.#wake();
  }

  end(): void {
    this.isEnded = true;
    this.rouse();
  }

  fail(cause: unknown): void {
    this.#failure = { cause };
    this.rouse();
  }

  /** Resolves when there is something to take, or as good as that. One listener at a time. */
  whenRoused(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (this.#isAwake) {
        resolve();
      }
    });
  }

  /** @returns undefined when it has ended, after all that was told before. @throws what it failed with. */
  take(): HolderNews | undefined {
    if (this.#failure !== undefined) {
      throw this.#failure.cause;
    }
    if (this.isEnded && this.#changes.length === 0) {
      return undefined;
    }
    const news = { isGap: this.#isGap, changes: this.#changes };
    this.#isAwake = this.isEnded;
    this.#isGap = false;
    this.#changes = [];
    return news;
  }
}
