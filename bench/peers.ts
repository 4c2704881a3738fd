/** Why: what programs use for locks today is the yardstick of the whole: pairs per second from one Node process. */
import type { Aim, BenchLine, Row } from './bench-line.js';
import { figure } from './bench-table.js';
import { type Contender, Contest, type Round, type Rounds } from './contenders.js';
import type { Absent } from './peer-servers.js';
import { sampleOf } from './sample.js';
import { compare } from './side-by-side.js';

const LEVELS = [
  { taskCount: 16, besideRedlock: 1, keptBesideRedlock: 1, pairsPerSecondMin: 30_000 },
  { taskCount: 128, besideRedlock: 2, keptBesideRedlock: 1.4, pairsPerSecondMin: 80_000 },
] as const;

type Level = (typeof LEVELS)[number];

const CONTENDERS: readonly Contender[] = [
  'stream',
  'redlock',
  'unary',
  'redlock, batching',
  'etcd3',
  'PostgreSQL',
  'stream, journal',
  'redlock, synced',
];

const PAIR_COUNT_MAX = 20_000;

export const peers: BenchLine = async ({ isQuick, folder }) => {
  const contest = await Contest.open(folder, CONTENDERS);
  try {
    const rows: Row[] = [];
    for (const level of LEVELS) {
      const rounds = await contest.rounds(isQuick ? 3 : 11, {
        taskCount: level.taskCount,
        pairCountMax: PAIR_COUNT_MAX,
        forMs: isQuick ? 200 : 600,
      });
      rows.push(...rowsOf(level, rounds));
    }
    return rows;
  } finally {
    await contest.close();
  }
};

function rowsOf(level: Level, rounds: Rounds): readonly Row[] {
  const { taskCount, besideRedlock, keptBesideRedlock } = level;
  const row = (ours: Contender, yardstick: Contender, ratioMin?: number): Row =>
    besideYardstick(rounds, { taskCount, ours, yardstick, ratioMin });
  return [
    row('stream', 'redlock', besideRedlock),
    row('stream', 'redlock, batching'),
    row('stream', 'etcd3'),
    row('stream', 'PostgreSQL'),
    row('unary', 'redlock'),
    row('stream, journal', 'redlock, synced', keptBesideRedlock),
    row('stream, journal', 'etcd3'),
    onItsOwn(level, rounds.stream as readonly Round[]),
  ];
}

export interface Pairing {
  readonly taskCount: number;
  readonly ours: Contender;
  readonly yardstick: Contender;
  /** undefined: there is no aim. */
  readonly ratioMin: number | undefined;
}

export function besideYardstick(rounds: Rounds, pairing: Pairing): Row {
  const { taskCount, ours, yardstick, ratioMin } = pairing;
  const what = `${ours}, ${taskCount} in flight`;
  const [measured, beside] = [
    rounds[ours] as readonly Round[],
    rounds[yardstick] as readonly Round[] | Absent,
  ];
  if ('absence' in beside) {
    const { median } = sampleOf(speeds(measured));
    return {
      what,
      measured: `${figure(median)} pairs/s`,
      yardstick: `${yardstick}: ${beside.absence}`,
    };
  }
  const comparison = compare(speeds(measured), speeds(beside));
  const aim = ratioMin === undefined ? undefined : ratioAim(ratioMin, comparison.ratio.median);
  return {
    what,
    measured: `${figure(comparison.measured.median)} pairs/s`,
    yardstick: `${yardstick}: ${figure(comparison.yardstick.median)} pairs/s`,
    ratio: comparison.ratio,
    ...(aim && { aim: { ...aim, limit: cpuLimit(measured, beside) } }),
  };
}

function ratioAim(ratioMin: number, ratio: number): Aim {
  return { text: `${ratioMin} × or more`, isMet: ratio >= ratioMin };
}

function onItsOwn({ taskCount, pairsPerSecondMin }: Level, stream: readonly Round[]): Row {
  const { median } = sampleOf(speeds(stream));
  const [client, server] = ourCpu(stream);
  return {
    what: `stream, ${taskCount} in flight`,
    measured: `${figure(median)} pairs/s`,
    yardstick: `CPU a pair: ${figure(client, 2)} + ${figure(server, 2)} µs`,
    aim: {
      text: `${figure(pairsPerSecondMin)} or more`,
      isMet: median >= pairsPerSecondMin,
      limit: `a pair takes ${figure(client, 2)} µs of CPU of the client and ${figure(server, 2)} of the server.`,
    },
  };
}

function cpuLimit(ours: readonly Round[], yardstick: readonly Round[]): string {
  const [client, server] = ourCpu(ours);
  const beside = sampleOf(yardstick.map(({ cpuPerPair }) => cpuPerPair)).median;
  return (
    `a pair takes ${figure(client, 2)} µs of CPU of the client and ${figure(server, 2)} of the server; ` +
    `the yardstick’s client takes ${figure(beside, 2)}.`
  );
}

function ourCpu(rounds: readonly Round[]): readonly [client: number, server: number] {
  return [
    sampleOf(rounds.map(({ cpuPerPair }) => cpuPerPair)).median,
    sampleOf(rounds.map(({ serverCpuPerPair }) => serverCpuPerPair)).median,
  ];
}

function speeds(rounds: readonly Round[]): readonly number[] {
  return rounds.map(({ pairsPerSecond }) => pairsPerSecond);
}
