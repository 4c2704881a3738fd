/** Why: a list of any length goes to a client no faster than it is read, and one that does not read costs one page. */
import type { ServerWritableStream } from '@grpc/grpc-js';

/** What UTF-8 takes at most for a unit of UTF-16, and what an entry takes beside its texts. */
const BYTES_PER_UNIT = 3;
const ENTRY_BYTES = 256;

export interface PageStreamOptions {
  /** How long a page may take to be taken. */
  readonly pageTimeoutMs: number;
  /** Is told of a client that did not take one in time. */
  readonly onStall: () => void;
}

/** Open → gone: cancelled, cut, or stalled. */
export class PageStream<Page> {
  readonly #call: ServerWritableStream<unknown, Page>;
  readonly #options: PageStreamOptions;
  readonly #gone: Promise<false>;
  #isGone = false;

  constructor(call: ServerWritableStream<unknown, Page>, options: PageStreamOptions) {
    this.#call = call;
    this.#options = options;
    this.#gone = new Promise((resolve) => {
      this.onGone(() => {
        this.#isGone = true;
        resolve(false);
      });
    });
  }

  /** Calls `act` once or more when nobody takes pages any more. */
  onGone(act: () => void): void {
    if (this.#call.cancelled) {
      act();
    }
    this.#call.once('cancelled', act);
    this.#call.once('close', act);
  }

  /** Resolves when the page is on its way, with whether there is somebody still who takes more. */
  async write(page: Page): Promise<boolean> {
    if (this.#isGone) {
      return false;
    }
    const timer = setTimeout(() => this.#options.onStall(), this.#options.pageTimeoutMs);
    const taken = new Promise<true>((resolve) => {
      this.#call.write(page, () => resolve(true));
    });
    try {
      return (await Promise.race([taken, this.#gone])) && !this.#isGone;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Cuts a list into parts that take no more than so many bytes, or hold one entry that takes more. */
export function* cutByBytes<Entry>(
  entries: readonly Entry[],
  bytesMax: number,
  textsOf: (entry: Entry) => readonly (string | undefined)[],
): Generator<readonly Entry[], void, undefined> {
  let part: Entry[] = [];
  let byteCount = 0;
  for (const entry of entries) {
    const bytes =
      ENTRY_BYTES +
      textsOf(entry).reduce((sum, text) => sum + (text?.length ?? 0) * BYTES_PER_UNIT, 0);
    if (part.length > 0 && byteCount + bytes > bytesMax) {
      yield part;
      part = [];
      byteCount = 0;
    }
    part.push(entry);
    byteCount += bytes;
  }
  if (part.length > 0) {
    yield part;
  }
}
