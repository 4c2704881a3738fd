/** Why: each library has a process of its own, so that none pays for another's garbage and threads. */
import { answerParent } from './child-program.js';
import { cpuMicroseconds } from './cpu-microseconds.js';
import { type Pair, pairClients } from './pair-clients.js';
import { typicalNames } from './typical-names.js';

export interface PairClientStart {
  readonly library: keyof typeof pairClients;
  readonly address: string;
  readonly taskCount: number;
  /** A round is over when either is reached. */
  readonly pairCountMax: number;
  readonly forMs: number;
}

export interface PairRound {
  readonly pairsPerSecond: number;
  readonly pairCount: number;
  /** Of this process. */
  readonly cpuPerPair: number;
}

/** Until then the compilers still learn, here and at the server. */
const WARM_UP = { pairCountMax: 20_000, forMs: 3_000 };

answerParent((start: PairClientStart) => {
  const pair = pairClients[start.library](start.address);
  return { warmUp: () => round(pair, { ...start, ...WARM_UP }), round: () => round(pair, start) };
});

/** Each task locks and unlocks a name of its own, over and over. */
async function round(pair: Pair, extent: PairClientStart): Promise<PairRound> {
  const { taskCount, pairCountMax, forMs } = extent;
  const cpuBefore = cpuMicroseconds();
  const startedAt = performance.now();
  let pairCount = 0;
  await Promise.all(
    typicalNames(taskCount).map(async (name) => {
      while (pairCount < pairCountMax && performance.now() - startedAt < forMs) {
        pairCount += 1;
        await pair(name);
      }
    }),
  );
  return {
    pairsPerSecond: (pairCount * 1000) / (performance.now() - startedAt),
    pairCount,
    cpuPerPair: (cpuMicroseconds() - cpuBefore) / pairCount,
  };
}
