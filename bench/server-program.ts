/**
 * Why: other projects' servers are children as well: started with what makes them ready to compare, heard until they serve,
 * and ended by their ids, also when the benchmark ends early.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

const READY_WITHIN_MS = 30_000;

export interface ServerProgramStart {
  readonly file: string;
  readonly args: readonly string[];
  /** Where it runs, and keeps what it keeps. */
  readonly folder: string;
  /** Who it runs as; as this process unless given. */
  readonly user?: User;
  /** What it prints when it serves. */
  readonly readyText: string;
}

export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** Starting → ready → ended. */
export class ServerProgram {
  readonly #child: ChildProcess;
  readonly #endNow = () => this.#child.kill('SIGKILL');

  private constructor(child: ChildProcess) {
    this.#child = child;
    process.on('exit', this.#endNow);
  }

  /** @throws Error with the last that it printed, when it does not serve. */
  static async start(start: ServerProgramStart): Promise<ServerProgram> {
    const { file, args, folder, user } = start;
    const child = spawn(file, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], ...user });
    const program = new ServerProgram(child);
    try {
      await program.#ready(start.readyText);
    } catch (error) {
      await program.end();
      throw error;
    }
    return program;
  }

  /** At once: nothing of it is needed any more. */
  async end(): Promise<void> {
    process.off('exit', this.#endNow);
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) {
      return;
    }
    const exit = once(this.#child, 'exit');
    // A fast shutdown for PostgreSQL, which would wait for its clients on SIGTERM.
    this.#child.kill('SIGINT');
    await exit;
  }

  #ready(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      let printed = '';
      const fail = (why: string) => {
        clearTimeout(patience);
        reject(new Error(`${why}: ${printed.trim().slice(-300)}`));
      };
      const patience = setTimeout(fail, READY_WITHIN_MS, `does not say "${text}"`);
      const listen = (chunk: Buffer) => {
        printed += chunk.toString();
        if (printed.includes(text)) {
          clearTimeout(patience);
          resolve();
        }
      };
      // They are read to the end, so that it never waits to print.
      this.#child.stdout?.on('data', listen);
      this.#child.stderr?.on('data', listen);
      this.#child.once('error', (error) => fail(error.message));
      this.#child.once('exit', () => fail('ended early'));
    });
  }
}
