/** Why: what a lock costs that outlives machines: by the stream on an etcd of one member, beside etcd3's own Lock on the same etcd. */
import type { BenchLine, Row } from './bench-line.js';
import { Contest } from './contenders.js';
import { besideYardstick } from './peers.js';

const TASK_COUNTS = [16, 128] as const;
const RATIO_MIN = 10;

export const etcd: BenchLine = async ({ isQuick, folder }) => {
  const contest = await Contest.open(folder, ['etcd3', 'stream, etcd']);
  try {
    const rows: Row[] = [];
    for (const taskCount of TASK_COUNTS) {
      const rounds = await contest.rounds(isQuick ? 3 : 11, {
        taskCount,
        pairCountMax: 20_000,
        forMs: isQuick ? 500 : 1_000,
      });
      const pairing = { taskCount, ours: 'stream, etcd', yardstick: 'etcd3' } as const;
      rows.push(besideYardstick(rounds, { ...pairing, ratioMin: RATIO_MIN }));
    }
    return rows;
  } finally {
    await contest.close();
  }
};
