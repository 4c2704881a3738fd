/** Why: compaction and the collection of idle locks must never be what makes everyone wait; both go on all the while here. */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Aim, BenchLine } from './bench-line.js';
import { figure } from './bench-table.js';
import { ChildProgram } from './child-program.js';
import { journalOfHeldLeases } from './held-leases.js';
import type { LockServerStart, LoopDelay } from './lock-server-process.js';
import { PairLoad } from './pair-load.js';
import { compare } from './side-by-side.js';
import { typicalName } from './typical-names.js';

const TASK_COUNT = 128;
const P99_MS_MAX = 20;

/** A compaction begins as soon as the one before is over, and a sweep four times in a second. */
const BUSY = { compactionMinBytes: 1, idleCollectionIntervalMs: 250 };
const HOUR_MS = 3_600_000;
const CALM = { compactionMinBytes: Number.MAX_SAFE_INTEGER, idleCollectionIntervalMs: HOUR_MS };

export const loopDelay: BenchLine = async ({ isQuick, folder }) => {
  const heldCount = isQuick ? 100_000 : 1_000_000;
  const pairCount = isQuick ? 2_000 : 8_000;
  const journal = await journalOfHeldLeases(folder, heldCount);
  const [busy, calm] = await Promise.all([
    LoadedServer.start(journal, join(folder, 'busy.state'), BUSY),
    LoadedServer.start(journal, join(folder, 'calm.state'), CALM),
  ]);
  const delays: { busy: LoopDelay; calm: LoopDelay }[] = [];
  for (let round = 0; round < 3; round += 1) {
    delays.push({
      busy: await busy.delayUnderLoad(pairCount),
      calm: await calm.delayUnderLoad(pairCount),
    });
  }
  await Promise.all([busy.stop(), calm.stop()]);
  return (['p99Ms', 'maxMs'] as const).map((figures) => {
    const { measured, yardstick, ratio } = compare(
      delays.map((round) => round.busy[figures]),
      delays.map((round) => round.calm[figures]),
    );
    const isP99 = figures === 'p99Ms';
    return {
      what: `${figure(heldCount)} held, compacting, ${isP99 ? 'p99' : 'longest'}`,
      measured: `${figure(measured.median)} ms`,
      yardstick: `without: ${figure(yardstick.median)} ms`,
      ratio,
      ...(isP99 ? { aim: aimFor(measured.median, yardstick.median) } : {}),
    };
  });
};

function aimFor(p99Ms: number, calmP99Ms: number): Aim {
  return {
    text: `under ${P99_MS_MAX} ms`,
    isMet: p99Ms < P99_MS_MAX,
    limit:
      `without compaction and sweeps it is ${figure(calmP99Ms)} ms: ` +
      `a turn of the loop answers up to ${TASK_COUNT} calls.`,
  };
}

/** A server that restored very many leases, and the tasks that keep it busy. */
class LoadedServer {
  readonly #server: ChildProgram;
  readonly #load: PairLoad;
  #nameNumber = 0;

  private constructor(server: ChildProgram, load: PairLoad) {
    this.#server = server;
    this.#load = load;
  }

  static async start(
    journal: string,
    file: string,
    {
      compactionMinBytes,
      idleCollectionIntervalMs,
    }: { readonly compactionMinBytes: number; readonly idleCollectionIntervalMs: number },
  ): Promise<LoadedServer> {
    await copyFile(journal, file);
    const start: LockServerStart = {
      journal: { file, compactionMinBytes },
      idleCollectionIntervalMs,
    };
    const server = ChildProgram.start('lock-server-process.ts', start);
    const loaded = new LoadedServer(server, new PairLoad(await server.ask('address'), TASK_COUNT));
    await loaded.#load.run(loaded.#freshNames(2_000));
    return loaded;
  }

  async delayUnderLoad(pairCount: number): Promise<LoopDelay> {
    await this.#server.ask('watchLoop');
    await this.#load.run(this.#freshNames(pairCount));
    return this.#server.ask<LoopDelay>('loopDelay');
  }

  async stop(): Promise<void> {
    this.#load.close();
    await this.#server.end();
  }

  /** Each name once, so that there is something idle to forget. */
  *#freshNames(count: number): Generator<string> {
    for (const end = this.#nameNumber + count; this.#nameNumber < end; ) {
      this.#nameNumber += 1;
      yield `fresh/${typicalName(this.#nameNumber)}`;
    }
  }
}
