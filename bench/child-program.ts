/**
 * Why: servers and memory are measured in processes of their own. A program of bench/ is started,
 * told what to be, asked questions one after another, and ended by its id.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Names the folder that every process writes its CPU profile to; it reaches children's children, too. */
export const PROFILES_VARIABLE = 'BENCH_PROFILES';

interface Question {
  readonly ask: string;
}

type Message = { readonly answer: unknown } | { readonly failure: string };

/** Running → ended. */
export class ChildProgram {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Starts `bench/<file>` with a value for its `answerParent`. */
  static start(file: string, start: object): ChildProgram {
    const program = fileURLToPath(new URL(file, import.meta.url));
    const profiles = process.env[PROFILES_VARIABLE];
    const profiling = profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`];
    const child = fork(program, [JSON.stringify(start)], {
      execArgv: ['--import', 'tsx', '--expose-gc', '--max-old-space-size=8192', ...profiling],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    return new ChildProgram(child);
  }

  /** One question at a time. @throws Error with what went wrong over there. */
  async ask<Answer>(ask: string): Promise<Answer> {
    const gone = new AbortController();
    const exit = once(this.#child, 'exit', { signal: gone.signal }).then(
      () => Promise.reject(new Error(`${this.#child.spawnargs.join(' ')} ended early`)),
      () => undefined,
    );
    const answered = once(this.#child, 'message');
    this.#child.send({ ask } satisfies Question);
    const [message] = (await Promise.race([answered, exit])) as [Message];
    gone.abort();
    await exit;
    if ('failure' in message) {
      throw new Error(message.failure);
    }
    return message.answer as Answer;
  }

  /** Ends it as a fault of the machine would, with no chance to say anything. */
  async kill(): Promise<void> {
    const exit = once(this.#child, 'exit');
    if (this.#child.kill('SIGKILL')) {
      await exit;
    }
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
      return;
    }
    const exit = once(this.#child, 'exit');
    this.#child.disconnect();
    await exit;
  }
}

export type Answers = Readonly<Record<string, () => unknown>>;

/** For the child: makes ready from what the parent gave, then answers until the parent lets go. */
export function answerParent<Start>(makeReady: (start: Start) => Answers | Promise<Answers>): void {
  const ready = Promise.resolve(JSON.parse(process.argv[2] ?? '{}') as Start).then(makeReady);
  process.on('message', ({ ask }: Question) => {
    ready
      .then((answers) => answers[ask]?.())
      .then(
        (answer) => process.send?.({ answer } satisfies Message),
        (failure: unknown) => process.send?.({ failure: String(failure) } satisfies Message),
      );
  });
  process.on('disconnect', () => process.exit());
  // Who let go while this program was still being read is not heard of any more.
  if (!process.connected) {
    process.exit();
  }
}
