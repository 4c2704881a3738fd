/** Why: many clients that do to a server all that programs do, at once, while the rules are watched. */
import { setMaxListeners } from 'node:events';
import {
  LdlmClient,
  LdlmError,
  type LdlmErrorCode,
  type Lock,
  LockLostError,
} from '../ldlm-client.js';
import { Latencies } from './latencies.js';
import { RuleChecker, type Violation } from './rule-checker.js';
import type { StressOptions } from './stress-options.js';

/** What was done so far. */
export interface StressFigures {
  readonly grantCount: number;
  /** Locks that were tried for and held by others. */
  readonly busyCount: number;
  readonly lostCount: number;
  readonly disconnectCount: number;
  /** By the code of their error. */
  readonly failures: Readonly<Partial<Record<LdlmErrorCode | 'abort', number>>>;
  readonly violations: readonly Violation[];
  /** From the request to the grant. */
  readonly waits: Latencies;
}

/** A tenth of all turns is taken back while it waits. */
const ABORT_PART = 0.1;
/** As many do not wait at all. */
const TRY_PART = 0.3;
/** And so many ask for a lease, which renews itself. */
const LEASE_PART = 0.3;
const LEASE_MS = 2_000;
/** A client that fails is not to hammer a server that is away. */
const FAILED_PAUSE_MS = 200;

/** A chain of numbers from 0 to 1 that a seed decides (mulberry32, by Tommy Ettinger). */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Running → stopping → over. */
export class StressRun {
  readonly #options: StressOptions;
  readonly #checker = new RuleChecker();
  readonly #waits = new Latencies();
  readonly #failures: Partial<Record<LdlmErrorCode | 'abort', number>> = {};
  readonly #stop = new AbortController();
  #grantCount = 0;
  #busyCount = 0;
  #lostCount = 0;
  #disconnectCount = 0;
  /** Counts how often names changed. */
  #generation = 0;

  constructor(options: StressOptions) {
    this.#options = options;
  }

  get figures(): StressFigures {
    return {
      grantCount: this.#grantCount,
      busyCount: this.#busyCount,
      lostCount: this.#lostCount,
      disconnectCount: this.#disconnectCount,
      failures: this.#failures,
      violations: this.#checker.violations,
      waits: this.#waits,
    };
  }

  /** Ends it soon. */
  stop(): void {
    this.#stop.abort();
  }

  /** Resolves when it has been stopped, its time is over, or a rule was broken. */
  async run(): Promise<StressFigures> {
    const { clientCount, forMs, renamedEveryMs, seed } = this.#options;
    const timers = [
      forMs === undefined ? undefined : setTimeout(() => this.stop(), forMs),
      renamedEveryMs === undefined
        ? undefined
        : setInterval(() => {
            this.#generation += 1;
          }, renamedEveryMs),
    ];
    // Each client's pause and wait listens for the end.
    setMaxListeners(0, this.#stop.signal);
    const clients = Array.from({ length: clientCount }, (_, index) => this.#work(seed + index));
    await Promise.all(clients);
    for (const timer of timers) {
      clearTimeout(timer);
    }
    return this.figures;
  }

  async #work(seed: number): Promise<void> {
    const random = seededRandom(seed);
    let client = new LdlmClient(this.#options.client);
    while (!this.#stop.signal.aborted) {
      if (random() * 1_000 < this.#options.disconnectsPerMille) {
        this.#disconnectCount += 1;
        await client.close();
        client = new LdlmClient(this.#options.client);
      }
      try {
        await this.#turn(client, random);
      } catch (error) {
        this.#note(error);
        await this.#pause(random() * FAILED_PAUSE_MS);
      }
    }
    await client.close();
  }

  async #turn(client: LdlmClient, random: () => number): Promise<void> {
    const { lockCount, sizeMax, holdMsMax } = this.#options;
    const number = Math.floor(random() * lockCount);
    const size = 1 + (number % sizeMax);
    const name = `stress/${this.#generation}/${number}`;
    const began = performance.now();
    const lock = await this.#take(client, { name, size }, random);
    if (lock === null) {
      this.#busyCount += 1;
      await this.#pause(random() * Math.min(holdMsMax, FAILED_PAUSE_MS));
      return;
    }
    this.#waits.add(performance.now() - began);
    this.#grantCount += 1;
    lock.signal.addEventListener('abort', () => this.#checker.left(lock), { once: true });
    this.#checker.granted(lock, size);
    if (this.#checker.violations.length > 0) {
      this.stop();
    }
    await this.#pause(random() * holdMsMax);
    this.#checker.left(lock);
    await lock.release();
  }

  #take(
    client: LdlmClient,
    { name, size }: { readonly name: string; readonly size: number },
    random: () => number,
  ): Promise<Lock | null> {
    const lease = random() < LEASE_PART ? { leaseMs: LEASE_MS } : {};
    if (random() < TRY_PART) {
      return client.tryLock(name, { size, ...lease, signal: this.#stop.signal });
    }
    const waitTimeoutMs = 1 + random() * this.#options.waitMsMax;
    const abortAt =
      random() < ABORT_PART ? AbortSignal.timeout(random() * waitTimeoutMs) : undefined;
    const signal = AbortSignal.any([this.#stop.signal, ...(abortAt ? [abortAt] : [])]);
    return client.lock(name, { size, ...lease, waitTimeoutMs, signal });
  }

  #note(error: unknown): void {
    if (this.#stop.signal.aborted) {
      return;
    }
    if (error instanceof LockLostError) {
      this.#lostCount += 1;
    }
    const code = error instanceof LdlmError ? error.code : 'abort';
    this.#failures[code] = (this.#failures[code] ?? 0) + 1;
  }

  /** No longer than until it is told to stop. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const { signal } = this.#stop;
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) {
        end();
      }
    });
  }
}
