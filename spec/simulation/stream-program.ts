/** Why: a program that locks by the real client's engine, and notes for the history what it asked and was told. */
import type { ClientEvents } from '../../client/client-events.js';
import type { HeldLock } from '../../client/held-lock.js';
import { LdlmError } from '../../client/ldlm-error.js';
import type { AcquireAttempt } from '../../client/lock-engine.js';
import { StreamEngine } from '../../client/stream-engine.js';
import { ProcessClock } from './process-clock.js';
import type { Program, ProgramWorld } from './program.js';
import { SimulatedLink } from './simulated-stream.js';
import { SimulatedProcess } from './simulated-time.js';

interface Asked {
  readonly name: string;
  readonly size: number;
  readonly askedAt: number;
  readonly isTry: boolean;
  readonly attempt: AcquireAttempt;
}

interface Held {
  readonly name: string;
  readonly lock: HeldLock;
}

/** Running → closed, or dead at any time. */
export class StreamProgram implements Program {
  readonly process: SimulatedProcess;
  readonly #world: ProgramWorld;
  readonly #clock: ProcessClock;
  readonly #engine: StreamEngine;
  readonly #asked = new Set<Asked>();
  readonly #held = new Map<string, Held>();
  readonly #isRecoverable: boolean;
  /** When the stream of a session without a recovery window broke last, maybe without its knowing. */
  #cutAt = Number.NEGATIVE_INFINITY;
  #isClosing = false;
  isClosed = false;

  constructor(
    world: ProgramWorld,
    { name, recoveryWindowMs }: { readonly name: string; readonly recoveryWindowMs: number },
  ) {
    const { time, chance } = world;
    this.#world = world;
    this.#isRecoverable = recoveryWindowMs > 0;
    this.process = new SimulatedProcess(time, name);
    this.#clock = new ProcessClock(time, this.process, chance.below(1_000_000));
    this.#engine = new StreamEngine({
      addresses: ['server'],
      openLink: (_address, listener) =>
        new SimulatedLink(world.network.connect(this.process), listener, (connection) =>
          world.network.accept(connection)?.stream(),
        ),
      timing: this.#clock,
      random: () => chance.between(0, 1),
      owner: { name },
      recoveryWindowMs,
      connectTimeoutMs: 2_000,
      unavailableTimeoutMs: 5_000,
      closeTimeoutMs: 1_000,
      tell: <Name extends keyof ClientEvents>(event: Name, ..._: ClientEvents[Name]) =>
        this.#heard(event),
    });
  }

  acquire(
    lock: { readonly name: string; readonly size: number },
    terms: { readonly waitMs: number | undefined; readonly leaseMs: number | undefined },
  ): void {
    const { name, size } = lock;
    const { waitMs, leaseMs } = terms;
    const { time, chance } = this.#world;
    const attempt = this.#engine.acquire({
      name,
      size,
      leaseMs,
      isRenewed: chance.isOneIn(2),
      waitUntil: waitMs === undefined ? undefined : this.#clock.now() + waitMs,
      metadata: chance.isOneIn(4) ? { purpose: 'simulation' } : undefined,
    });
    const isTry = waitMs === undefined;
    const asked: Asked = { name, size, askedAt: time.now, isTry, attempt };
    this.#asked.add(asked);
    attempt.outcome.then(
      (held) => this.#told(asked, held),
      (error: unknown) => {
        this.#asked.delete(asked);
        this.#mayHaveBeenGranted(asked);
        this.#note(`${name} ${codeOf(error)}`);
        this.#judge(error);
      },
    );
  }

  release(): void {
    const held = this.#anyHeld();
    if (held === undefined) {
      return;
    }
    const { name, lock } = held;
    const askedAt = this.#world.time.now;
    this.#held.delete(lock.key);
    this.#world.history.mayEnd(lock.key, askedAt);
    this.#engine.release(lock).then(
      () => {
        const toldAt = this.#world.time.now;
        this.#note(`${name} ${lock.key} released`);
        this.#world.history.add(name, { kind: 'released', key: lock.key, askedAt, toldAt });
      },
      (error: unknown) => {
        this.#note(`${name} ${lock.key} not released: ${codeOf(error)}`);
        this.#judge(error);
      },
    );
  }

  renew(leaseMs: number): void {
    const held = this.#anyHeld();
    if (held?.lock.leaseMs !== undefined) {
      this.#engine.renew(held.lock, leaseMs).catch((error: unknown) => this.#judge(error));
    }
  }

  abandon(): void {
    const [first] = this.#asked;
    first?.attempt.abandon(new LdlmError('closed', 'not wanted any more'));
  }

  close(): void {
    if (this.#isClosing) {
      return;
    }
    this.#isClosing = true;
    this.#mayLoseAll();
    this.#engine.close().then(
      () => {
        this.isClosed = true;
      },
      (error: unknown) => this.#judge(error),
    );
  }

  kill(): void {
    this.process.kill();
    this.isClosed = true;
    this.#mayLoseAll();
    for (const asked of this.#asked) {
      this.#mayHaveBeenGranted(asked);
    }
    this.#asked.clear();
  }

  /** It will not notice what it loses until it goes on; what it can rely on until then is known now. */
  pause(): void {
    for (const { lock } of this.#held.values()) {
      const heldForMs = this.#engine.heldForMs(lock);
      this.#world.history.mayEnd(lock.key, this.#world.time.now + heldForMs);
    }
    this.process.pause();
  }

  /** A session without a recovery window ends with its stream, of which the server may hear first. */
  cutOff(): void {
    if (!this.#isRecoverable) {
      this.#cutAt = this.#world.time.now;
      for (const key of this.#held.keys()) {
        this.#world.history.mayEnd(key, this.#world.time.now);
      }
    }
  }

  get isBusy(): boolean {
    return this.#asked.size > 0;
  }

  get heldCount(): number {
    return this.#held.size;
  }

  get believedKeys(): readonly string[] {
    return [...this.#held.keys()].filter((key) => this.believes(key));
  }

  believes(key: string): boolean {
    const held = this.#held.get(key);
    return (
      held !== undefined &&
      this.#isRecoverable &&
      !this.process.isDead &&
      this.#engine.heldForMs(held.lock) > 0
    );
  }

  /** What it asks for again in another session, it may have been granted in the one that is lost. */
  #heard(event: keyof ClientEvents): void {
    this.#note(event);
    if (event === 'sessionLost') {
      for (const asked of this.#asked) {
        this.#mayHaveBeenGranted(asked);
      }
    }
  }

  #mayHaveBeenGranted({ name, askedAt }: Asked): void {
    this.#world.history.add(name, { kind: 'unknown', askedAt, toldAt: Number.POSITIVE_INFINITY });
  }

  #told(asked: Asked, lock: HeldLock | undefined): void {
    this.#asked.delete(asked);
    const { name, size, askedAt } = asked;
    const { time, history } = this.#world;
    const toldAt = time.now;
    if (lock === undefined) {
      this.#note(`${name} busy`);
      history.add(name, { kind: 'busy', size, askedAt, toldAt });
      return;
    }
    const { key, fencingToken: token = 0 } = lock;
    if (lock.loss === undefined && this.#engine.heldForMs(lock) === 0) {
      this.#world.oracle.blame(`${this.process.name} is given ${key}, which it cannot rely on`);
    }
    this.#note(`${name} ${key} granted ${token}`);
    const mayEndFrom = this.#cutAt >= askedAt ? this.#cutAt : Number.POSITIVE_INFINITY;
    history.add(name, { kind: 'granted', key, token, size, askedAt, toldAt, mayEndFrom });
    this.#held.set(key, { name, lock });
    lock.signal.addEventListener('abort', () => {
      this.#held.delete(key);
      this.#note(`${name} ${key} lost: ${codeOf(lock.signal.reason)}`);
      history.mayEnd(key, time.now);
    });
  }

  #anyHeld(): Held | undefined {
    const held = [...this.#held.values()];
    return held[this.#world.chance.below(Math.max(1, held.length))];
  }

  #mayLoseAll(): void {
    for (const key of this.#held.keys()) {
      this.#world.history.mayEnd(key, this.#world.time.now);
    }
    this.#held.clear();
  }

  #note(what: string): void {
    this.#world.trace.note(`${this.process.name} ${what}`);
  }

  /** Programs see errors of the client's own, and none that says that the two sides did not understand each other. */
  #judge(error: unknown): void {
    if (!(error instanceof LdlmError) || error.code === 'protocol') {
      this.#world.oracle.blame(`${this.process.name} was told: ${String(error)}`);
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof LdlmError ? error.code : String(error);
}
