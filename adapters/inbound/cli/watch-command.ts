/**
 * Why: `ldlm-lock list --watch`: what is held, and from then on each change of it. News are taken as they come, so that the
 * server need not wait for a slow reader; who is too slow for them has the list anew.
 */
import type { Writable } from 'node:stream';
import type { HolderChange } from '../../../domain/descriptions.js';
import type { HolderFilter } from '../../../domain/holder-filter.js';
import type { HolderNews } from '../../../domain/holder-watch.js';
import type { Instant } from '../../../domain/instant.js';
import type { AdministrationClient } from './administration-client.js';
import { holderFields } from './holder-json.js';
import { holderLine } from './holder-lines.js';
import { type Lines, writeLines } from './line-output.js';
import { listLines } from './list-command.js';
import { visibleJson } from './visible-text.js';

export interface WatchOrder {
  readonly filter: HolderFilter;
  readonly form: 'lines' | 'json';
}

type Page = HolderNews & { readonly now: Instant };

/** Changes that wait to be printed. */
const UNPRINTED_MAX = 10_000;

/** Prints until the server stops or the reader goes. @returns whether the server stopped. Rejects as the client does. */
export async function printWatch(
  client: AdministrationClient,
  order: WatchOrder,
  stdout: Writable,
): Promise<boolean> {
  const enough = new AbortController();
  const inbox = new NewsInbox();
  const taking = takeAll(client.watch(order.filter, enough.signal), inbox);
  try {
    for (let page = await inbox.next(); page !== undefined; page = await inbox.next()) {
      if (!(await printPage(page, client, order, stdout))) {
        return false;
      }
    }
    return true;
  } finally {
    enough.abort();
    await taking;
  }
}

async function takeAll(pages: AsyncIterable<Page>, inbox: NewsInbox): Promise<void> {
  try {
    for await (const page of pages) {
      inbox.take(page);
    }
    inbox.end();
  } catch (error) {
    inbox.fail(error);
  }
}

/** @returns whether there is somebody still who reads. */
async function printPage(
  { isGap, changes, now }: Page,
  client: AdministrationClient,
  { filter, form }: WatchOrder,
  stdout: Writable,
): Promise<boolean> {
  if (isGap && !(await writeLines(stdout, listed(client, { filter, form })))) {
    return false;
  }
  return writeLines(
    stdout,
    form === 'json' ? changesAsJson(changes, now) : changes.map(changeLine),
  );
}

/** In JSON a line each, so that whoever reads need not wait for the end of an array. */
function listed(client: AdministrationClient, order: WatchOrder): Lines {
  return order.form === 'json' ? heldAsJson(client, order.filter) : listLines(client, order);
}

async function* heldAsJson(
  client: AdministrationClient,
  filter: HolderFilter,
): AsyncGenerator<string, void, undefined> {
  const { now } = await client.stats();
  yield visibleJson({ change: 'list' });
  for await (const { holders } of client.holders(filter)) {
    for (const holder of holders) {
      yield visibleJson({ change: 'held', ...holderFields(holder, now) });
    }
  }
}

function* changesAsJson(
  changes: readonly HolderChange[],
  now: Instant,
): Generator<string, void, undefined> {
  for (const change of changes) {
    yield visibleJson({ change: wordFor(change), ...holderFields(change.holder, now) });
  }
}

const SIGNS: Readonly<Record<HolderChange['kind'], string>> = {
  granted: '+',
  renewed: '~',
  ended: '-',
};

function changeLine(change: HolderChange): string {
  return `${SIGNS[change.kind]} ${holderLine(change.holder)} ${wordFor(change)}`;
}

function wordFor(change: HolderChange): string {
  return change.kind === 'ended' ? change.reason : change.kind;
}

/** Open → ended | failed. What was taken before is given out first. */
class NewsInbox {
  #pages: Page[] = [];
  #changeCount = 0;
  #wake: () => void = () => undefined;
  #end: 'open' | 'ended' | { readonly cause: unknown } = 'open';

  take(page: Page): void {
    this.#pages.push(page);
    this.#changeCount += page.changes.length;
    if (this.#changeCount > UNPRINTED_MAX) {
      this.#pages = [{ isGap: true, changes: [], now: page.now }];
      this.#changeCount = 0;
    }
    this.#wake();
  }

  end(): void {
    this.#end = 'ended';
    this.#wake();
  }

  fail(cause: unknown): void {
    this.#end = { cause };
    this.#wake();
  }

  /** @returns undefined when it has ended. Rejects with what it failed with. */
  async next(): Promise<Page | undefined> {
    while (this.#pages.length === 0 && this.#end === 'open') {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const page = this.#pages.shift();
    if (page !== undefined) {
      this.#changeCount -= page.changes.length;
      return page;
    }
    if (this.#end !== 'ended' && this.#end !== 'open') {
      throw this.#end.cause;
    }
    return undefined;
  }
}
