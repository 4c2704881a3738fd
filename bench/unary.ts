/** Why: what the server adds to a call of a released client, beside a bare grpc-js echo with messages of the same size. */
import type { BenchLine, Row } from './bench-line.js';
import { figure, withSpread } from './bench-table.js';
import { ChildProgram } from './child-program.js';
import { PairLoad } from './pair-load.js';
import { type Comparison, compare } from './side-by-side.js';
import { typicalNames } from './typical-names.js';

const LEVELS = [
  { taskCount: 1, pairCount: 150 },
  { taskCount: 16, pairCount: 600 },
  { taskCount: 128, pairCount: 1_280 },
];
/** Until then the compiler still learns. */
const WARM_UP_PAIR_COUNT = 5_000;
const CPU_ON_TOP_MAX = 10;

interface Figures {
  readonly pairsPerSecond: number;
  readonly cpuPerCall: number;
}

export const unary: BenchLine = async ({ isQuick }) => {
  const server = ChildProgram.start('lock-server-process.ts', {});
  const echo = ChildProgram.start('echo-server-process.ts', {});
  try {
    await warmUp(server);
    await warmUp(echo);
    const rows: Row[] = [];
    for (const level of LEVELS) {
      rows.push(...(await besideEcho({ server, echo, ...level, roundCount: isQuick ? 5 : 15 })));
    }
    return rows;
  } finally {
    await Promise.all([server.end(), echo.end()]);
  }
};

async function warmUp(server: ChildProgram): Promise<void> {
  const load = new PairLoad(await server.ask('address'), 16);
  await load.run(typicalNames(WARM_UP_PAIR_COUNT));
  load.close();
}

interface Setting {
  readonly server: ChildProgram;
  readonly echo: ChildProgram;
  readonly taskCount: number;
  readonly pairCount: number;
  readonly roundCount: number;
}

async function besideEcho(setting: Setting): Promise<readonly Row[]> {
  const { server, echo, taskCount, pairCount, roundCount } = setting;
  const serverLoad = new PairLoad(await server.ask('address'), taskCount);
  const echoLoad = new PairLoad(await echo.ask('address'), taskCount);
  const names = typicalNames(pairCount);
  const ours: Figures[] = [];
  const echos: Figures[] = [];
  for (let round = 0; round < roundCount; round += 1) {
    ours.push(await trial(server, serverLoad, names));
    echos.push(await trial(echo, echoLoad, names));
  }
  serverLoad.close();
  echoLoad.close();
  return rowsOf(taskCount, ours, echos);
}

function rowsOf(
  taskCount: number,
  ours: readonly Figures[],
  echos: readonly Figures[],
): readonly Row[] {
  const [pairs, cpu] = (['pairsPerSecond', 'cpuPerCall'] as const).map((figures) =>
    compare(
      ours.map((trialOfOurs) => trialOfOurs[figures]),
      echos.map((trialOfEcho) => trialOfEcho[figures]),
    ),
  ) as [Comparison, Comparison];
  return [
    {
      what: `lock + unlock, ${taskCount} in flight`,
      measured: `${figure(pairs.measured.median)} pairs/s`,
      yardstick: `echo: ${figure(pairs.yardstick.median)} pairs/s`,
      ratio: pairs.ratio,
    },
    {
      what: `our CPU on top a call, ${taskCount} in flight`,
      measured: `${withSpread(cpu.difference)} µs`,
      yardstick: `echo: ${figure(cpu.yardstick.median)} µs of CPU`,
      ratio: cpu.ratio,
      aim: {
        text: `${CPU_ON_TOP_MAX} µs or less`,
        isMet: cpu.difference.median <= CPU_ON_TOP_MAX,
        limit: `on this machine, now, the echo alone takes ${figure(cpu.yardstick.median)} µs.`,
      },
    },
  ];
}

async function trial(
  server: ChildProgram,
  load: PairLoad,
  names: readonly string[],
): Promise<Figures> {
  const before = await server.ask<number>('cpuMicroseconds');
  const pairsPerSecond = await load.run(names);
  const used = (await server.ask<number>('cpuMicroseconds')) - before;
  return { pairsPerSecond, cpuPerCall: used / (2 * names.length) };
}
