/** Throws inputs at one target, from one seed, and tells what was found and what is kept after it. */
import { keptBytes, openSocketCount } from '../support/process-holdings.js';
import { SeededRandom } from '../support/seeded-random.js';
import type { Subject, Target, Tried } from './target.js';

export interface FuzzRunOptions {
  readonly target: Target;
  /** That of the first attempt; each next one has the next. */
  readonly seed: number;
  readonly inputCount: number;
  /** What went wrong beside the attempt since the last time it was asked for, such as rejections. */
  readonly strays?: () => readonly string[];
  readonly onProgress?: (doneCount: number) => void;
  /** How long connections may take to be gone; 20 s unless given. */
  readonly settleMsMax?: number;
}

export interface Finding {
  /** Of the attempt that it was seen at. */
  readonly seed: number;
  readonly fault: string;
}

export interface Holdings {
  /** undefined where nobody can make the engine collect. */
  readonly keptBytes: number | undefined;
  readonly socketCount: number;
}

export interface FuzzReport {
  readonly inputCount: number;
  readonly takenCount: number;
  readonly seconds: number;
  readonly findingCount: number;
  /** The first few. */
  readonly findings: readonly Finding[];
  readonly before: Holdings;
  readonly after: Holdings;
}

/** As much may be kept as an attack of `npm run hostile` may leave behind. */
export const KEPT_BYTES_MAX = 8 * 1_048_576;

const SHARES = 20;
const FINDINGS_SHOWN_MAX = 5;
const SETTLE_MS_MAX = 20_000;

export async function fuzz(options: FuzzRunOptions): Promise<FuzzReport> {
  const subject = await options.target.open();
  try {
    return await new FuzzRun(options, subject).run();
  } finally {
    await subject.close();
  }
}

class FuzzRun {
  readonly #options: FuzzRunOptions;
  readonly #subject: Subject;
  readonly #findings: Finding[] = [];
  #findingCount = 0;
  #inputCount = 0;
  #takenCount = 0;
  #seed: number;

  constructor(options: FuzzRunOptions, subject: Subject) {
    this.#options = options;
    this.#subject = subject;
    this.#seed = options.seed;
  }

  /** Memory is looked at when a first share has made code and caches warm. */
  async run(): Promise<FuzzReport> {
    const { inputCount, onProgress = () => undefined } = this.#options;
    const startedAt = performance.now();
    await this.#check();
    const socketCount = openSocketCount();
    let before: Holdings | undefined;
    for (let share = 1; share <= SHARES; share += 1) {
      await this.#throwUntil(Math.ceil((inputCount * share) / SHARES));
      await this.#check();
      before ??= await this.#settled(socketCount);
      onProgress(this.#inputCount);
    }
    const seconds = (performance.now() - startedAt) / 1_000;
    const after = await this.#settled(socketCount);
    await this.#check();
    this.#judgeHoldings({ before: before as Holdings, after }, socketCount);
    return {
      inputCount: this.#inputCount,
      takenCount: this.#takenCount,
      seconds,
      findingCount: this.#findingCount,
      findings: this.#findings,
      before: before as Holdings,
      after,
    };
  }

  async #throwUntil(inputCount: number): Promise<void> {
    while (this.#inputCount < inputCount) {
      const tried = await this.#attempt();
      this.#inputCount += tried.inputCount;
      this.#takenCount += tried.takenCount;
      this.#note(tried.fault);
      this.#noteStrays();
      this.#seed += 1;
    }
  }

  async #attempt(): Promise<Tried> {
    try {
      return await this.#subject.attempt(new SeededRandom(this.#seed));
    } catch (error) {
      return { inputCount: 1, takenCount: 0, fault: inWords(error) };
    }
  }

  async #check(): Promise<void> {
    try {
      this.#note(await this.#subject.check?.());
    } catch (error) {
      this.#note(`an honest client is not served: ${inWords(error)}`);
    }
    this.#noteStrays();
  }

  #noteStrays(): void {
    for (const stray of this.#options.strays?.() ?? []) {
      this.#note(stray);
    }
  }

  #note(fault: string | undefined): void {
    if (fault !== undefined) {
      this.#findingCount += 1;
      if (this.#findings.length < FINDINGS_SHOWN_MAX) {
        this.#findings.push({ seed: this.#seed, fault });
      }
    }
  }

  /** Waits, by the turns of the loop, until connections are gone, within a bound. */
  async #settled(socketsMax: number): Promise<Holdings> {
    const givesUpAt = performance.now() + (this.#options.settleMsMax ?? SETTLE_MS_MAX);
    while (openSocketCount() > socketsMax && performance.now() < givesUpAt) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    return { keptBytes: await keptBytes(), socketCount: openSocketCount() };
  }

  #judgeHoldings(
    { before, after }: { readonly before: Holdings; readonly after: Holdings },
    socketsMax: number,
  ): void {
    const left = after.socketCount - socketsMax;
    if (left > 0) {
      this.#note(`${left} sockets are still open`);
    }
    const kept = (after.keptBytes ?? 0) - (before.keptBytes ?? 0);
    if (kept > KEPT_BYTES_MAX) {
      this.#note(`${(kept / 1_048_576).toFixed(1)} MiB are kept`);
    }
  }
}

function inWords(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
