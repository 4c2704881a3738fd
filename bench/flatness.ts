/** Why: a command should cost the same however many locks are held; what caches take from a plain Map stands beside it. */
import type { BenchLine, Row } from './bench-line.js';
import { figure } from './bench-table.js';
import { type Course, nanosecondsPerCommand, newManager } from './manager-course.js';
import { sideBySide } from './side-by-side.js';
import { typicalKeys, typicalNames } from './typical-names.js';

const FEW = 1_000;
const TURN_COUNT = 40_000;
const GROWTH_MAX = 2;

export const flatness: BenchLine = async ({ isQuick }) => {
  const manyCount = isQuick ? 100_000 : 1_000_000;
  const roundCount = isQuick ? 3 : 9;
  const names = typicalNames(manyCount + FEW);
  const keys = typicalKeys(manyCount + FEW);
  const few = coursesOver(FEW, names, keys);
  const many = coursesOver(manyCount, names, keys);
  const mapGrowth = await sideBySide(roundCount, {
    measured: () => nanosecondsPerCommand(many.map),
    yardstick: () => nanosecondsPerCommand(few.map),
  });
  const rows: Row[] = [];
  for (const [course, what] of COURSES) {
    const growth = await sideBySide(roundCount, {
      measured: () => nanosecondsPerCommand(many[course]),
      yardstick: () => nanosecondsPerCommand(few[course]),
    });
    rows.push({
      what: `${what}, ${figure(manyCount)} held`,
      measured: `${figure(growth.measured.median)} ns`,
      yardstick: `${figure(FEW)} held: ${figure(growth.yardstick.median)} ns`,
      ratio: growth.ratio,
      aim:
        course === 'newcomers'
          ? { text: `near 1: ${GROWTH_MAX} or less`, isMet: growth.ratio.median <= GROWTH_MAX }
          : {
              text: 'less than a Map’s',
              isMet: growth.ratio.median < mapGrowth.ratio.median,
            },
    });
  }
  rows.push({
    what: `plain Map, get any of ${figure(manyCount)}`,
    measured: `${figure(mapGrowth.measured.median)} ns`,
    yardstick: `${figure(FEW)}: ${figure(mapGrowth.yardstick.median)} ns`,
    ratio: mapGrowth.ratio,
  });
  return rows;
};

const COURSES = [
  ['newcomers', 'acquire, release others'],
  ['renewals', 'renew any'],
  ['refusals', 'acquire any, refused'],
] as const;

/** Which lock is next: far from the last one, every one in its turn. */
const STRIDE = 7_919;

function coursesOver(
  heldCount: number,
  names: readonly string[],
  keys: readonly string[],
): Readonly<Record<(typeof COURSES)[number][0] | 'map', Course>> {
  const manager = newManager();
  const map = new Map<string, { touchedCount: number }>();
  let now = 0;
  const commandFor = (index: number) => ({
    sessionId: `s${index % 10}`,
    name: names[index] as string,
    size: 1,
    key: keys[index] as string,
    waitMs: 0,
    leaseMs: 60_000_000,
  });
  for (let index = 0; index < heldCount; index += 1) {
    const command = commandFor(index);
    manager.acquire(command, now);
    map.set(command.name, { ...command, touchedCount: 0 });
  }
  let at = 0;
  const course = (commandsPerTurn: number, turn: (index: number) => void): Course => ({
    commandCount: commandsPerTurn * TURN_COUNT,
    run: () => {
      for (let count = 0; count < TURN_COUNT; count += 1) {
        now += 0.001;
        at = (at + STRIDE) % heldCount;
        turn(at);
      }
    },
  });
  return {
    newcomers: course(2, (index) => {
      const command = commandFor(names.length - FEW + (index % FEW));
      manager.acquire(command, now);
      manager.release(command, now);
    }),
    renewals: course(1, (index) => {
      manager.renew(commandFor(index), now);
    }),
    refusals: course(1, (index) => {
      manager.acquire(commandFor(index), now);
    }),
    map: course(1, (index) => {
      (map.get(names[index] as string) as { touchedCount: number }).touchedCount += 1;
    }),
  };
}
