/** Why: what a client owes for a call (its message; the taking of its answer) costs memory until it comes. */

/** How often calls are looked through; one is overdue by no more than that before it is told of. */
const LOOKS_PER_TIMEOUT = 4;

/** Calls of which something is due, in the order in which it is. */
export class DueCalls<Call> {
  readonly #timeoutMs: number;
  readonly #tellOverdue: (call: Call) => void;
  readonly #since = new Map<Call, number>();
  #timer: NodeJS.Timeout | undefined;

  /** @param tellOverdue is called once for a call that was not settled within `timeoutMs`. */
  constructor(timeoutMs: number, tellOverdue: (call: Call) => void) {
    this.#timeoutMs = timeoutMs;
    this.#tellOverdue = tellOverdue;
  }

  expect(call: Call): void {
    this.#since.set(call, performance.now());
    this.#timer ??= this.#lookLater();
  }

  /** It has come, or is not waited for any more. */
  settle(call: Call): void {
    this.#since.delete(call);
  }

  #lookLater(): NodeJS.Timeout {
    return setTimeout(() => this.#look(), this.#timeoutMs / LOOKS_PER_TIMEOUT).unref();
  }

  #look(): void {
    const overdueSince = performance.now() - this.#timeoutMs;
    for (const [call, since] of this.#since) {
      if (since > overdueSince) {
        break;
      }
      this.#since.delete(call);
      this.#tellOverdue(call);
    }
    this.#timer = this.#since.size > 0 ? this.#lookLater() : undefined;
  }
}
