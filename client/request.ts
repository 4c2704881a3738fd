/** Why: what is asked of the server, from its asking to its answer, whatever streams and sessions come and go between. */
import type { HeldLock } from './held-lock.js';
import type { AcquireOrder } from './lock-engine.js';

/** What the server said of a request. */
export type Answer =
  | {
      readonly kind: 'granted';
      readonly key: string;
      readonly fencingToken: number;
      readonly waitedMs: number;
    }
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly code: number; readonly message: string };

interface Asked {
  /** 0 until it is sent for the first time in its session. */
  id: number;
  /** When it was first sent; undefined before. Times of leases are reckoned from then. */
  sentAt: number | undefined;
  readonly askedAt: number;
}

/** A lock to take. Its promise settles with the lock, or undefined; whoever asks sees to the answers between. */
export class AcquireRequest implements Asked {
  readonly kind = 'acquire';
  id = 0;
  sentAt: number | undefined;
  /** It is not wanted any more; its last word is a refusal. */
  isWithdrawn = false;
  readonly outcome: Promise<HeldLock | undefined>;
  resolve!: (lock: HeldLock | undefined) => void;
  fail!: (reason: unknown) => void;

  constructor(
    readonly order: AcquireOrder,
    readonly askedAt: number,
  ) {
    this.outcome = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.fail = reject;
    });
  }
}

/** What is asked of a lock that is held. */
export class LockRequest implements Asked {
  id = 0;
  sentAt: number | undefined;
  readonly answer: Promise<Answer>;
  settle!: (answer: Answer) => void;
  fail!: (reason: unknown) => void;

  constructor(
    readonly kind: 'release' | 'renew' | 'check',
    readonly lock: HeldLock,
    readonly askedAt: number,
    /** Of a renewal. */
    readonly leaseMs: number,
    /** Whether it goes on being tried however long no server is reached. */
    readonly isPatient: boolean,
  ) {
    this.answer = new Promise((resolve, reject) => {
      this.settle = resolve;
      this.fail = reject;
    });
  }
}

export type Request = AcquireRequest | LockRequest;
