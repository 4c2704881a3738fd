/** Why: an example is a program of its own; a spec starts it, waits for what it tells, and sees how it ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { ProcessLines } from '../support/process-lines.js';
import type { Exit } from '../support/server-process.js';

/** What runs a program, from the root of the project. */
export interface ExampleCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export class ExampleProcess {
  readonly #child: ChildProcess;
  readonly #output: ProcessLines;
  readonly exit: Promise<Exit>;

  constructor({ program, args, environment = {} }: ExampleCommand) {
    this.#child = spawn(program, args, {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#output = new ProcessLines(this.#child, [this.#child.stdout, this.#child.stderr]);
    this.exit = once(this.#child, 'close').then(([code, signal]) => ({ code, signal }));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What it has told so far, on both streams. */
  get lines(): readonly string[] {
    return this.#output.lines;
  }

  /** Waits for a line, now or later. @throws Error when it ends without it. */
  until(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#output.until(pattern);
  }

  /** Asks it to end, unless it has ended, and waits for that. */
  async stop(): Promise<Exit> {
    this.#child.kill('SIGTERM');
    return this.exit;
  }

  /** Kills it, unless it has ended, and waits for its end. */
  async kill(): Promise<Exit> {
    this.#child.kill('SIGKILL');
    return this.exit;
  }
}
