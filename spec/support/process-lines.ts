/** Why: what a process writes is waited for line by line, now or later, and never longer than it lives. */
import type { ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export class ProcessLines {
  /** So far. */
  readonly lines: string[] = [];
  /** Emits 'more' at each line, and at the end. */
  readonly #output = new EventEmitter();
  #hasEnded = false;

  constructor(child: ChildProcess, streams: readonly (Readable | null)[]) {
    for (const stream of streams.filter((stream) => stream !== null)) {
      createInterface({ input: stream }).on('line', (line) => {
        this.lines.push(line);
        this.#output.emit('more');
      });
    }
    child.once('close', () => {
      this.#hasEnded = true;
      this.#output.emit('more');
    });
  }

  /**
   * Waits for a line, now or later.
   * @param from how many lines are passed over.
   * @throws Error when the process ends without it.
   */
  async until(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    for (let index = from; ; index += 1) {
      while (index >= this.lines.length) {
        if (this.#hasEnded) {
          throw new Error(`the process never wrote ${pattern}: ${this.lines.join('\n')}`);
        }
        await once(this.#output, 'more');
      }
      const match = pattern.exec(this.lines[index] ?? '');
      if (match !== null) {
        return match;
      }
    }
  }
}
