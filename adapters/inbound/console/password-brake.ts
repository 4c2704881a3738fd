/**
 * Why: guessing the password must be slow, and must not keep out who knows it. A wrong guess is answered late, and until
 * then takes up one of the few places that its address has.
 */
import type { ConsoleTiming } from './console-timing.js';

const WRONG_ANSWER_MS = 1_000;
const PLACES_PER_ADDRESS = 4;
const PLACES = 64;

export class PasswordBrake {
  readonly #timing: ConsoleTiming;
  /** Guesses that are not answered yet, by the address that they came from. */
  readonly #waiting = new Map<string, number>();
  #waitingCount = 0;

  constructor(timing: ConsoleTiming) {
    this.#timing = timing;
  }

  /** Whether one more guess may be looked at: so four a second from an address, 64 in all. */
  hasPlace(address: string): boolean {
    return this.#waitingCount < PLACES && (this.#waiting.get(address) ?? 0) < PLACES_PER_ADDRESS;
  }

  /** Resolves when a wrong guess may be answered. */
  async wrong(address: string): Promise<void> {
    this.#waitingCount += 1;
    this.#waiting.set(address, (this.#waiting.get(address) ?? 0) + 1);
    await new Promise<void>((resolve) => {
      this.#timing.setAlarm(this.#timing.now() + WRONG_ANSWER_MS, resolve);
    });
    this.#waitingCount -= 1;
    const left = (this.#waiting.get(address) ?? 0) - 1;
    if (left > 0) {
      this.#waiting.set(address, left);
    } else {
      this.#waiting.delete(address);
    }
  }
}
