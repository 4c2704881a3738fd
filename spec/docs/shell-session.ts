/** A shell that stays, so that what one command of a page leaves behind is there for the next one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

const END = 'this command has ended';

export class ShellSession {
  readonly #shell: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly #lines: AsyncIterator<string>;

  /** Without the user's settings: those of curl, such as a proxy, would stand between it and us. */
  constructor(folder: string, environment: Readonly<Record<string, string>> = {}) {
    this.#shell = spawn('sh', [], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder, ...environment },
      // A group of its own, so that what a command leaves running goes with it.
      detached: true,
      stdio: 'pipe',
    });
    this.#closed = once(this.#shell, 'close');
    this.#shell.stdin?.write('exec 2>&1\n');
    const output = this.#shell.stdout as Readable;
    this.#lines = createInterface({ input: output })[Symbol.asyncIterator]();
  }

  /**
   * @param linesMin how many lines are waited for, of what runs in the background, too.
   * @returns what was printed, without blank lines at its end. @throws Error when the shell ends.
   */
  async run(command: string, linesMin = 0): Promise<string> {
    this.#shell.stdin?.write(`${command}\nprintf '\\n%s\\n' '${END}'\n`);
    const printed: string[] = [];
    let hasEnded = false;
    for (;;) {
      const { value: line, done } = await this.#lines.next();
      if (done === true) {
        throw new Error(`the shell ended at ${command}: ${printed.join('\n')}`);
      }
      if (line !== END) {
        printed.push(line);
      } else {
        hasEnded = true;
        // The break before the mark is a line of its own, unless it ended one that had no end.
        if (printed.at(-1) === '') {
          printed.pop();
        }
      }
      if (hasEnded && printed.length >= linesMin) {
        return printed.join('\n').trimEnd();
      }
    }
  }

  async end(): Promise<void> {
    process.kill(-(this.#shell.pid ?? 0), 'SIGKILL');
    await this.#closed;
  }
}
