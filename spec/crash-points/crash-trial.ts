/** Why: one server's deaths: it is started on a seed, made to die at a point, perhaps once more over the recovery, and held to its word. */
import { join } from 'node:path';
import { ServerProcess, SpecFolder } from '../support/server-process.js';
import { transpiledCopy } from '../support/transpiled-copy.js';
import { ClientsBook } from './clients-book.js';
import { Course } from './course.js';
import {
  CRASH_AT,
  type CrashPoint,
  DEATH_MARK,
  type Step,
  STEP_MARK,
  STATE_FILE,
} from './crash-point.js';
import { checkRecovery } from './recovery-check.js';
import type { Death } from './death-list.js';
import { plant, type Seed } from './seeds.js';

const PRELOADED = 'spec/crash-points/crash-at-point';

/** Where it stands as JavaScript, for servers that read no TypeScript. */
let preloadedFrom: string | undefined;

function preloadedFile(): string {
  preloadedFrom ??= transpiledCopy([
    `${PRELOADED}.ts`,
    'spec/crash-points/crash-point.ts',
    'package.json',
  ]);
  return join(preloadedFrom, `${PRELOADED}.js`);
}

/** The `debug` line of a compaction that is over. */
const COMPACTED = /"msg":"Compacted /;

/** @throws Error when the server did not die there, or when the one after it does not keep its word. */
export async function tryDeath({ seed, at, next }: Death): Promise<void> {
  const folder = new SpecFolder();
  const book = new ClientsBook();
  try {
    plant(seed, folder, book);
    await expectDeath(await live(folder, seed, book, at), at);
    if (next !== undefined) {
      await expectDeath(await live(folder, seed, book, next), next);
    }
    const tears = seed === 'torn' || at.startsWith('halfway write journal') ? 1 : 0;
    // A start that dies over a tail leaves what it set aside, and the next one begins again.
    await checkRecovery({ folder, book, tornTailsMax: tears * (next === undefined ? 2 : 3) });
  } finally {
    folder.remove();
  }
}

/** A whole life that ends in order. @returns every step in it. */
export async function stepsOf(seed: Seed): Promise<readonly Step[]> {
  const folder = new SpecFolder();
  try {
    const book = new ClientsBook();
    plant(seed, folder, book);
    const server = await live(folder, seed, book);
    const { code } = await server.exit;
    if (code !== 0) {
      throw new Error(`it ended with ${code}: ${server.lines.join('\n')}`);
    }
    await checkRecovery({ folder, book, tornTailsMax: 1 });
    return server.lines
      .filter((line) => line.startsWith(STEP_MARK))
      .map((line) => line.slice(STEP_MARK.length).replace(/ \d+$/, '') as Step);
  } finally {
    folder.remove();
  }
}

/** Starts a server, has clients ask it for things, and stops it in order. @returns it when it has ended, wherever that was. */
async function live(
  folder: SpecFolder,
  seed: Seed,
  book: ClientsBook,
  at?: CrashPoint,
): Promise<ServerProcess> {
  const server = ServerProcess.launch(
    folder,
    ['-s', folder.file(STATE_FILE), '--log_level', 'debug'],
    {
      NODE_OPTIONS: `--import=${preloadedFile()}`,
      ...(at && { [CRASH_AT]: at }),
    },
  );
  try {
    const isUp = await happens(server.untilListening());
    if (isUp && book.token === undefined) {
      await pursueCourse(server, seed, book);
    }
  } finally {
    await server.end('SIGTERM');
  }
  return server;
}

async function pursueCourse(server: ServerProcess, seed: Seed, book: ClientsBook): Promise<void> {
  const course = new Course(server.address, book);
  try {
    await course.run();
    if (seed === 'great') {
      await happens(server.untilLine(COMPACTED));
    }
    await server.end('SIGTERM');
  } finally {
    course.close();
  }
}

/** Whether it does before the server ends. */
function happens(event: Promise<unknown>): Promise<boolean> {
  return event.then(
    () => true,
    () => false,
  );
}

async function expectDeath(server: ServerProcess, at: CrashPoint): Promise<void> {
  const { signal } = await server.exit;
  const isStep = (line: string) => line.startsWith(STEP_MARK);
  if (signal !== 'SIGKILL' || !server.lines.includes(`${DEATH_MARK}${at}`)) {
    const steps = server.lines.filter(isStep).map((line) => line.slice(STEP_MARK.length));
    const log = server.lines.filter((line) => !isStep(line)).map((line) => line.slice(0, 300));
    throw new Error(`it never came to ${at}, but to ${steps.join(', ')}: ${log.join('\n')}`);
  }
}
