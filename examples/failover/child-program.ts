/** Why: a program that this one starts, whose log it follows line by line, and which does not outlive it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) {
    child.kill('SIGKILL');
  }
});

export class ChildProgram {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #more = new EventEmitter();
  readonly #ended: Promise<unknown>;
  #hasEnded = false;

  /** @param program as PATH has it, or with its path. */
  constructor(program: string, args: readonly string[]) {
    this.#name = program;
    this.#child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    running.add(this.#child);
    if (this.#child.stderr !== null) {
      createInterface({ input: this.#child.stderr }).on('line', (line) => this.#take(line));
    }
    this.#ended = once(this.#child, 'close').then(
      () => this.#end(),
      (error: Error) => this.#end(error.message),
    );
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Waits until its log has that text, now or later. @throws Error when it ends without. */
  async untilLogged(text: string): Promise<void> {
    while (!this.#lines.some((line) => line.includes(text))) {
      if (this.#hasEnded) {
        const said = this.#lines.slice(-5).join('\n');
        throw new Error(`${this.#name} ended without saying ${text}:\n${said}`);
      }
      await once(this.#more, 'more');
    }
  }

  /** Sends a signal, and waits until it is gone. */
  async end(signal: NodeJS.Signals): Promise<void> {
    this.#child.kill(signal);
    await this.#ended;
  }

  #take(line: string): void {
    this.#lines.push(line);
    this.#more.emit('more');
  }

  #end(reason?: string): void {
    running.delete(this.#child);
    this.#hasEnded = true;
    this.#take(reason ?? 'it has ended');
  }
}
