/** Why: a stream of bytes becomes lines of text here, for both ends of the door, within a bound. */

/** Bytes that are no line this end takes. */
export class LineError extends Error {
  override readonly name = 'LineError';
}

const LINE_FEED = 0x0a;

/** Cuts UTF-8 at its line feeds, wherever the chunks happen to end. Of no use after a LineError. */
export class LineSplitter {
  readonly #lineBytesMax: number;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #pieces: Uint8Array[] = [];
  #pendingBytes = 0;

  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax;
  }

  /** The bytes that came since the last line feed. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /**
   * The lines that `chunk` completes, without their line feeds.
   * @throws LineError when a line, complete or not, is over the bound or is not UTF-8.
   */
  *push(chunk: Uint8Array): Generator<string, void, undefined> {
    let from = 0;
    for (;;) {
      const to = chunk.indexOf(LINE_FEED, from);
      this.#keep(chunk.subarray(from, to === -1 ? undefined : to));
      if (to === -1) {
        return;
      }
      from = to + 1;
      yield this.#take();
    }
  }

  #keep(piece: Uint8Array): void {
    this.#pendingBytes += piece.length;
    if (this.#pendingBytes > this.#lineBytesMax) {
      throw new LineError(`the line is longer than ${this.#lineBytesMax} bytes`);
    }
    this.#pieces.push(piece);
  }

  #take(): string {
    const bytes = Buffer.concat(this.#pieces, this.#pendingBytes);
    this.#pieces = [];
    this.#pendingBytes = 0;
    try {
      return this.#decoder.decode(bytes);
    } catch (error) {
      throw new LineError('the line is not UTF-8', { cause: error });
    }
  }
}
