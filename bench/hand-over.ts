/** Why: how soon the next waiter hears that a lock is free, beside one round trip of an echo; and what the rules take of that. */
import type { BenchLine, Row } from './bench-line.js';
import { figure } from './bench-table.js';
import { ChildProgram } from './child-program.js';
import { LockClient } from './lock-client.js';
import { type Course, nanosecondsPerCommand, newManager } from './manager-course.js';
import { percentile } from './sample.js';
import { compare, sideBySide } from './side-by-side.js';
import { typicalName } from './typical-names.js';

const WAITER_COUNT = 1_000;
const CONNECTION_COUNT = 16;
/** Of one kind at a stretch, before it is the other's turn. */
const STRETCH = 100;
const P99_MS_MAX = 2;
const GROWTH_MAX = 2;
const CROWDS = [1_000, 100_000];

export const handOver: BenchLine = async ({ isQuick }) => [
  ...(await overTheWire(isQuick ? 500 : 2_000)),
  ...(await inTheDomain(isQuick ? 3 : 9)),
];

async function overTheWire(handOverCount: number): Promise<readonly Row[]> {
  const server = ChildProgram.start('lock-server-process.ts', {});
  const echo = ChildProgram.start('echo-server-process.ts', {});
  const echoClient = new LockClient(await echo.ask('address'));
  const crowd = await Crowd.gather(await server.ask('address'), WAITER_COUNT + handOverCount);
  const handOvers: number[] = [];
  const echos: number[] = [];
  while (handOvers.length < handOverCount) {
    for (let count = 0; count < STRETCH; count += 1) {
      handOvers.push(await crowd.handOver());
    }
    for (let count = 0; count < STRETCH; count += 1) {
      const startedAt = performance.now();
      await echoClient.lock(typicalName(count));
      echos.push(performance.now() - startedAt);
    }
  }
  crowd.disperse();
  echoClient.close();
  await Promise.all([server.end(), echo.end()]);
  return [50, 99].map((percent) => latencyRow(percent, handOvers, echos));
}

function latencyRow(percent: number, handOvers: readonly number[], echos: readonly number[]): Row {
  const [ours, theirs] = [handOvers, echos].map((latencies) =>
    stretchesOf(latencies).map((stretch) => percentile(stretch, percent)),
  ) as [number[], number[]];
  const all = [handOvers, echos].map((latencies) => percentile(sorted(latencies), percent));
  const [measured = 0, yardstick = 0] = all;
  return {
    what: `unlock to answer, ${figure(WAITER_COUNT)} wait, p${percent}`,
    measured: `${figure(measured)} ms`,
    yardstick: `echo: ${figure(yardstick)} ms`,
    ratio: { ...compare(ours, theirs).ratio, median: measured / yardstick },
    ...(percent === 99
      ? {
          aim: {
            text: `under ${P99_MS_MAX} ms`,
            isMet: measured < P99_MS_MAX,
            limit: `one round trip of the echo alone took ${figure(yardstick)} ms.`,
          },
        }
      : {}),
  };
}

function stretchesOf(latencies: readonly number[]): readonly (readonly number[])[] {
  return Array.from({ length: latencies.length / STRETCH }, (_, stretch) =>
    sorted(latencies.slice(stretch * STRETCH, (stretch + 1) * STRETCH)),
  );
}

function sorted(values: readonly number[]): readonly number[] {
  return [...values].sort((one, other) => one - other);
}

interface Holder {
  readonly locked: Awaited<ReturnType<LockClient['lock']>>;
  readonly client: LockClient;
}

/** A lock's holder, and all who wait for it, in the order in which they came. */
class Crowd {
  readonly #clients: readonly LockClient[];
  /** Whoever is granted the lock puts it here. */
  #granted: (holder: Holder) => void = () => undefined;
  #holder: Holder;

  private constructor(clients: readonly LockClient[], holder: Holder) {
    this.#clients = clients;
    this.#holder = holder;
  }

  static async gather(address: string, count: number): Promise<Crowd> {
    const clients = Array.from({ length: CONNECTION_COUNT }, () => new LockClient(address));
    const name = typicalName(0);
    const first = clients[0] as LockClient;
    const crowd = new Crowd(clients, { locked: await first.lock(name), client: first });
    for (let index = 0; index < count; index += 1) {
      const client = clients[index % CONNECTION_COUNT] as LockClient;
      client.lock(name).then(
        (locked) => crowd.#granted({ locked, client }),
        // Those who wait still when the crowd disperses.
        () => undefined,
      );
    }
    // Calls of a connection arrive in order: when these are answered, all who wait are in the queue.
    await Promise.all(
      clients.map(async (client, index) => client.unlock(await client.lock(`${name}/${index}`))),
    );
    return crowd;
  }

  /** @returns milliseconds from the call that unlocks to the next one's answer. */
  async handOver(): Promise<number> {
    const { locked, client } = this.#holder;
    const next = new Promise<Holder>((resolve) => {
      this.#granted = resolve;
    });
    const startedAt = performance.now();
    const unlocked = client.unlock(locked);
    this.#holder = await next;
    const latencyMs = performance.now() - startedAt;
    await unlocked;
    return latencyMs;
  }

  disperse(): void {
    for (const client of this.#clients) {
      client.close();
    }
  }
}

async function inTheDomain(roundCount: number): Promise<readonly Row[]> {
  const few = handOverCourse(10);
  const rows: Row[] = [];
  for (const waiterCount of CROWDS) {
    const many = handOverCourse(waiterCount);
    const growth = await sideBySide(roundCount, {
      measured: () => nanosecondsPerCommand(many),
      yardstick: () => nanosecondsPerCommand(few),
    });
    rows.push({
      what: `by the rules alone, ${figure(waiterCount)} wait`,
      measured: `${figure(growth.measured.median)} ns`,
      yardstick: `10 wait: ${figure(growth.yardstick.median)} ns`,
      ratio: growth.ratio,
      aim: { text: `flat: ${GROWTH_MAX} or less`, isMet: growth.ratio.median <= GROWTH_MAX },
    });
  }
  return rows;
}

/** One queues anew for each hand-over; their patience has an end, as a wait timeout gives it. */
function handOverCourse(waiterCount: number): Course {
  const manager = newManager();
  const name = typicalName(0);
  const turnCount = 20_000;
  let keyNumber = 0;
  let now = 0;
  const queue = () => {
    keyNumber += 1;
    const sessionId = `s${keyNumber % 10}`;
    const key = `key-${keyNumber}`;
    const times = { waitMs: 60_000_000, leaseMs: 60_000_000 };
    manager.acquire({ sessionId, name, size: 1, key, ...times }, now);
    return key;
  };
  let holderKey = queue();
  for (let count = 0; count < waiterCount; count += 1) {
    queue();
  }
  return {
    commandCount: turnCount,
    run: () => {
      for (let turn = 0; turn < turnCount; turn += 1) {
        now += 0.001;
        queue();
        holderKey =
          manager.release({ name, key: holderKey }, now).settlements[0]?.command.key ?? '';
      }
    },
  };
}
