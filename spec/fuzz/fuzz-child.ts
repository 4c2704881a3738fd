/** Starts a fuzzing process, listens to it, and gives it up when it ends early or is silent for too long. */
import { fork } from 'node:child_process';
import type { FuzzReport } from './fuzz-run.js';
import type { FuzzMessage, FuzzStart } from './fuzz-process.js';

/** How long the process may take to begin. */
const START_MS_MAX = 60_000;

export interface FuzzChildOptions extends FuzzStart {
  /** How long it may take over a twentieth of a target's inputs before it counts as hung. */
  readonly silenceMsMax: number;
  readonly onProgress?: (progress: { readonly name: string; readonly doneCount: number }) => void;
}

export interface FuzzOutcome {
  readonly reports: ReadonlyMap<string, FuzzReport>;
  /** Why there are not as many reports as targets. */
  readonly failure: string | undefined;
}

export function fuzzInChild(options: FuzzChildOptions): Promise<FuzzOutcome> {
  const { targets, seed, silenceMsMax, onProgress = () => undefined } = options;
  const child = fork(
    new URL('./fuzz-process.ts', import.meta.url),
    [JSON.stringify({ targets, seed } satisfies FuzzStart)],
    {
      execArgv: ['--import', 'tsx', '--expose-gc'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    },
  );
  const reports = new Map<string, FuzzReport>();
  let failure: string | undefined;
  let last = 'before it began';
  const giveUpIn = (ms: number) =>
    setTimeout(() => {
      failure = `it hung ${last}`;
      child.kill('SIGKILL');
    }, ms);
  let watchdog = giveUpIn(Math.max(START_MS_MAX, silenceMsMax));
  child.on('message', (message: FuzzMessage) => {
    clearTimeout(watchdog);
    watchdog = giveUpIn(silenceMsMax);
    if (message.kind === 'report') {
      reports.set(message.name, message.report);
    } else {
      last = `in ${message.name}, behind ${message.doneCount} inputs`;
      onProgress(message);
    }
  });
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      clearTimeout(watchdog);
      if (reports.size < targets.length || code !== 0) {
        failure ??= `its process ended with ${code ?? signal} ${last}`;
      }
      resolve({ reports, failure });
    });
  });
}
