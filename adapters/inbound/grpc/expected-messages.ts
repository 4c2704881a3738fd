/** Why: a call that has begun and whose message never comes costs memory for as long as its client likes. */

/** How often calls are looked through; one is overdue by no more than that before it is told so. */
const LOOKS_PER_TIMEOUT = 4;

/** Calls in the order in which their messages are due, which is that in which they began. */
export class ExpectedMessages<Call> {
  readonly #timeoutMs: number;
  readonly #tellOverdue: (call: Call) => void;
  readonly #begunAt = new Map<Call, number>();
  #timer: NodeJS.Timeout | undefined;

  /** @param tellOverdue is called once for a call whose message did not come within `timeoutMs`. */
  constructor(timeoutMs: number, tellOverdue: (call: Call) => void) {
    this.#timeoutMs = timeoutMs;
    this.#tellOverdue = tellOverdue;
  }

  get count(): number {
    return this.#begunAt.size;
  }

  expect(call: Call): void {
    this.#begunAt.set(call, performance.now());
    this.#timer ??= this.#lookLater();
  }

  /** Its message has come, or will not be waited for. @returns whether it was expected. */
  forget(call: Call): boolean {
    return this.#begunAt.delete(call);
  }

  #lookLater(): NodeJS.Timeout {
    return setTimeout(() => this.#look(), this.#timeoutMs / LOOKS_PER_TIMEOUT).unref();
  }

  #look(): void {
    const overdueSince = performance.now() - this.#timeoutMs;
    for (const [call, begunAt] of this.#begunAt) {
      if (begunAt > overdueSince) {
        break;
      }
      this.#begunAt.delete(call);
      this.#tellOverdue(call);
    }
    this.#timer = this.#begunAt.size > 0 ? this.#lookLater() : undefined;
  }
}
