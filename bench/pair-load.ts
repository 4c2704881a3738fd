/** Why: tasks that lock and unlock, each its own name, over as many connections as programs would have. */
import { LockClient } from './lock-client.js';

/** More tasks than that share connections. */
const CONNECTIONS_MAX = 16;

export class PairLoad {
  readonly #clients: readonly LockClient[];
  readonly #taskCount: number;

  constructor(address: string, taskCount: number) {
    this.#taskCount = taskCount;
    this.#clients = Array.from(
      { length: Math.min(taskCount, CONNECTIONS_MAX) },
      () => new LockClient(address),
    );
  }

  /** Locks and unlocks each of the names, as many at once as there are tasks. @returns pairs per second. */
  async run(names: Iterable<string>): Promise<number> {
    const startedAt = performance.now();
    const unclaimed = names[Symbol.iterator]();
    const counts = await Promise.all(
      Array.from({ length: this.#taskCount }, async (_, task) => {
        const client = this.#clients[task % this.#clients.length] as LockClient;
        let pairCount = 0;
        for (let next = unclaimed.next(); next.done !== true; next = unclaimed.next()) {
          await client.unlock(await client.lock(next.value));
          pairCount += 1;
        }
        return pairCount;
      }),
    );
    const pairCount = counts.reduce((sum, count) => sum + count, 0);
    return (pairCount * 1000) / (performance.now() - startedAt);
  }

  close(): void {
    for (const client of this.#clients) {
      client.close();
    }
  }
}
