/** Why: a page out of a list of any length is chosen while the list goes by, so that the rest of it is never held. */
import type { Owner } from '../../../domain/owner.js';
import { ConsoleError } from './console-error.js';

/** Lines of a page. */
export const PAGE_LENGTH = 200;
/** How far sorted lists go: beyond that, so much would have to be kept in order that others feel it. */
const SORTED_MAX = 50 * PAGE_LENGTH;
/** Names may be long: a page has fewer lines rather than more text, but one at least. */
const PAGE_CHARACTERS_MAX = 256 * 1024;

export interface PageQuestion<Item> {
  readonly offset: number;
  /** Undefined: as they come. */
  readonly compare: ((one: Item, other: Item) => number) | undefined;
}

/** What is looked for, and how many there are of it in all. */
export interface ListingAnswer<Item> {
  readonly offset: number;
  readonly total: number;
  readonly items: readonly Item[];
}

export class ListingPage<
  Item extends { readonly name?: string; readonly owner: Owner | undefined },
> {
  readonly #question: PageQuestion<Item>;
  readonly #end: number;
  #kept: Item[] = [];
  #total = 0;

  /** @throws ConsoleError */
  constructor(question: PageQuestion<Item>) {
    this.#question = question;
    this.#end = question.offset + PAGE_LENGTH;
    if (question.compare !== undefined && this.#end > SORTED_MAX) {
      throw new ConsoleError('too-deep');
    }
  }

  add(items: readonly Item[]): void {
    const { offset, compare } = this.#question;
    if (compare === undefined) {
      const from = Math.max(0, offset - this.#total);
      this.#kept.push(...items.slice(from, Math.max(0, this.#end - this.#total)));
    } else {
      this.#kept = [...this.#kept, ...items].sort(compare).slice(0, this.#end);
    }
    this.#total += items.length;
  }

  get answer(): ListingAnswer<Item> {
    const { offset, compare } = this.#question;
    const chosen = compare === undefined ? this.#kept : this.#kept.slice(offset);
    return { offset, total: this.#total, items: withinBound(chosen) };
  }
}

/** As many, from the first on, as go into a page; never none if there are some. */
export function withinBound<
  Item extends { readonly name?: string; readonly owner: Owner | undefined },
>(items: readonly Item[]): readonly Item[] {
  let characterCount = 0;
  const end = items.findIndex((item, index) => {
    characterCount += textLength(item);
    return index > 0 && characterCount > PAGE_CHARACTERS_MAX;
  });
  return end === -1 ? items : items.slice(0, end);
}

/** In characters, of what clients chose. */
export function textLength({
  name = '',
  owner = {},
}: {
  readonly name?: string;
  readonly owner: Owner | undefined;
}): number {
  return Object.entries(owner).reduce(
    (sum, [word, value]) => sum + word.length + value.length,
    name.length,
  );
}
