import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { JournalStateStore } from '../../../../adapters/outbound/journal/journal-state-store.js';
import { assertFold } from '../../../contracts/recovered-state.js';
import { granted } from '../../../contracts/some-facts.js';
import { stateStoreContract } from '../../../contracts/state-store.contract.js';
import { CrashingFileSystem, type Verdict } from '../../../support/crashing-file-system.js';
import { JOURNAL, JournalWorld } from '../../../support/journal-world.js';
import { RecordingLogger } from '../../../support/recording-logger.js';
import { SeededRandom } from '../../../support/seeded-random.js';
import { SpecFolder } from '../../../support/server-process.js';

stateStoreContract('JournalStateStore on the disk of the machine', {
  supports: { durability: true, exclusiveOpen: true },
  createPlace: () => new SpecFolder(),
  disposePlace: (folder) => folder.remove(),
  newStore: (folder) =>
    new JournalStateStore({ file: folder.file('state'), logger: new RecordingLogger() }),
});

/**
 * A disk whose next write can be made to fail, and which tears what is under way when the power
 * goes.
 */
class FaultyPlace {
  verdict: Verdict;
  readonly random = new SeededRandom(1);
  readonly disk = new CrashingFileSystem({
    sectorLength: 16,
    decide: ({ kind }) => {
      const verdict = kind === 'write' ? this.verdict : undefined;
      this.verdict = kind === 'write' ? undefined : this.verdict;
      return verdict;
    },
  });
}

stateStoreContract('JournalStateStore on a disk that fails', {
  supports: { durability: true, exclusiveOpen: true },
  createPlace: () => new FaultyPlace(),
  disposePlace: ({ disk }) => disk.killAll(),
  newStore: ({ disk }) =>
    new JournalStateStore({
      file: JOURNAL,
      logger: new RecordingLogger(),
      fileSystem: disk.start(),
      compactionMinBytes: 2000,
    }),
  crash: ({ disk, random }) => disk.losePower(() => random.below(2) === 0),
  failNextWrite: (place) => {
    place.verdict = { failWith: 'ENOSPC', afterBytes: 40 };
  },
});

describe('JournalStateStore', () => {
  async function codeOf(promise: Promise<unknown>): Promise<unknown> {
    const [outcome] = await Promise.allSettled([promise]);
    return outcome?.status === 'rejected' ? outcome.reason.code : undefined;
  }

  let world: JournalWorld;

  beforeEach(() => {
    world = new JournalWorld();
  });

  it('takes no facts before it is open', async () => {
    const store = world.newStore();
    expect(await codeOf(store.append([granted(1)]))).to.equal('closed');
    const opening = store.open();
    expect(await codeOf(store.append([granted(1)]))).to.equal('closed');
    await opening;
    await store.append([granted(1)]);
  });

  it('opens once', async () => {
    const store = await world.open();
    expect(await codeOf(store.open())).to.equal('closed');
    await store.close();
    expect(await codeOf(store.open())).to.equal('closed');
  });

  it('lets go of what it is just opening when it is closed', async () => {
    const store = world.newStore();
    const opening = store.open();
    await store.close();
    await opening;
    await world.recover();
  });

  it('closes though it could not be opened', async () => {
    world.disk.put(JOURNAL, Buffer.from('something else'));
    const store = world.newStore();
    expect(await codeOf(store.open())).to.equal('unavailable');
    await store.close();
  });

  describe('with another process', () => {
    let folder: SpecFolder;

    beforeEach(() => {
      folder = new SpecFolder();
    });

    afterEach(() => folder.remove());

    it('needs no lock file removed after a kill -9, and has what was acknowledged', async () => {
      const file = folder.file('state');
      const newStore = (): JournalStateStore =>
        new JournalStateStore({ file, logger: new RecordingLogger() });
      const holder = fileURLToPath(new URL('../../../support/journal-holder.ts', import.meta.url));
      const child = spawn(process.execPath, ['--import', 'tsx', holder, file], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      const exited = once(child, 'exit');
      await once(child.stdout, 'data');
      expect(await codeOf(newStore().open())).to.equal('in-use');

      child.kill('SIGKILL');
      await exited;
      const store = newStore();
      assertFold(await store.open(), [granted(1)]);
      await store.close();
    });
  });
});
