/**
 * Why: all that happens in a simulation happens here, one thing after the other, at instants that chance from one
 * seed has chosen; nothing else moves.
 */

/** A machine's process: while it is paused, what falls due for it waits; when it is dead, it never comes. */
export class SimulatedProcess {
  readonly #time: SimulatedTime;
  #waiting: Event[] = [];
  isPaused = false;
  isDead = false;

  constructor(
    time: SimulatedTime,
    readonly name: string,
  ) {
    this.#time = time;
  }

  /** As SIGSTOP does. */
  pause(): void {
    this.isPaused = true;
  }

  /**
   * As SIGCONT does: what has fallen due comes at once, in its order; or timers after all else, as an event loop may
   * have it that stopped while it waited for the network.
   */
  resume(isTimersLast = false): void {
    this.isPaused = false;
    const waiting = this.#waiting.splice(0);
    const isLate = ({ isTimer }: Event) => isTimersLast && isTimer;
    for (const event of [
      ...waiting.filter((one) => !isLate(one)),
      ...waiting.filter((one) => isLate(one)),
    ]) {
      this.#time.addLast(event);
    }
  }

  /** As SIGKILL does. */
  kill(): void {
    this.isDead = true;
    this.#waiting = [];
  }

  /** @returns whether that is for later, or for never. */
  puts(event: Event): boolean {
    if (this.isDead) {
      return true;
    }
    if (this.isPaused) {
      this.#waiting.push(event);
    }
    return this.isPaused;
  }
}

interface Event {
  readonly at: number;
  /** Among those of one instant, the one that was scheduled first comes first. */
  readonly order: number;
  readonly process: SimulatedProcess | undefined;
  readonly isTimer: boolean;
  readonly act: () => void;
  readonly handle: { isCancelled: boolean };
}

export class SimulatedTime {
  /** Milliseconds, with fractions. */
  now = 0;
  eventCount = 0;
  readonly #heap: Event[] = [];
  #order = 0;

  /** @param process whose doing it is; the world's own unless given. */
  schedule(
    delayMs: number,
    act: () => void,
    process?: SimulatedProcess,
    isTimer = false,
  ): { cancel(): void } {
    const handle = { isCancelled: false };
    const at = this.now + Math.max(0, delayMs);
    this.#order += 1;
    this.#add({ at, order: this.#order, process, isTimer, act, handle });
    return {
      cancel: () => {
        handle.isCancelled = true;
      },
    };
  }

  /** It comes now, after all that is to come now. */
  addLast(event: Event): void {
    this.#order += 1;
    this.#add({ ...event, at: this.now, order: this.#order });
  }

  #add(event: Event): void {
    const heap = this.#heap;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      if (isBefore(heap[above] as Event, event)) {
        break;
      }
      heap[index] = heap[above] as Event;
      index = above;
    }
    heap[index] = event;
  }

  /** Lets everything happen that falls due within `ms`. */
  async pass(ms: number): Promise<void> {
    const until = this.now + ms;
    await settle();
    for (let first = this.#heap[0]; first !== undefined && first.at <= until; ) {
      this.#removeFirst();
      if (!first.handle.isCancelled && first.process?.puts(first) !== true) {
        this.now = Math.max(this.now, first.at);
        this.eventCount += 1;
        first.act();
        await settle();
      }
      first = this.#heap[0];
    }
    this.now = until;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop() as Event;
    if (heap.length === 0) {
      return;
    }
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= heap.length) {
        break;
      }
      if (below + 1 < heap.length && isBefore(heap[below + 1] as Event, heap[below] as Event)) {
        below += 1;
      }
      if (isBefore(last, heap[below] as Event)) {
        break;
      }
      heap[index] = heap[below] as Event;
      index = below;
    }
    heap[index] = last;
  }
}

function isBefore(one: Event, other: Event): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

/** Promise jobs, and a turn of the event loop for what batches by turns. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
