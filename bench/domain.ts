/** Why: how many commands the machine in the middle decides in a second, with neither store nor wire around it. */
import { FOREVER } from 'ldlm/domain';
import type { BenchLine, Row, Scale } from './bench-line.js';
import { figure } from './bench-table.js';
import { type Course, newManager, nanosecondsPerCommand } from './manager-course.js';
import { sideBySide } from './side-by-side.js';
import { typicalKeys, typicalNames } from './typical-names.js';

const COMMANDS_PER_SECOND_MIN = 1_000_000;
const NAME_COUNT = 100_000;
/** How many stand at each contended lock, its holder included. */
const CROWD = 10;

export const domain: BenchLine = async ({ isQuick }) => {
  const names = typicalNames(NAME_COUNT);
  const keys = typicalKeys(NAME_COUNT);
  const courses: readonly (readonly [what: string, course: Course])[] = [
    ['acquire, release; 100,000 names', uncontended(names, keys)],
    ['acquire, release; 1,000 names, 10 each', contended(names, keys)],
    ['renew; 100,000 held', renewals(names, keys)],
    ['acquire as another lease expires', expiries(names, keys)],
  ];
  const map = mapCourse(names, keys);
  const rows: Row[] = [];
  for (const [what, course] of courses) {
    const { measured, yardstick, ratio } = await sideBySide(roundCountOf(isQuick), {
      measured: () => nanosecondsPerCommand(course),
      yardstick: () => nanosecondsPerCommand(map),
    });
    const perSecond = 1e9 / measured.median;
    rows.push({
      what,
      measured: `${figure(perSecond)} commands/s`,
      yardstick: `Map: ${figure(1e9 / yardstick.median)} ops/s`,
      ratio: { median: 1 / ratio.median, low: 1 / ratio.high, high: 1 / ratio.low },
      aim: { text: '1,000,000 or more', isMet: perSecond >= COMMANDS_PER_SECOND_MIN },
    });
  }
  return rows;
};

function roundCountOf(isQuick: Scale['isQuick']): number {
  return isQuick ? 3 : 9;
}

/** The least that a table of held things costs: an object a name, put in and taken out again. */
function mapCourse(names: readonly string[], keys: readonly string[]): Course {
  const map = new Map<string, object>();
  return {
    commandCount: 2 * names.length,
    run: () => {
      for (let index = 0; index < names.length; index += 1) {
        const name = names[index] as string;
        const key = keys[index] as string;
        map.set(name, { name, key, size: 1, sessionId: 'session', fencingToken: index });
        map.delete(name);
      }
    },
  };
}

function uncontended(
  names: readonly string[],
  keys: readonly string[],
  manager = newManager(),
): Course {
  let now = 0;
  return {
    commandCount: 2 * names.length,
    run: () => {
      for (let index = 0; index < names.length; index += 1) {
        const name = names[index] as string;
        const key = keys[index] as string;
        now += 0.001;
        const command = { sessionId: 's0', name, size: 1, key, waitMs: 0, leaseMs: 600_000 };
        manager.acquire(command, now);
        manager.release(command, now);
      }
    },
  };
}

/** Each turn one more queues at a lock, and its holder hands it over to the one who waited longest. */
function contended(allNames: readonly string[], keys: readonly string[]): Course {
  const manager = newManager();
  const names = allNames.slice(0, 1_000);
  const holderKeys: string[] = [];
  let keyIndex = 0;
  let now = 0;
  const queue = (name: string) => {
    const key = keys[keyIndex] as string;
    keyIndex = (keyIndex + 1) % keys.length;
    const sessionId = `s${keyIndex % CROWD}`;
    manager.acquire(
      { sessionId, name, size: 1, key, waitMs: 60_000_000, leaseMs: 60_000_000 },
      now,
    );
    return key;
  };
  for (const name of names) {
    holderKeys.push(queue(name));
    for (let place = 1; place < CROWD; place += 1) {
      queue(name);
    }
  }
  const turnCount = 50_000;
  return {
    commandCount: 2 * turnCount,
    run: () => {
      for (let turn = 0; turn < turnCount; turn += 1) {
        const at = turn % names.length;
        const name = names[at] as string;
        now += 0.001;
        queue(name);
        const { settlements } = manager.release({ name, key: holderKeys[at] as string }, now);
        holderKeys[at] = settlements[0]?.command.key ?? '';
      }
    },
  };
}

function renewals(names: readonly string[], keys: readonly string[]): Course {
  const manager = newManager();
  let now = 0;
  names.forEach((name, index) => {
    const key = keys[index] as string;
    const sessionId = 's0';
    manager.acquire({ sessionId, name, size: 1, key, waitMs: 0, leaseMs: 60_000_000 }, now);
  });
  return {
    commandCount: names.length,
    run: () => {
      for (let index = 0; index < names.length; index += 1) {
        now += 0.001;
        const name = names[index] as string;
        manager.renew({ name, key: keys[index] as string, leaseMs: 60_000_000 }, now);
      }
    },
  };
}

/** Time goes on by one with each command, and leases last a hundred. */
function expiries(names: readonly string[], keys: readonly string[]): Course {
  const manager = newManager();
  let now = 0;
  return {
    commandCount: names.length,
    run: () => {
      for (let index = 0; index < names.length; index += 1) {
        now += 1;
        const name = names[index] as string;
        const key = keys[index] as string;
        const command = { sessionId: 's0', name, size: 1, key, waitMs: FOREVER, leaseMs: 100 };
        manager.acquire(command, now);
      }
    },
  };
}
