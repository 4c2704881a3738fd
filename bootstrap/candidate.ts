/** Why: one server of several: it stands by until it leads, serves for as long as it leads, and stands by again. */
import type { ServerStatus } from '../ports/inbound/server-status.js';
import type { Clock } from '../ports/outbound/clock.js';
import type { Election, LeaderDescription } from '../ports/outbound/election.js';
import type { Logger } from '../ports/outbound/logger.js';
import { type StateStore, StateStoreError } from '../ports/outbound/state-store.js';
import type { RunningServer } from './running-server.js';

export interface CandidateParts {
  readonly election: Election;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Starts a server on that store, and thereby leads; as `startServer` does. */
  readonly serve: (store: StateStore) => Promise<RunningServer>;
  /** Told of each change; must not throw. */
  readonly onStatus?: ((status: ServerStatus) => void) | undefined;
}

/** Between two tries when the election cannot be held. */
const RETRY_MS = 1_000;
/** The same trouble is told again after this time. */
const REMINDER_MS = 60_000;

/** Standing by ⇄ leading → stopped. What no standing by can mend ends it: see `failure`. */
export class Candidate {
  /** Resolves with what only its operator can mend. Never rejects. */
  readonly failure: Promise<unknown>;
  readonly #parts: CandidateParts;
  readonly #stopping = new AbortController();
  readonly #stopped: Promise<void>;
  readonly #running: Promise<void>;
  #status: ServerStatus = { role: 'starting' };
  #server: RunningServer | undefined;
  #reportFailure: (cause: unknown) => void = () => undefined;
  #trouble = { message: '', until: 0 };
  /** Whether the place of the election has ever let this server in. */
  #isAdmitted = false;

  constructor(parts: CandidateParts) {
    this.#parts = parts;
    this.failure = new Promise((resolve) => {
      this.#reportFailure = resolve;
    });
    this.#stopped = new Promise((resolve) => {
      this.#stopping.signal.addEventListener('abort', () => resolve());
    });
    this.#running = this.#run();
  }

  status(): ServerStatus {
    return this.#stopping.signal.aborted ? { role: 'stopping' } : this.#status;
  }

  /** What serves, while this one leads. */
  get server(): RunningServer | undefined {
    return this.#server;
  }

  async reload(): Promise<void> {
    await (this.#server?.reload() ??
      this.#parts.logger.info('Standing by: certificates are read when this server leads'));
  }

  /** Hands over at once, if this one leads. May be called more than once. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the server stops'));
    await this.#running;
  }

  #enter(status: ServerStatus): void {
    this.#status = status;
    this.#parts.onStatus?.(this.status());
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    try {
      while (!this.#stopping.signal.aborted) {
        await this.#standByAndLead();
      }
    } catch (error) {
      if (!this.#stopping.signal.aborted) {
        this.#reportFailure(error);
      }
    }
    this.#parts.election.close();
  }

  /** @throws what no trying again mends. */
  async #standByAndLead(): Promise<void> {
    try {
      await this.#parts.election.vacancy(
        (leader) => this.#noteLeader(leader),
        this.#stopping.signal,
      );
      this.#isAdmitted = true;
      this.#enter({ role: 'starting' });
      await this.#lead();
    } catch (error) {
      if (this.#stopping.signal.aborted || !this.#isPassing(error)) {
        throw error;
      }
      this.#enter({ role: 'standby' });
      if (error.code !== 'in-use') {
        this.#tellTrouble(error.message);
        await this.#pause(RETRY_MS);
      }
    }
  }

  async #lead(): Promise<void> {
    const { election, logger, serve } = this.#parts;
    const server = await serve(election.newStore());
    this.#server = server;
    this.#enter({ role: 'leader' });
    logger.info('Leading');
    try {
      const failure = await Promise.race([server.failure, this.#stopped]);
      if (!this.#stopping.signal.aborted) {
        this.#enter({ role: 'standby' });
        logger.warn(`Stepping down: ${reasonOf(failure)}`);
        if (!(failure instanceof StateStoreError)) {
          throw failure;
        }
      }
    } finally {
      this.#server = undefined;
      await server.stop();
    }
  }

  #noteLeader(leader: LeaderDescription): void {
    const { id, host, pid, grpcAddress, restAddress } = leader;
    this.#isAdmitted = true;
    this.#enter({
      role: 'standby',
      leader: { id, grpcAddress, ...(restAddress !== undefined && { restAddress }) },
    });
    this.#parts.logger.info(`Standing by: the server at ${grpcAddress} leads`, { host, pid });
  }

  /** At the first contact what refuses this server is a mistake in its settings; later it may be mended elsewhere. */
  #isPassing(error: unknown): error is StateStoreError {
    return (
      error instanceof StateStoreError &&
      (['in-use', 'unavailable', 'deposed', 'write-failed'].includes(error.code) ||
        (error.code === 'refused' && this.#isAdmitted))
    );
  }

  #tellTrouble(message: string): void {
    const now = this.#parts.clock.now();
    if (message !== this.#trouble.message || now >= this.#trouble.until) {
      this.#trouble = { message, until: now + REMINDER_MS };
      this.#parts.logger.warn(`Standing by, and trying again each second: ${message}`);
    }
  }

  async #pause(delayMs: number): Promise<void> {
    const { clock } = this.#parts;
    const { signal } = this.#stopping;
    await new Promise<void>((resolve) => {
      const alarm = clock.setAlarm(clock.now() + delayMs, end);
      signal.addEventListener('abort', end);
      function end(): void {
        signal.removeEventListener('abort', end);
        alarm.cancel();
        resolve();
      }
    });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
