/** Why: a page that is told of a thousand changes a second wants what became of each lease, a few times a second. */
import type { HolderChange } from '../../../domain/descriptions.js';
import type { HolderNews } from '../../../domain/holder-watch.js';
import { textLength } from './listing-page.js';

/** More, or with more text, than a page can show: it looks at the list anew. */
const CHANGES_MAX = 1_000;
const CHARACTERS_MAX = 256 * 1024;

export interface DigestedNews {
  /** What happened is not told: look at the list. Changes told beside it came after. */
  readonly isGap: boolean;
  /** The last change of each lease, in the order in which they were first heard of. */
  readonly changes: readonly HolderChange[];
  /** Leases that were granted and are over since the last news, and so are not told. */
  readonly passedCount: number;
}

export class ChangeDigest {
  readonly #isWanted: (change: HolderChange) => boolean;
  /** By the key of the lease. */
  readonly #last = new Map<string, HolderChange>();
  #characterCount = 0;
  #passedCount = 0;
  #isGap = false;

  constructor(isWanted: (change: HolderChange) => boolean) {
    this.#isWanted = isWanted;
  }

  get isEmpty(): boolean {
    return this.#last.size === 0 && !this.#isGap && this.#passedCount === 0;
  }

  add({ isGap, changes }: HolderNews): void {
    if (isGap) {
      this.#forget();
    }
    for (const change of changes) {
      if (this.#isWanted(change)) {
        this.#note(change);
      }
    }
  }

  take(): DigestedNews {
    const news = {
      isGap: this.#isGap,
      changes: [...this.#last.values()],
      passedCount: this.#passedCount,
    };
    this.#forget();
    this.#isGap = false;
    return news;
  }

  #note(change: HolderChange): void {
    const { key } = change.holder;
    const before = this.#last.get(key);
    if (before?.kind === 'granted' && change.kind === 'ended') {
      this.#last.delete(key);
      this.#characterCount -= textLength(before.holder);
      this.#passedCount += 1;
      return;
    }
    if (before === undefined) {
      this.#characterCount += textLength(change.holder);
    }
    const kind = before?.kind === 'granted' ? before.kind : change.kind;
    this.#last.set(key, { ...change, kind } as HolderChange);
    if (this.#last.size > CHANGES_MAX || this.#characterCount > CHARACTERS_MAX) {
      this.#forget();
    }
  }

  #forget(): void {
    this.#last.clear();
    this.#characterCount = 0;
    this.#passedCount = 0;
    this.#isGap = true;
  }
}
