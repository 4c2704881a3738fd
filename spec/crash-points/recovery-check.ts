/** Why: a server comes up again where another one died: whatever it said there still holds. */
import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import { JournalStateStore } from '../../adapters/outbound/journal/journal-state-store.js';
import { type RunningServer, startServer } from '../../bootstrap/compose.js';
import type { ServerFrame } from '../../proto/session-frames.js';
import { FrameClient } from '../support/frame-client.js';
import { GrpcWorldClient } from '../support/grpc-world.js';
import { RecordingLogger } from '../support/recording-logger.js';
import type { SpecFolder } from '../support/server-process.js';
import type { ClientsBook, NotedLease } from './clients-book.js';
import { ACQUIRE_TERMS } from './course.js';
import { STATE_FILE } from './crash-point.js';

export interface Remains {
  readonly folder: SpecFolder;
  readonly book: ClientsBook;
  /** How many torn tails may have been set aside. */
  readonly tornTailsMax: number;
}

/** Starts the server as it is composed, in this process, and asks it for everything in the book. */
export async function checkRecovery(remains: Remains): Promise<void> {
  const { folder, book } = remains;
  const stateFile = folder.file(STATE_FILE);
  const server = await startServer({
    settings: { stateFile, listenAddress: { host: '127.0.0.1', port: 0 } },
    parts: { logger: new RecordingLogger() },
  });
  try {
    await checkGuard(stateFile);
    await checkStream(server, book);
    await checkLocks(server, book);
  } finally {
    await server.stop();
  }
  await checkFiles(remains);
}

function newStore(file: string): JournalStateStore {
  return new JournalStateStore({ file, logger: new RecordingLogger() });
}

async function checkGuard(stateFile: string): Promise<void> {
  const [second] = await Promise.allSettled([newStore(stateFile).open()]);
  expect(second).to.have.nested.property('reason.code', 'in-use');
}

/** The client comes back and asks again for all that it asked: as if it had heard none of the answers. */
async function checkStream({ grpcAddress }: RunningServer, book: ClientsBook): Promise<void> {
  if (book.token === undefined) {
    return;
  }
  const asked = book.leases.filter(({ requestId }) => requestId !== undefined);
  const held = asked.filter(({ state }) => state === 'asked' || state === 'granted');
  const client = new FrameClient(grpcAddress);
  try {
    client.send({
      hello: { token: book.token, recoveryWindowMs: undefined, owner: undefined },
      releases: asked.flatMap(({ releaseId, name, key }) =>
        releaseId === undefined ? [] : [{ requestId: releaseId, name, key }],
      ),
      acquires: held.map(({ requestId = 0, name }) => {
        return { requestId, claims: [{ name, size: 1, units: 1 }], ...ACQUIRE_TERMS };
      }),
    });
    expect(await client.welcome()).to.include({ resumed: true, token: book.token });
    for (const lease of asked) {
      await checkAnswers(client, book, lease);
    }
  } finally {
    client.close();
  }
}

async function checkAnswers(
  client: FrameClient,
  book: ClientsBook,
  lease: NotedLease,
): Promise<void> {
  const { name, state, requestId = 0, releaseId, key, fencingToken } = lease;
  if (releaseId !== undefined) {
    expect(await answerTo(client, releaseId), `the release of ${name}`).to.equal('done');
    lease.state = 'released';
    return;
  }
  const grant = await answerTo(client, requestId);
  if (state === 'granted') {
    expect(grant, name).to.deep.include({ key, fencingToken });
  } else {
    expect(grant, name).to.have.property('key');
    const { key: newKey, fencingToken: newToken } = grant as ServerFrame['granted'][number];
    book.grant(lease, newKey, newToken);
  }
}

function answerTo(client: FrameClient, requestId: number): Promise<unknown> {
  return client.until((frames) => {
    const isThis = (answer: { requestId: number }) => answer.requestId === requestId;
    return frames
      .map(({ granted, done, refused }) => {
        return granted.find(isThis) ?? refused.find(isThis) ?? (done.includes(requestId) && 'done');
      })
      .find((answer) => answer);
  });
}

async function checkLocks({ grpcAddress }: RunningServer, book: ClientsBook): Promise<void> {
  const client = new GrpcWorldClient(grpcAddress);
  const unlock = async ({ name, key }: NotedLease) =>
    (await client.call('Unlock', { name, key })).unlocked;
  try {
    for (const lease of book.leases) {
      const { name, state } = lease;
      const told = `${name.slice(0, 20)}, ${state}`;
      if (state === 'asked') {
        // Nobody was told its key, and it may be held.
        continue;
      }
      if (state === 'granted') {
        const attempt = await client.call('TryLock', { name });
        expect(attempt.locked ?? false, told).to.equal(false);
        expect(await unlock(lease), told).to.equal(true);
      } else if (state === 'releasing') {
        await unlock(lease);
      }
      const { locked, key = '', fencing_token } = await client.call('TryLock', { name });
      expect(locked, told).to.equal(true);
      book.grant(lease, key, Number(fencing_token));
    }
  } finally {
    client.close();
  }
}

/** What a third start finds is whole: it mends nothing and leaves nothing. */
async function checkFiles({ folder, tornTailsMax }: Remains): Promise<void> {
  const names = readdirSync(folder.path).sort();
  const tornTails = names.filter((name) => name.startsWith(`${STATE_FILE}.torn-`));
  expect(tornTails.length).to.be.at.most(tornTailsMax);
  expect(names.filter((name) => name !== 'ipc.sock')).to.deep.equal([
    STATE_FILE,
    `${STATE_FILE}.lock`,
    ...tornTails,
  ]);
  const store = newStore(folder.file(STATE_FILE));
  await store.open();
  await store.close();
  expect(readdirSync(folder.path).sort()).to.deep.equal(names);
}
