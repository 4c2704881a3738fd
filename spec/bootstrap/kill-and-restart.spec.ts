/** The server killed at random instants under load and started again on its state file: nothing it said is unsaid. */
import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { GrpcWorldClient } from '../support/grpc-world.js';
import { SeededRandom } from '../support/seeded-random.js';
import { ServerProcess, SpecFolder } from '../support/server-process.js';

const ROUNDS = 8;
const TASKS = 8;

/** What the server has acknowledged of one name, and whether a request about it was cut off unanswered. */
interface Known {
  key: string | undefined;
  isInDoubt: boolean;
}

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);

describe(`A server killed under load (SEED=${seed})`, function () {
  this.timeout(120_000);
  const folder = new SpecFolder();
  let server: ServerProcess;

  afterEach(async () => {
    await server.end('SIGKILL');
  });

  after(() => folder.remove());

  it(`has every acknowledged grant and release after each of ${ROUNDS} restarts`, async () => {
    const random = new SeededRandom(seed);
    const args = ['-s', folder.file('state')];
    const known = new Map<string, Known>();
    server = await ServerProcess.start(folder, args);
    let acknowledgedCount = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      acknowledgedCount += await loadAndKill(server, known, random);
      server = await ServerProcess.start(folder, args);
      await check(server, known);
    }
    expect(acknowledgedCount).to.be.at.least(ROUNDS * 50);
  });
});

/** Locks and unlocks by tasks side by side, and kills the server at some answer. @returns how many were acknowledged. */
async function loadAndKill(
  server: ServerProcess,
  known: Map<string, Known>,
  random: SeededRandom,
): Promise<number> {
  const killAt = 50 + random.below(400);
  const client = new GrpcWorldClient(server.address);
  let count = 0;
  const work = async (task: number): Promise<void> => {
    for (;;) {
      const name = `task-${task}-${random.below(40)}`;
      const lock = known.get(name) ?? { key: undefined, isInDoubt: false };
      known.set(name, lock);
      if (lock.isInDoubt) continue;
      const outcome =
        lock.key === undefined
          ? await client.call('TryLock', { name })
          : await client.call('Unlock', { name, key: lock.key });
      if (outcome.status !== undefined) {
        expect(outcome.status).to.equal(status.UNAVAILABLE);
        lock.isInDoubt = true;
        return;
      }
      expect(outcome.locked ?? outcome.unlocked, JSON.stringify(outcome)).to.equal(true);
      lock.key = lock.key === undefined ? outcome.key : undefined;
      count += 1;
      if (count === killAt) {
        server.signal('SIGKILL');
      }
    }
  };
  await Promise.all(Array.from({ length: TASKS }, (_, task) => work(task)));
  await server.exit;
  client.close();
  return count;
}

/** Asks for every name, but for those whose last request was cut off: they may stand either way. */
async function check(server: ServerProcess, known: ReadonlyMap<string, Known>): Promise<void> {
  const client = new GrpcWorldClient(server.address);
  for (const [name, lock] of known) {
    if (lock.isInDoubt) continue;
    const { locked = false, key = '' } = await client.call('TryLock', { name });
    expect(locked, `${name}, ${lock.key === undefined ? 'released' : 'granted'}`).to.equal(
      lock.key === undefined,
    );
    if (locked) {
      await client.call('Unlock', { name, key });
    }
  }
  client.close();
}
