/**
 * Why: a command that runs under a lock, and that has ended, with all that it started, before the lock can be
 * somebody else's.
 */
import { ProcessGroup } from './process-group.js';
import type { RunCommandLine } from './run-command-line.js';

/** A lock as this needs it. */
export interface GuardingLock {
  readonly fencingToken: number;
  /** Aborts when it is lost. */
  readonly signal: AbortSignal;
  /** For how long from now it is known to be held if nothing more is heard; 0 if it is not. */
  readonly heldForMs: number;
  release(): Promise<void>;
}

export interface RunParts {
  /** null if it was not had in time. Rejects with what to tell. */
  readonly takeLock: (order: RunCommandLine, signal: AbortSignal) => Promise<GuardingLock | null>;
  /** Lets go of the connection. */
  readonly close: () => Promise<void>;
  readonly environment: NodeJS.ProcessEnv;
  /** Signals of the terminal and of supervisors. */
  readonly signals: NodeJS.EventEmitter;
  /** Tells a line. */
  readonly tell: (line: string) => void;
}

/** The lock was not had, or was lost while the command ran. */
const FAILED = 1;
/** So much before the lock may be somebody else's nothing of the command is left ... */
const KILL_AHEAD_MS = 250;
/** ... or, of short leases, this part of their time. */
const KILL_AHEAD_PART = 0.05;
/** Between two renewals, and two signs of life, a third of the time passes: no alarm for that. */
const GRACE_PART = 0.3;
/** How often what is left of a group is looked for. */
const LOOK_INTERVAL_MS = 20;

const FORWARDED: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/** @returns the exit status: the command's own, or 1. Rejects with CommandError, and as `takeLock`. */
export async function runUnderLock(order: RunCommandLine, parts: RunParts): Promise<number> {
  const interruption = new AbortController();
  const interrupt = (signal: NodeJS.Signals) =>
    interruption.abort(new Error(`${signal} came first`));
  for (const signal of FORWARDED) {
    parts.signals.on(signal, interrupt);
  }
  try {
    const lock = await parts.takeLock(order, interruption.signal);
    if (lock === null) {
      parts.tell('the lock is held by somebody else; try later, or wait longer with --wait');
      return FAILED;
    }
    return await runWith(lock, order, parts);
  } finally {
    for (const signal of FORWARDED) {
      parts.signals.off(signal, interrupt);
    }
    await parts.close();
  }
}

async function runWith(
  lock: GuardingLock,
  { command, name, graceMs }: RunCommandLine,
  parts: RunParts,
): Promise<number> {
  const group = await ProcessGroup.start(command, {
    ...parts.environment,
    LDLM_LOCK_NAME: name,
    LDLM_FENCING_TOKEN: `${lock.fencingToken}`,
  });
  const forward = (signal: NodeJS.Signals) => group.signal(signal);
  for (const signal of FORWARDED) {
    parts.signals.on(signal, forward);
  }
  const guard = new LockGuard(lock, group, graceMs);
  const { status } = await group.exit;
  await guard.whenEmpty();
  for (const signal of FORWARDED) {
    parts.signals.off(signal, forward);
  }
  if (guard.isLost) {
    parts.tell(`the command was ended: ${guard.why}`);
    return FAILED;
  }
  await lock.release();
  return status;
}

/** Watching → ending (SIGTERM was sent) → killing → over. */
class LockGuard {
  isLost = false;
  why = '';
  readonly #lock: GuardingLock;
  readonly #group: ProcessGroup;
  readonly #graceMs: number;
  readonly #aheadMs: number;
  #timer: NodeJS.Timeout | undefined;
  #isEnding = false;

  constructor(lock: GuardingLock, group: ProcessGroup, graceMs: number) {
    this.#lock = lock;
    this.#group = group;
    this.#graceMs = Math.min(graceMs, lock.heldForMs * GRACE_PART);
    this.#aheadMs = Math.min(KILL_AHEAD_MS, lock.heldForMs * KILL_AHEAD_PART);
    lock.signal.addEventListener('abort', this.#lost, { once: true });
    if (lock.signal.aborted) {
      this.#lost();
    }
    this.#watch();
  }

  /** The command itself has ended: what it left behind ends too, before the lock is given back. */
  async whenEmpty(): Promise<void> {
    const killAt = performance.now() + Math.min(this.#graceMs, this.#leftMs);
    if (!this.#group.isEmpty) {
      this.#group.signal('SIGTERM');
    }
    while (!this.#group.isEmpty) {
      if (performance.now() >= killAt || this.#leftMs <= 0) {
        this.#group.signal('SIGKILL');
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS));
    }
    clearTimeout(this.#timer);
    this.#lock.signal.removeEventListener('abort', this.#lost);
  }

  /** How long the command may go on if nothing more is heard. */
  get #leftMs(): number {
    return this.#lock.heldForMs - this.#aheadMs;
  }

  /** Looks again when, for all that is known now, there would be something to do. */
  #watch(): void {
    clearTimeout(this.#timer);
    const leftMs = this.#leftMs;
    if (leftMs <= 0) {
      this.#give('the lock can no longer be known to be held');
      this.#group.signal('SIGKILL');
      return;
    }
    if (leftMs <= this.#graceMs && !this.#isEnding) {
      this.#isEnding = true;
      this.#give('the server was not heard of for too long');
      this.#group.signal('SIGTERM');
    }
    const nextMs = this.#isEnding ? leftMs : leftMs - this.#graceMs;
    this.#timer = setTimeout(() => this.#watch(), Math.min(Math.max(1, nextMs), 2 ** 31 - 1));
  }

  readonly #lost = () => {
    const { reason } = this.#lock.signal;
    this.#give(reason instanceof Error ? reason.message : 'the lock was lost');
    // It may be somebody else's by now: there is no time to be polite.
    this.#group.signal('SIGKILL');
  };

  #give(why: string): void {
    if (!this.isLost) {
      this.isLost = true;
      this.why = why;
    }
  }
}
