/**
 * Why: how the simulation's disk behaves, decided from its seed. What it can do is listed in
 * spec/support/crashing-file-system.ts; here is how often it does.
 */
import type { DiskOperation, Verdict } from '../support/crashing-file-system.js';
import type { SeededRandom } from '../support/seeded-random.js';
import type { SimulatedProcess, SimulatedTime } from './simulated-time.js';

export interface DiskTrouble {
  readonly isSlow: boolean;
  /** One in how many operations fails with EIO, ENOSPC or the like; 0 for none. */
  readonly failsOneIn: number;
  /** One in how many reads and writes takes fewer bytes than it was given; 0 for none. */
  readonly shortOneIn: number;
}

const ERRORS = ['EIO', 'ENOSPC', 'EDQUOT'] as const;

export class TroubledDisk {
  /** Set when the process is there; nothing is decided before. */
  process: SimulatedProcess | undefined;
  trouble: DiskTrouble = { isSlow: false, failsOneIn: 0, shortOneIn: 0 };
  readonly #time: SimulatedTime;
  readonly #chance: SeededRandom;
  readonly #note: (line: string) => void;

  constructor(time: SimulatedTime, chance: SeededRandom, note: (line: string) => void) {
    this.#time = time;
    this.#chance = chance;
    this.#note = note;
  }

  readonly decide = (operation: DiskOperation): Promise<Verdict> => {
    const chance = this.#chance;
    const delayMs =
      this.trouble.isSlow && chance.isOneIn(10)
        ? chance.between(10, 1_500)
        : chance.between(0.02, 0.5);
    const verdict = this.#verdictOn(operation);
    const { kind, path, byteCount = '' } = operation;
    this.#note(`disk ${kind} ${path} ${byteCount} ${JSON.stringify(verdict) ?? ''}`);
    return new Promise((resolve) => {
      this.#time.schedule(delayMs, () => resolve(verdict), this.process);
    });
  };

  #verdictOn({ kind, byteCount = 0 }: DiskOperation): Verdict {
    const chance = this.#chance;
    const { failsOneIn, shortOneIn } = this.trouble;
    if (failsOneIn > 0 && chance.isOneIn(failsOneIn)) {
      return { failWith: chance.pick(ERRORS), afterBytes: chance.below(byteCount + 1) };
    }
    const isTransfer = kind === 'write' || kind === 'read';
    if (shortOneIn > 0 && isTransfer && chance.isOneIn(shortOneIn)) {
      return { takeOnly: 1 + chance.below(Math.max(1, byteCount - 1)) };
    }
    return undefined;
  }
}
