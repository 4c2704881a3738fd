/** Why: a reporting client in a process of its own, in the hands of its parent: told what to do, stopped, killed, heard. */
import { type ChildProcess, spawn } from 'node:child_process';
import { type EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { sourceProgram } from '../support/source-program.js';
import { ReportBook } from './report-book.js';
import { type ReportedLine, sharedNow } from './reported-line.js';
import type { ClientCommand, ClientStart } from './reporting-client-process.js';

const PROGRAM = fileURLToPath(new URL('reporting-client-process.ts', import.meta.url));

/** Running ⇄ stopped → ended. */
export class ClientProcess {
  readonly book: ReportBook;
  readonly name: string;
  readonly #child: ChildProcess;
  /** Emits 'line' with each line of all processes that share it, and 'line' without one when a process is gone. */
  readonly #heard: EventEmitter;
  readonly #ended: Promise<unknown>;

  constructor(start: ClientStart, heard: EventEmitter) {
    this.name = start.name;
    this.book = new ReportBook(start);
    this.#heard = heard;
    this.#child = spawn(process.execPath, [...sourceProgram(PROGRAM), JSON.stringify(start)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    // A process that is killed does not read what it was just told.
    this.#child.stdin?.on('error', () => undefined);
    createInterface({ input: this.#child.stdout as Readable }).on('line', (text) => {
      const line = JSON.parse(text) as ReportedLine;
      this.book.note(line);
      heard.emit('line', this, line);
    });
    this.#ended = once(this.#child, 'close').then(() => {
      heard.emit('line', this, undefined);
    });
  }

  tell(command: ClientCommand): void {
    this.#child.stdin?.write(`${JSON.stringify(command)}\n`);
  }

  /** Waits for the next line of that kind of this process. Rejects when it ends without it. */
  next<Kind extends ReportedLine['kind']>(
    kind: Kind,
  ): Promise<ReportedLine & { readonly kind: Kind }> {
    return new Promise((resolve, reject) => {
      const hear = (from: unknown, line: ReportedLine | undefined): void => {
        if (from !== this || (line !== undefined && line.kind !== kind)) {
          return;
        }
        this.#heard.off('line', hear);
        if (line === undefined) {
          reject(new Error(`${this.name} ended without the line ${kind}`));
        } else {
          resolve(line as ReportedLine & { readonly kind: Kind });
        }
      };
      this.#heard.on('line', hear);
    });
  }

  stop(): void {
    this.#child.kill('SIGSTOP');
  }

  goOn(): void {
    this.#child.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    this.book.killed(sharedNow());
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  async close(): Promise<void> {
    this.tell({ kind: 'close' });
    await this.#ended;
  }
}
