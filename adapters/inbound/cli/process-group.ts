/** Why: a command may start others; what is to end is all of them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';

export interface GroupExit {
  /** As a shell has it: the status, or 128 and the number of the signal. */
  readonly status: number;
}

/** It could not be started. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** Running → its command has ended → empty. */
export class ProcessGroup {
  readonly exit: Promise<GroupExit>;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.exit = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        resolve({ status: signal === null ? (code ?? 1) : 128 + constants.signals[signal] });
      });
    });
  }

  /** In a group of its own, with the terminal and streams of this process. @throws CommandError */
  static start(
    [file, ...args]: readonly [string, ...string[]],
    environment: NodeJS.ProcessEnv,
  ): Promise<ProcessGroup> {
    const child = spawn(file, args, { detached: true, stdio: 'inherit', env: environment });
    return new Promise((resolve, reject) => {
      child.once('spawn', () => resolve(new ProcessGroup(child)));
      child.once('error', (error: NodeJS.ErrnoException) => {
        const why = error.code === 'ENOENT' ? 'there is no such command' : error.message;
        reject(new CommandError(`${JSON.stringify(file)} could not be started: ${why}`));
      });
    });
  }

  /** Whether any process of it is left. */
  get isEmpty(): boolean {
    return !this.#signal(0);
  }

  signal(signal: NodeJS.Signals): void {
    this.#signal(signal);
  }

  #signal(signal: NodeJS.Signals | 0): boolean {
    try {
      // A negative number is a whole group (POSIX, kill).
      return process.kill(-(this.#child.pid ?? 0), signal);
    } catch {
      return false;
    }
  }
}
