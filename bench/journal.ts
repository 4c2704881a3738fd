/** Why: what it costs that answers are kept first: LockService with a journal beside LockService without, and the bare disk. */
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { JournalStateStore } from 'ldlm/adapters/outbound/journal/journal-state-store';
import { MemoryStateStore } from 'ldlm/adapters/outbound/memory/memory-state-store';
import type { Aim, BenchLine, Row } from './bench-line.js';
import { figure } from './bench-table.js';
import { startService } from './service-start.js';
import { compare } from './side-by-side.js';
import { silentLogger } from './silent-logger.js';
import { typicalNames } from './typical-names.js';

const TASK_COUNTS = [16, 128];
/** Half of what a server without a state file is to reach. */
const PAIRS_PER_SECOND_MIN = 40_000;
/** About what a lock and an unlock take in the journal. */
const PAIR_BYTES = 390;

type Service = Awaited<ReturnType<typeof startService>>;

export const journal: BenchLine = async ({ isQuick, folder }) => {
  const file = join(folder, 'against-memory.state');
  const kept = await startService(new JournalStateStore({ file, logger: silentLogger }));
  const unkept = await startService(new MemoryStateStore());
  const disk = await open(join(folder, 'bare.disk'), 'w');
  const rows: Row[] = [];
  for (const taskCount of TASK_COUNTS) {
    const pairs = await taskedPairs(
      { kept, unkept, disk },
      { taskCount, roundCount: isQuick ? 3 : 5, forMs: isQuick ? 300 : 500 },
    );
    rows.push(...rowsOf(taskCount, pairs));
  }
  await Promise.all([kept.close(), unkept.close(), disk.close()]);
  return rows;
};

/** Pairs per second, round by round. */
type Pairs = Readonly<Record<'kept' | 'unkept' | 'disk', readonly number[]>>;

async function taskedPairs(
  places: { readonly kept: Service; readonly unkept: Service; readonly disk: FileHandle },
  extent: { readonly taskCount: number; readonly roundCount: number; readonly forMs: number },
): Promise<Pairs> {
  const { taskCount, roundCount, forMs } = extent;
  const pairs = { kept: [] as number[], unkept: [] as number[], disk: [] as number[] };
  for (let round = 0; round < roundCount; round += 1) {
    pairs.kept.push(await pairsPerSecond(places.kept, taskCount, forMs));
    pairs.unkept.push(await pairsPerSecond(places.unkept, taskCount, forMs));
    pairs.disk.push(await pairsPerSecondOfDisk(places.disk, taskCount, forMs));
  }
  return pairs;
}

function rowsOf(taskCount: number, pairs: Pairs): readonly Row[] {
  const besideMemory = compare(pairs.kept, pairs.unkept);
  const besideDisk = compare(pairs.kept, pairs.disk);
  const { median } = besideMemory.measured;
  const diskMedian = besideDisk.yardstick.median;
  const row = {
    what: `lock + unlock, ${taskCount} in flight`,
    measured: `${figure(median)} pairs/s`,
  };
  const aim: Aim = {
    text: `${figure(PAIRS_PER_SECOND_MIN)} or more`,
    isMet: median >= PAIRS_PER_SECOND_MIN,
    limit: `the disk alone would allow ${figure(diskMedian)} pairs/s in groups of this size.`,
  };
  return [
    {
      ...row,
      yardstick: `memory: ${figure(besideMemory.yardstick.median)} pairs/s`,
      ratio: besideMemory.ratio,
      ...(taskCount === 128 ? { aim } : {}),
    },
    {
      ...row,
      yardstick: `disk: ${figure(diskMedian)} pairs/s`,
      ratio: besideDisk.ratio,
    },
  ];
}

const names = typicalNames(128);

async function pairsPerSecond(service: Service, taskCount: number, forMs: number): Promise<number> {
  const opened = service.openSession({ kind: 'connection', peer: '127.0.0.1:50000' });
  const sessionId = opened.kind === 'opened' ? opened.sessionId : '';
  const startedAt = performance.now();
  let pairCount = 0;
  await Promise.all(
    Array.from({ length: taskCount }, async (_, task) => {
      const name = names[task] as string;
      const request = { sessionId, name, size: 1, waitMs: 0, leaseMs: 600_000 };
      while (performance.now() - startedAt < forMs) {
        const acquisition = service.acquire(request);
        await acquisition.answer;
        await service.release({ name, key: acquisition.key });
        pairCount += 1;
      }
    }),
  );
  return (pairCount * 1000) / (performance.now() - startedAt);
}

/** As many bytes as the tasks would have in one group, written and synced with nothing done between. */
async function pairsPerSecondOfDisk(
  disk: FileHandle,
  taskCount: number,
  forMs: number,
): Promise<number> {
  const group = Buffer.alloc((taskCount * PAIR_BYTES) / 2, 'x');
  const startedAt = performance.now();
  let groupCount = 0;
  while (performance.now() - startedAt < forMs) {
    await disk.write(group);
    await disk.datasync();
    groupCount += 1;
  }
  return (groupCount * taskCount * 500) / (performance.now() - startedAt);
}
