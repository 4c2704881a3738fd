/** Why: a program that locks by the real client over a real wire, and reports each thing that it asks and is told. */
import { LdlmClient, LdlmError, type Lock, LockLostError } from '../../client/ldlm-client.js';
import type { SeededRandom } from '../support/seeded-random.js';
import { type ReportedLine, sharedNow } from './reported-line.js';

/** Names and their sizes. */
export const LOCKS = [
  { name: 'one', size: 1 },
  { name: 'another', size: 1 },
  { name: 'third', size: 1 },
  { name: 'pair', size: 2 },
  { name: 'trio', size: 3 },
] as const;

export interface LockTerms {
  readonly name: string;
  readonly size: number;
  /** undefined: it is only tried for. */
  readonly waitMs: number | undefined;
  /** undefined: as long as the session. */
  readonly leaseMs: number | undefined;
}

export interface ReportingClientOptions {
  /** Of the server, or of several of which one answers. */
  readonly addresses: readonly string[];
  readonly name: string;
  readonly isUnary: boolean;
  readonly recoveryWindowMs: number;
  readonly random: SeededRandom;
  /** Must have the line out of the process when it returns: the next instant may be its last. */
  readonly report: (line: ReportedLine) => void;
}

type Unstamped<Line> = Line extends unknown ? Omit<Line, 'at'> : never;

const TASKS = 2;
/** A vouching that moves by less says nothing new. */
const VOUCH_MS_MIN = 1;

/** Idle ⇄ busy with turns → closed. */
export class ReportingClient {
  readonly #client: LdlmClient;
  readonly #options: ReportingClientOptions;
  /** What is held, and until when it was last vouched for. */
  readonly #held = new Map<Lock, number>();
  readonly #parked: Lock[] = [];
  #nextId = 1;
  /** Of the server whose answers come in. */
  #address = '';
  /** What the names of locks end with. */
  #suffix = '';
  #turnsLeft = 0;
  #busyCount = 0;

  constructor(options: ReportingClientOptions) {
    const { addresses, name, isUnary, recoveryWindowMs } = options;
    this.#options = options;
    this.#client = new LdlmClient({ addresses, name, unary: isUnary, recoveryWindowMs });
    this.#client.on('connected', ({ address }) => {
      this.#address = address;
    });
    this.#client.on('sessionLost', () => this.#report({ kind: 'sessionLost' }));
  }

  /** Takes so many turns, and reports when they are over. */
  takeTurns(count: number): void {
    this.#turnsLeft += count;
    while (this.#busyCount < TASKS) {
      this.#busyCount += 1;
      this.#work().catch((error: unknown) => this.#judge(error));
    }
  }

  /** Takes no more turns than those it is at. */
  rest(): void {
    this.#turnsLeft = 0;
  }

  /** From now on its turns are about other locks: what became of the ones before says nothing of these. */
  turnToOthers(suffix: string): void {
    this.#suffix = suffix;
  }

  /** Takes the lock and keeps it until `letGo`. @returns it, or undefined when it is not to be had. */
  async park(terms: LockTerms): Promise<Lock | undefined> {
    const lock = await this.#acquire(terms);
    if (lock !== undefined) {
      this.#parked.push(lock);
    }
    return lock;
  }

  async letGo(): Promise<void> {
    await Promise.all(this.#parked.splice(0).map((lock) => this.#release(lock)));
  }

  async close(): Promise<void> {
    this.rest();
    for (const { key } of this.#held.keys()) {
      this.#report({ kind: 'releasing', key });
    }
    this.#held.clear();
    await this.#client.close();
    this.#report({ kind: 'closed' });
  }

  async #work(): Promise<void> {
    while (this.#turnsLeft > 0) {
      this.#turnsLeft -= 1;
      await this.#turn();
    }
    this.#busyCount -= 1;
    if (this.#busyCount === 0) {
      this.#report({ kind: 'idle' });
    }
  }

  /** Takes a lock, does something with it a few times, and gives it back. */
  async #turn(): Promise<void> {
    const { random } = this.#options;
    const terms = this.#someTerms();
    const lock = await this.#acquire(terms);
    if (lock === undefined) {
      return;
    }
    for (let left = random.below(4); left > 0 && this.#held.has(lock); left -= 1) {
      if (terms.leaseMs !== undefined && random.isOneIn(2)) {
        await this.#renew(lock, this.#someLeaseMs());
      } else {
        // Who holds one lock may try for another without waiting: nobody waits in a circle.
        const other = await this.#acquire({ ...this.#someTerms(), waitMs: undefined });
        await this.#release(other);
      }
    }
    await this.#release(lock);
  }

  #someTerms(): LockTerms {
    const { random, isUnary } = this.#options;
    // A stopped client keeps its connection: over that alone, locks without a lease would be held for as long.
    const hasLease = isUnary || random.below(3) > 0;
    const { name, size } = random.pick(LOCKS);
    return {
      name: `${name}${this.#suffix}`,
      size,
      waitMs: random.isOneIn(3) ? undefined : 50 + random.below(400),
      leaseMs: hasLease ? this.#someLeaseMs() : undefined,
    };
  }

  /** Server and client may differ by whole seconds in unary calls; the client's shorter time is what it believes in. */
  #someLeaseMs(): number {
    return 150 + this.#options.random.below(500);
  }

  async #acquire({ name, size, waitMs, leaseMs }: LockTerms): Promise<Lock | undefined> {
    const { random } = this.#options;
    const id = this.#nextId;
    this.#nextId += 1;
    const options = {
      size,
      renew: random.isOneIn(2),
      ...(leaseMs !== undefined && { leaseMs }),
      ...(waitMs !== undefined && { waitTimeoutMs: waitMs }),
    };
    this.#vouchForAll();
    this.#report({ kind: 'asked', id, name, size });
    let lock: Lock | null;
    try {
      lock = await (waitMs === undefined
        ? this.#client.tryLock(name, options)
        : this.#client.lock(name, options));
    } catch (error) {
      this.#report({ kind: 'failed', id, code: codeOf(error) });
      this.#judge(error);
      return undefined;
    }
    if (lock === null) {
      this.#report({ kind: 'busy', id, by: this.#address });
      return undefined;
    }
    this.#granted(id, lock);
    return lock;
  }

  #granted(id: number, lock: Lock): void {
    const { key, fencingToken: token, signal } = lock;
    const until = this.#vouch(lock);
    this.#held.set(lock, until);
    this.#report({ kind: 'granted', id, key, token, until: toNumber(until), by: this.#address });
    const lose = () => {
      if (this.#held.delete(lock)) {
        const { reason } = signal as { readonly reason: unknown };
        this.#report({
          kind: 'lost',
          key,
          reason: reason instanceof LockLostError ? reason.reason : String(reason),
        });
      }
    };
    signal.addEventListener('abort', lose);
    if (signal.aborted) {
      lose();
    }
  }

  async #renew(lock: Lock, leaseMs: number): Promise<void> {
    const { key } = lock;
    this.#vouchForAll();
    const askedAt = sharedNow();
    this.#report({ kind: 'renewing', key, leaseMs });
    try {
      await lock.renew(leaseMs);
      this.#report({ kind: 'renewed', key, askedAt, by: this.#address });
    } catch (error) {
      this.#judge(error);
    }
    this.#vouchForAll();
  }

  async #release(lock: Lock | undefined): Promise<void> {
    if (lock === undefined || !this.#held.delete(lock)) {
      return;
    }
    const { key } = lock;
    const askedAt = sharedNow();
    this.#report({ kind: 'releasing', key });
    try {
      await lock.release();
      this.#report({ kind: 'released', key, askedAt, by: this.#address });
    } catch (error) {
      this.#judge(error);
    }
  }

  #vouchForAll(): void {
    for (const [lock, before] of this.#held) {
      const until = this.#vouch(lock);
      if (until > before + VOUCH_MS_MIN) {
        this.#held.set(lock, until);
        this.#report({ kind: 'vouched', key: lock.key, until: toNumber(until) });
      }
    }
  }

  /** The clock is read first: a stop between the two makes it sooner than it is, never later. */
  #vouch(lock: Lock): number {
    const now = sharedNow();
    const { heldForMs } = lock;
    return heldForMs > 0 ? now + heldForMs : 0;
  }

  #report(line: Unstamped<ReportedLine>): void {
    this.#options.report({ ...line, at: sharedNow() } as ReportedLine);
  }

  /** Programs see errors of the client's own, and none that says that the two sides did not understand each other. */
  #judge(error: unknown): void {
    if (!(error instanceof LdlmError) || error.code === 'protocol') {
      this.#report({ kind: 'wrong', what: String(error) });
    }
  }
}

function toNumber(until: number): number | null {
  return until === Number.POSITIVE_INFINITY ? null : until;
}

function codeOf(error: unknown): string {
  return error instanceof LdlmError ? error.code : String(error);
}
