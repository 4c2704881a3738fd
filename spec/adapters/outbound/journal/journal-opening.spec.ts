import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { openJournal } from '../../../../adapters/outbound/journal/journal-opening.js';
import { JournalStateStore } from '../../../../adapters/outbound/journal/journal-state-store.js';
import { nodeFileSystem } from '../../../../adapters/outbound/journal/node-file-system.js';
import { StateStoreError } from '../../../../ports/outbound/state-store.js';
import { assertFold } from '../../../contracts/recovered-state.js';
import { ended, granted } from '../../../contracts/some-facts.js';
import type { DiskOperation } from '../../../support/crashing-file-system.js';
import { batchLine, headerLine } from '../../../support/journal-bytes.js';
import { deciding, DRAFT, JOURNAL, JournalWorld } from '../../../support/journal-world.js';
import { RecordingLogger } from '../../../support/recording-logger.js';
import { SpecFolder } from '../../../support/server-process.js';

async function refusal(opening: Promise<unknown>): Promise<StateStoreError> {
  const [outcome] = await Promise.allSettled([opening]);
  if (outcome?.status !== 'rejected') {
    throw new Error('it was opened');
  }
  expect(outcome.reason).to.be.instanceOf(StateStoreError);
  return outcome.reason as StateStoreError;
}

describe('openJournal', () => {
  let world: JournalWorld;

  beforeEach(() => {
    world = new JournalWorld();
  });

  const facts = [granted(1), granted(2), ended(1)];
  const whole = Buffer.concat([headerLine(), batchLine(1, facts)]);
  const tail = batchLine(2, [ended(2)]).subarray(0, 50);

  it('makes a journal of nothing, beside its guard', async () => {
    await world.recover();
    expect(world.disk.paths).to.deep.equal([JOURNAL, `${JOURNAL}.lock`]);
    expect(world.disk.bytesOf(JOURNAL)).to.deep.equal(headerLine());
  });

  it('makes a journal of an empty file', async () => {
    world.disk.put(JOURNAL, Buffer.alloc(0));
    await world.recover();
    expect(world.disk.bytesOf(JOURNAL)).to.deep.equal(headerLine());
  });

  it('says how much it loaded, and from where', async () => {
    world.disk.put(JOURNAL, whole);
    await world.recover();
    expect(world.logger.lines).to.deep.equal([
      {
        level: 'info',
        message: `Loaded 1 lease from ${JOURNAL} (${whole.length} bytes)`,
        fields: { file: JOURNAL, leases: 1, bytes: whole.length },
      },
    ]);
  });

  it('leaves a whole journal as it is', async () => {
    world.disk.put(JOURNAL, whole);
    await world.recover();
    expect(world.disk.bytesOf(JOURNAL)).to.deep.equal(whole);
  });

  it('removes the draft of a compaction that a crash cut short', async () => {
    world.disk.put(JOURNAL, whole);
    world.disk.put(DRAFT, Buffer.from('half a'));
    await world.recover();
    expect(world.disk.paths).not.to.include(DRAFT);
  });

  describe('sets a torn tail aside', () => {
    const aside = `${JOURNAL}.torn-${whole.length}`;

    beforeEach(() => {
      world.disk.put(JOURNAL, Buffer.concat([whole, tail]));
    });

    it('and goes on from what stands before it', async () => {
      assertFold(await world.recover(), facts);
      expect(world.disk.bytesOf(JOURNAL)).to.deep.equal(whole);
      expect(world.disk.bytesOf(`${aside}-1`)).to.deep.equal(tail);
    });

    it('with a warning that says where it was and where it is', async () => {
      await world.recover();
      expect(world.logger.lines[0]).to.deep.equal({
        level: 'warn',
        message:
          `The state file ${JOURNAL} ended in an incomplete batch at byte ${whole.length}, ` +
          `as a crash leaves it. It was cut off and kept as state.torn-${whole.length}-1`,
        fields: { file: JOURNAL, offset: whole.length, bytes: tail.length, aside: `${aside}-1` },
      });
    });

    it('beside those of earlier crashes', async () => {
      world.disk.put(`${aside}-1`, Buffer.from('earlier'));
      await world.recover();
      expect(world.disk.bytesOf(`${aside}-1`).toString()).to.equal('earlier');
      expect(world.disk.bytesOf(`${aside}-2`)).to.deep.equal(tail);
    });

    it('for good before it is cut', async () => {
      const cut = world.interruptAt(
        ({ kind }) => kind === 'truncate',
        () => world.disk.losePower(),
      );
      await Promise.race([world.recover(), cut]);
      expect(world.disk.bytesOf(`${aside}-1`)).to.deep.equal(tail);
    });

    it('or not at all when the disk is full, and is as it was', async () => {
      world.decide = deciding(
        { failWith: 'ENOSPC', afterBytes: 7 },
        ({ kind }) => kind === 'write',
      );
      const { code, message } = await refusal(world.recover());
      expect(code).to.equal('unavailable');
      expect(message).to.include('the disk is full. Make room and start again');
      expect(world.disk.bytesOf(JOURNAL)).to.deep.equal(Buffer.concat([whole, tail]));
      expect(world.disk.paths).not.to.include(`${aside}-1`);
    });
  });

  describe('leaves everything as it was, and nothing open, when it refuses', () => {
    const refused: readonly (readonly [string, Buffer, string])[] = [
      ['damage', Buffer.concat([headerLine(), Buffer.from('x\n'), batchLine(1, [])]), 'damaged'],
      ['a contradiction', Buffer.concat([headerLine(), batchLine(1, [ended(1)])]), 'damaged'],
      ['a stranger', Buffer.from('\x01$2ce80fb6-81ed-4f95-9d01-6c2a4f1f0b9e'), 'unavailable'],
    ];
    for (const [what, bytes, code] of refused) {
      it(what, async () => {
        world.disk.put(JOURNAL, bytes);
        expect(await refusal(world.recover())).to.have.property('code', code);
        expect(world.disk.bytesOf(JOURNAL)).to.deep.equal(bytes);
        expect(world.disk.paths).to.deep.equal([JOURNAL, `${JOURNAL}.lock`]);

        world.disk.put(JOURNAL, whole);
        assertFold(await world.recover(), facts);
      });
    }
  });

  describe('makes durable what it read before anyone relies on it', () => {
    it('though a sync failed in the life before, and what it left is in memory only', async () => {
      const store = await world.open();
      world.decide = deciding({ failWith: 'EIO' }, ({ kind }) => kind === 'sync-data');
      await refusal(store.append([granted(1)]));
      await store.close();
      world.decide = () => undefined;
      assertFold(await world.recover(), [granted(1)]);

      world.disk.losePower();
      assertFold(await world.recover(), [granted(1)]);
    });

    it('though a process died between a write and its sync', async () => {
      const store = await world.open();
      const atSync = world.interruptAt(
        ({ kind }) => kind === 'sync-data',
        () => world.disk.killAll(),
      );
      await Promise.race([store.append([granted(1)]), atSync]);
      assertFold(await world.recover(), [granted(1)]);

      world.disk.losePower();
      assertFold(await world.recover(), [granted(1)]);
    });
  });

  describe('says of a disk that refuses what is the matter and what to do', () => {
    const failures: readonly (readonly [string, DiskOperation['kind'], string, RegExp])[] = [
      ['a folder it may not enter', 'kind-of', 'EACCES', /permission is denied\. Let the server/],
      ['a file it may not read', 'open', 'EACCES', /permission is denied\. Let the server read/],
      ['a file it may not write', 'open', 'EPERM', /permission is denied\. Let the server read/],
      ['a disk that can only be read', 'open', 'EROFS', /can only be read\. Name a file on one/],
      ['a full disk', 'open', 'ENOSPC', /the disk is full\. Make room and start again/],
      ['a used quota', 'write', 'EDQUOT', /quota is used up\. Make room and start again/],
      ['a name too long', 'open', 'ENAMETOOLONG', /its name is too long\. Name another file/],
      ['links in a circle', 'kind-of', 'ELOOP', /links lead in a circle\. Name the file itself/],
      ['a path through a file', 'kind-of', 'ENOTDIR', /part of its path is not a folder/],
      ['a bad disk', 'read', 'EIO', /EIO: read .*\. Mend that and start again\.$/],
      ['a sync that fails', 'sync-all', 'EIO', /EIO: sync-all .*\. Mend that and start again\.$/],
      ['a disk without locks', 'lock', 'ENOLCK', /ENOLCK: lock .*\. Mend that and start again\.$/],
    ];
    for (const [what, kind, failWith, message] of failures) {
      it(what, async () => {
        world.decide = deciding({ failWith }, (operation) => operation.kind === kind);
        const error = await refusal(world.recover());
        expect(error.code).to.equal('unavailable');
        expect(error.message).to.match(/^The state file \/data\/state cannot be used: /);
        expect(error.message).to.match(message);
        expect(error.cause).to.have.property('code', failWith);
      });
    }
  });

  it('lets go of everything, whatever fails', async () => {
    world.disk.put(JOURNAL, Buffer.concat([whole, tail]));
    await world.recover();
    const operationCount = world.operations.length;
    for (let failing = 0; failing < operationCount; failing += 1) {
      world = new JournalWorld();
      world.disk.put(JOURNAL, Buffer.concat([whole, tail]));
      world.decide = deciding({ failWith: 'EIO' }, ({ kind }) => {
        return world.operations.length === failing + 1 && kind !== 'close';
      });
      await Promise.allSettled([world.recover()]);
      assertFold(await world.recover(), facts);
    }
  });

  describe('on the disk of the machine', () => {
    let folder: SpecFolder;

    beforeEach(() => {
      folder = new SpecFolder();
    });

    afterEach(() => folder.remove());

    function newStore(file: string): JournalStateStore {
      return new JournalStateStore({ file, logger: new RecordingLogger() });
    }

    const paths: readonly (readonly [string, (folder: SpecFolder) => string, RegExp])[] = [
      ['a folder', ({ path }) => path, /it is a folder\. Name a file in it/],
      ['a device', () => '/dev/null', /it is a device, socket or pipe\. Name a plain file/],
      [
        'a folder that is missing',
        (at) => at.file('b/state'),
        /folder does not exist\. Create the/,
      ],
      ['a file for a folder', (at) => at.file('file/state'), /part of its path is not a folder/],
      ['a link to nowhere', (at) => at.file('nowhere'), /its folder does not exist/],
      ['a link to itself', (at) => at.file('circle'), /links lead in a circle/],
      ['no path', () => '', /its folder does not exist/],
      ['a path with NUL', () => 'a\0b', /Mend that and start again/],
      ['a name too long', (at) => at.file('x'.repeat(300)), /its name is too long/],
    ];
    for (const [what, pathIn, message] of paths) {
      it(`refuses ${what}`, async () => {
        writeFileSync(folder.file('file'), '');
        symlinkSync('missing/state', folder.file('nowhere'));
        symlinkSync('circle', folder.file('circle'));
        const error = await refusal(newStore(pathIn(folder)).open());
        expect(error.code).to.equal('unavailable');
        expect(error.message).to.match(message);
      });
    }

    it('makes files that their owner alone may read', async () => {
      const store = newStore(folder.file('state'));
      await store.open();
      await store.close();
      const modes = readdirSync(folder.path).map(
        (name) => statSync(folder.file(name)).mode & 0o777,
      );
      expect(modes).to.deep.equal([0o600, 0o600]);
    });

    it('follows a link, so that compaction leaves it in place', async () => {
      mkdirSync(folder.file('data'));
      symlinkSync('data/state', folder.file('link'));
      const journal = await openJournal({
        file: folder.file('link'),
        fileSystem: nodeFileSystem,
        logger: new RecordingLogger(),
      });
      await journal.file.file.close();
      await journal.guard.close();
      expect(journal.path).to.equal(await nodeFileSystem.realPath(folder.file('data/state')));
      expect(readdirSync(folder.path)).to.deep.equal(['data', 'link']);
    });

    it('refuses a second server that comes by a link', async () => {
      symlinkSync('state', folder.file('link'));
      const store = newStore(folder.file('state'));
      await store.open();
      const { code, message } = await refusal(newStore(folder.file('link')).open());
      await store.close();
      expect(code).to.equal('in-use');
      expect(message).to.match(/^The state file .*\/state is in use by another server\. Stop that/);
    });
  });
});
