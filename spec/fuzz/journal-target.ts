/** Journals that were mangled: a start finds a prefix of what was kept, or is refused with the place of the damage. */
import { JournalStateStore } from '../../adapters/outbound/journal/journal-state-store.js';
import type { Fact } from '../../domain/facts.js';
import { LeaseLedger } from '../../domain/lease-ledger.js';
import {
  type RecoveredState,
  type StateStore,
  StateStoreError,
} from '../../ports/outbound/state-store.js';
import { ended, granted, renewed, sessionEnded, sessionOpened } from '../contracts/some-facts.js';
import { CrashingFileSystem } from '../support/crashing-file-system.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { SeededRandom } from '../support/seeded-random.js';
import { cut, flip, noise, overwritten } from './mutator.js';
import { faulty, REFUSED, type Subject, TAKEN, type Target, type Tried } from './target.js';

const FILE = '/data/state';
const BATCHES = 24;
/** By these a file is known for a journal, however it was mangled. */
const SIGNS = ['{"sum":"', '"journal":"ldlm"'];
const HEAD_LENGTH = 64 * 1_024;
/** To go on with a journal after its start is tried with one in so many. */
const GOES_ON_SHARE = 8;

/** A journal as it was recorded, and every state that it has ever stood for. */
export interface Recording {
  readonly bytes: Buffer;
  readonly states: ReadonlySet<string>;
}

/** A store that is to be opened once. */
export type StoreOn = (disk: CrashingFileSystem) => StateStore;

const journalOn: StoreOn = (disk) => storeOn(disk, 16 * 1_048_576);

export function journalTarget(storeToTry: StoreOn = journalOn): Target {
  return {
    what: 'journals',
    share: 40_000,
    open: async (): Promise<Subject> => {
      // One that was never compacted, and one that was in its middle.
      const recordings = [await record(1, 16 * 1_048_576), await record(2, 2_500)];
      return {
        attempt: (random) => {
          const recording = random.pick(recordings);
          return judge(storeToTry, recording, mangled(recording.bytes, random), random);
        },
        close: async () => undefined,
      };
    },
  };
}

function storeOn(disk: CrashingFileSystem, compactionMinBytes: number): JournalStateStore {
  const logger = new RecordingLogger('error');
  return new JournalStateStore({
    file: FILE,
    fileSystem: disk.start(),
    logger,
    compactionMinBytes,
    compactionFactor: 0,
  });
}

async function record(seed: number, compactionMinBytes: number): Promise<Recording> {
  const disk = new CrashingFileSystem();
  const store = storeOn(disk, compactionMinBytes);
  const ledger = new LeaseLedger();
  const random = new SeededRandom(seed);
  const states = new Set([stateOf(await store.open())]);
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const facts = batchOf(batch, ledger, random);
    for (const fact of facts) {
      ledger.apply(fact);
    }
    await store.append(facts);
    states.add(stateOf(ledgerState(ledger)));
  }
  await store.close();
  return { bytes: disk.bytesOf(FILE), states };
}

function batchOf(batch: number, ledger: LeaseLedger, random: SeededRandom): readonly Fact[] {
  const facts: Fact[] = [granted(2 * batch), granted(2 * batch + 1, { name: `löck "${batch}"` })];
  if (batch % 4 === 0) {
    facts.push(sessionOpened(`stream-${batch}`, { owner: { host: 'a' } }));
  }
  if (batch % 4 === 3) {
    facts.push(sessionEnded(`stream-${batch - 3}`));
  }
  const held = [...ledger.leases.values()];
  if (held.length > 0) {
    const { name, key } = random.pick(held);
    facts.push(
      random.isOneIn(2) ? renewed(0, { name, key, leaseMs: 1_000 }) : ended(0, { name, key }),
    );
  }
  return facts;
}

function ledgerState({ leases, sessions, fencingToken }: LeaseLedger): RecoveredState {
  return { leases: [...leases.values()], sessions: [...sessions.values()], fencingToken };
}

function stateOf({ leases, sessions, fencingToken }: RecoveredState): string {
  const held = leases.map(({ name, size, key, fencingToken: token, leaseMs, sessionId, at }) =>
    JSON.stringify([name, size, key, token, leaseMs, sessionId, at]),
  );
  const open = sessions.map(({ sessionId, recoveryMs, owner, at, releases }) =>
    JSON.stringify([sessionId, recoveryMs, owner, at, [...releases]]),
  );
  return JSON.stringify([held.sort(), open.sort(), fencingToken]);
}

/** Flips, cuts, zeros, and lines and parts that stand twice, elsewhere, or not at all. */
function mangled(bytes: Buffer, random: SeededRandom): Buffer {
  let result = bytes;
  for (let left = 1 + random.below(3); left > 0; left -= 1) {
    result = random.pick(MANGLINGS)(result, random);
  }
  return result;
}

const MANGLINGS: readonly ((bytes: Buffer, random: SeededRandom) => Buffer)[] = [
  flip,
  cut,
  (bytes, random) => overwritten(bytes, random, noise(random, 40)),
  (bytes, random) => overwritten(bytes, random, Buffer.alloc(random.below(512))),
  (bytes, random) => {
    const [from, to] = [random.below(bytes.length + 1), random.below(bytes.length + 1)];
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  (bytes, random) => Buffer.concat([bytes, noise(random, 40)]),
  (bytes, random) => withLines(bytes, (lines) => lines.splice(random.below(lines.length), 1)),
  (bytes, random) =>
    withLines(bytes, (lines) => lines.splice(random.below(lines.length), 0, random.pick(lines))),
  (bytes, random) => withLines(bytes, (lines) => lines.push(random.pick(lines))),
  (bytes, random) =>
    withLines(bytes, (lines) =>
      lines.splice(random.below(lines.length), 1, random.pick(lines), random.pick(lines)),
    ),
];

function withLines(bytes: Buffer, change: (lines: string[]) => unknown): Buffer {
  const lines = bytes.toString('latin1').split(/(?<=\n)/);
  change(lines);
  return Buffer.from(lines.join(''), 'latin1');
}

async function judge(
  storeToTry: StoreOn,
  { states }: Recording,
  bytes: Buffer,
  random: SeededRandom,
): Promise<Tried> {
  const disk = new CrashingFileSystem();
  disk.put(FILE, bytes);
  const store = storeToTry(disk);
  let recovered: RecoveredState;
  try {
    recovered = await store.open();
  } catch (error) {
    const fault = unfoundedness(error, bytes) ?? changesOf(disk, bytes);
    return fault === undefined ? REFUSED : faulty(fault, bytes);
  }
  const state = stateOf(recovered);
  if (!states.has(state)) {
    return faulty(`it starts with what never was: ${state}`, bytes);
  }
  const fault = random.isOneIn(GOES_ON_SHARE)
    ? await goOn(storeToTry, store, disk, recovered)
    : undefined;
  return fault === undefined ? TAKEN : faulty(fault, bytes);
}

/** @returns what is wrong about a refusal of these bytes. */
function unfoundedness(error: unknown, bytes: Buffer): string | undefined {
  if (!(error instanceof StateStoreError)) {
    return `it was refused by ${String(error)}`;
  }
  const offset = / is damaged at byte (\d+): /.exec(error.message)?.[1];
  if (error.code === 'damaged' && Number(offset ?? Number.NaN) <= bytes.length) {
    return undefined;
  }
  const head = bytes.subarray(0, HEAD_LENGTH);
  const isStrange = bytes.length > 0 && !SIGNS.some((sign) => head.includes(sign));
  return error.code === 'unavailable' && isStrange
    ? undefined
    : `it was refused as ${error.code}: ${error.message}`;
}

/** Of what is refused nothing is changed. */
function changesOf(disk: CrashingFileSystem, bytes: Buffer): string | undefined {
  return disk.bytesOf(FILE).equals(bytes) ? undefined : 'a journal that was refused was changed';
}

/** What is kept from now on is there after the next start. */
async function goOn(
  storeToTry: StoreOn,
  store: StateStore,
  disk: CrashingFileSystem,
  recovered: RecoveredState,
): Promise<string | undefined> {
  const fact = granted(1_000);
  await store.append([fact]);
  disk.losePower();
  const again = await storeToTry(disk).open();
  const { fencingToken } = fact;
  const expected = { ...recovered, leases: [...recovered.leases, fact], fencingToken };
  return stateOf(again) === stateOf(expected)
    ? undefined
    : 'what was kept after the start is not there after the next';
}
