/**
 * Why: very many leases come and go before anything is due for them, so that a timer for each would cost more than the
 * locks. Leases of one length fall due in the order in which they began: a list and a timer for each length will do.
 */
import type { HeldLock } from './held-lock.js';
import type { Timer, Timing } from './timing.js';

/** So many lengths keep their timers while no lease has them, for the next that will. */
const IDLE_GROUPS_MAX = 32;

interface Group {
  readonly delayMs: number;
  /** In the order in which they fall due. */
  readonly locks: Map<HeldLock, number>;
  /** When the last of them does. */
  lastDueAt: number;
  timer: Timer | undefined;
  /** When the timer rings, if there is one. */
  timerAt: number;
}

export class LeaseWatch {
  readonly #timing: Timing;
  readonly #onDue: (lock: HeldLock) => void;
  readonly #groups = new Map<number, Group>();
  readonly #groupOf = new Map<HeldLock, Group>();
  /** Leases that were heard of late and fall due before others of their length have timers of their own. */
  readonly #stragglers = new Map<HeldLock, Timer>();

  constructor(timing: Timing, onDue: (lock: HeldLock) => void) {
    this.#timing = timing;
    this.#onDue = onDue;
  }

  /** Rings for the lock `delayMs` after `beganAt`. */
  set(lock: HeldLock, beganAt: number, delayMs: number): void {
    this.forget(lock);
    const dueAt = beganAt + delayMs;
    let group = this.#groups.get(delayMs);
    if (group === undefined) {
      group = { delayMs, locks: new Map(), lastDueAt: dueAt, timer: undefined, timerAt: 0 };
      this.#groups.set(delayMs, group);
    }
    if (group.locks.size > 0 && dueAt < group.lastDueAt) {
      this.#setAlone(lock, dueAt);
      return;
    }
    group.lastDueAt = dueAt;
    group.locks.set(lock, dueAt);
    this.#groupOf.set(lock, group);
    // A timer that is set already rings no later than this, unless it was for others that are gone by now.
    if (group.timer === undefined || dueAt < group.timerAt) {
      this.#arm(delayMs, group, dueAt);
    }
  }

  forget(lock: HeldLock): void {
    const group = this.#groupOf.get(lock);
    if (group !== undefined) {
      group.locks.delete(lock);
      this.#groupOf.delete(lock);
      if (group.locks.size === 0 && this.#groups.size > IDLE_GROUPS_MAX) {
        group.timer?.cancel();
        this.#groups.delete(group.delayMs);
      }
    } else if (this.#stragglers.size > 0) {
      this.#stragglers.get(lock)?.cancel();
      this.#stragglers.delete(lock);
    }
  }

  close(): void {
    for (const { timer } of this.#groups.values()) {
      timer?.cancel();
    }
    for (const timer of this.#stragglers.values()) {
      timer.cancel();
    }
    this.#groups.clear();
    this.#groupOf.clear();
    this.#stragglers.clear();
  }

  #setAlone(lock: HeldLock, dueAt: number): void {
    const ring = () => {
      this.#stragglers.delete(lock);
      if (dueAt > this.#timing.now()) {
        this.#setAlone(lock, dueAt);
      } else {
        this.#onDue(lock);
      }
    };
    const timer = this.#timing.setTimer(Math.max(0, dueAt - this.#timing.now()), ring);
    this.#stragglers.set(lock, timer);
  }

  #arm(delayMs: number, group: Group, dueAt: number): void {
    group.timer?.cancel();
    group.timerAt = dueAt;
    group.timer = this.#timing.setTimer(Math.max(0, dueAt - this.#timing.now()), () => {
      group.timer = undefined;
      this.#ring(delayMs, group);
    });
  }

  #ring(delayMs: number, group: Group): void {
    for (const [lock, dueAt] of group.locks) {
      if (dueAt > this.#timing.now()) {
        this.#arm(delayMs, group, dueAt);
        return;
      }
      this.forget(lock);
      this.#onDue(lock);
    }
    if (
      group.timer === undefined &&
      group.locks.size === 0 &&
      this.#groups.get(delayMs) === group
    ) {
      this.#groups.delete(delayMs);
    }
  }
}
