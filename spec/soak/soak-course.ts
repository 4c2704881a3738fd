/**
 * Why: a server under load for as long as one likes, which is killed, stopped and started again in the first half, and left
 * alone in the second, where what leaks would show; clients are killed all along. What it has is looked at again and again,
 * and once more when all load is gone.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChildProgram } from '../../bench/child-program.js';
import type { StressOptions } from '../../client/stress/stress-options.js';
import { atProcessEnd } from '../support/at-process-end.js';
import type { LoadFigures } from './load-process.js';
import type { ServerFigures, ServerGlance, SoakedServerStart } from './soaked-server-process.js';

export interface SoakOptions {
  readonly seed: number;
  readonly recoveryWindowMs: number;
  /** How often it is looked at; 8 at the least. */
  readonly sampleCount: number;
  /** Resolves when the next look is due. Given what says how many locks were granted by now. */
  readonly untilNext: (grantCount: () => Promise<number>) => Promise<void>;
  /** How often the server is asked at most whether it is alone by now. */
  readonly looksMax: number;
  /** Resolves when it may be asked again. */
  readonly untilNextLook: () => Promise<void>;
  readonly tell: (sample: Sample) => void;
}

export interface Sample {
  readonly atMs: number;
  /** What was done to somebody since the one before. */
  readonly event: string;
  readonly grantCount: number;
  readonly figures: ServerFigures;
}

export interface SoakReport {
  /** Of a server that has just been started. */
  readonly before: ServerFigures;
  readonly samples: readonly Sample[];
  /** Where the second half begins. */
  readonly halfway: number;
  readonly after: ServerFigures;
  readonly lostCount: number;
  readonly violations: readonly string[];
}

/** Streams, single calls, and those that are killed. */
const KINDS = ['stream', 'unary', 'mortal'] as const;
type Kind = (typeof KINDS)[number];

const CLIENTS: Readonly<Record<Kind, number>> = { stream: 16, unary: 8, mortal: 8 };
/** Small, so that the state file is compacted again and again. */
export const COMPACTION_MIN_BYTES = 512 * 1024;
const LOCKS = 24;
const HOLD_MS_MAX = 60;
const WAIT_MS_MAX = 1_500;
const RENAMED_EVERY_MS = 5_000;
/** A client process is killed at every so many looks. */
const CLIENT_KILLED_EVERY = 4;

/** Running → over. */
export class SoakCourse {
  readonly #options: SoakOptions;
  readonly #folder = mkdtempSync(join(tmpdir(), 'ldlm-soak-'));
  /** Also when it is interrupted; its processes end with this one. */
  readonly #keepFolder = atProcessEnd(() => this.#removeFolder());
  readonly #loads = new Map<Kind, ChildProgram>();
  readonly #samples: Sample[] = [];
  readonly #violations: string[] = [];
  #server!: ChildProgram;
  #address = '127.0.0.1:0';
  #lostCount = 0;
  /** Of loads that are gone. */
  #grantCount = 0;
  /** A load that sees that ends by itself; what would come next proves nothing. */
  #isRuleBroken = false;
  #seed: number;

  constructor(options: SoakOptions) {
    this.#options = options;
    this.#seed = options.seed;
  }

  async run(): Promise<SoakReport> {
    try {
      await this.#startServer();
      const before = await this.#figures();
      for (const kind of KINDS) {
        this.#startLoad(kind);
      }
      await this.#takeSamples();
      for (const load of this.#loads.values()) {
        this.#count(await load.ask<LoadFigures>('stop'));
      }
      return {
        before,
        samples: this.#samples,
        halfway: Math.floor(this.#options.sampleCount / 2),
        after: await this.#untilLike(before),
        lostCount: this.#lostCount,
        violations: this.#violations,
      };
    } finally {
      await Promise.all([...this.#loads.values()].map((load) => load.kill()));
      await this.#server?.kill();
      this.#keepFolder();
      this.#removeFolder();
    }
  }

  #removeFolder(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #takeSamples(): Promise<void> {
    const { sampleCount, untilNext, tell } = this.#options;
    const startedAt = performance.now();
    for (let index = 0; index < sampleCount; index += 1) {
      const event = await this.#disturb(index);
      await untilNext(() => this.#granted());
      const sample = {
        atMs: performance.now() - startedAt,
        event,
        grantCount: await this.#granted(),
        figures: await this.#figures(),
      };
      this.#samples.push(sample);
      tell(sample);
      if (this.#isRuleBroken) {
        return;
      }
    }
  }

  /** @returns what it did. */
  async #disturb(index: number): Promise<string> {
    const eighth = Math.floor(this.#options.sampleCount / 8);
    if (index === eighth || index === 3 * eighth) {
      await this.#server.kill();
      await this.#startServer();
      return 'server killed';
    }
    if (index === 2 * eighth) {
      await this.#server.ask('stop');
      await this.#server.end();
      await this.#startServer();
      return 'server stopped';
    }
    if (index % CLIENT_KILLED_EVERY === CLIENT_KILLED_EVERY - 1) {
      const mortal = this.#loads.get('mortal');
      this.#count((await mortal?.ask<LoadFigures>('figures')) ?? NOTHING);
      await mortal?.kill();
      this.#startLoad('mortal');
      return 'clients killed';
    }
    return '';
  }

  async #startServer(): Promise<void> {
    const start: SoakedServerStart = {
      stateFile: join(this.#folder, 'state'),
      compactionMinBytes: COMPACTION_MIN_BYTES,
      port: Number(this.#address.split(':')[1]),
      recoveryWindowMs: this.#options.recoveryWindowMs,
    };
    this.#server = ChildProgram.start('../spec/soak/soaked-server-process.ts', start);
    this.#address = await this.#server.ask<string>('address');
  }

  #startLoad(kind: Kind): void {
    // Every client of a process has a seed of its own, counted from this one.
    this.#seed += 100;
    const options: StressOptions = {
      client: { addresses: [this.#address], name: kind, unary: kind === 'unary' },
      clientCount: CLIENTS[kind],
      lockCount: LOCKS,
      holdMsMax: HOLD_MS_MAX,
      waitMsMax: WAIT_MS_MAX,
      sizeMax: 3,
      disconnectsPerMille: 10,
      renamedEveryMs: RENAMED_EVERY_MS,
      forMs: undefined,
      seed: this.#seed,
    };
    this.#loads.set(kind, ChildProgram.start('../spec/soak/load-process.ts', options));
  }

  #figures(): Promise<ServerFigures> {
    return this.#server.ask<ServerFigures>('figures');
  }

  /** Locks granted so far, to those who are gone too. */
  async #granted(): Promise<number> {
    let count = this.#grantCount;
    for (const load of this.#loads.values()) {
      const { grantCount, violations } = await load.ask<LoadFigures>('figures');
      count += grantCount;
      this.#isRuleBroken ||= violations.length > 0;
    }
    return count;
  }

  #count({ grantCount, lostCount, violations }: LoadFigures): void {
    this.#grantCount += grantCount;
    this.#lostCount += lostCount;
    this.#violations.push(...violations);
  }

  /** Sessions live on for a while after their clients, and names after their locks. */
  async #untilLike(before: ServerFigures): Promise<ServerFigures> {
    const { looksMax, untilNextLook } = this.#options;
    for (let left = looksMax; left > 0; left -= 1) {
      if (isLike(before, await this.#server.ask<ServerGlance>('glance'))) {
        const figures = await this.#figures();
        if (isLike(before, figures)) {
          return figures;
        }
      }
      await untilNextLook();
    }
    return await this.#figures();
  }
}

const NOTHING: LoadFigures = { grantCount: 0, lostCount: 0, violations: [] };

function isLike(before: ServerFigures, now: Pick<ServerFigures, (typeof BASE)[number]>): boolean {
  return BASE.every((figure) => now[figure] <= before[figure]);
}

/** What is as it was when nobody has been there. */
export const BASE = [
  'leaseCount',
  'waiterCount',
  'sessionCount',
  'lockCount',
  'socketCount',
  'fileDescriptorCount',
  'timerCount',
  'handleCount',
] as const;
