import { mkdirSync, statSync, symlinkSync } from 'node:fs';
import { expect } from 'chai';
import { codeOf } from '../../../../adapters/outbound/journal/disk-error.js';
import type { FileSystem } from '../../../../adapters/outbound/journal/file-system.js';
import { nodeFileSystem } from '../../../../adapters/outbound/journal/node-file-system.js';
import { CrashingFileSystem } from '../../../support/crashing-file-system.js';
import { SpecFolder } from '../../../support/server-process.js';

/** What the journal relies on, of the machine's file system and of the one that plays it. */
function specifyFileSystem(
  create: () => { readonly fileSystem: FileSystem; readonly folder: string; remove(): void },
): void {
  let place: ReturnType<typeof create>;
  let fileSystem: FileSystem;
  let path: string;

  beforeEach(() => {
    place = create();
    fileSystem = place.fileSystem;
    path = `${place.folder}/a`;
  });

  afterEach(() => place.remove());

  async function codeFrom(outcome: Promise<unknown>): Promise<string | undefined> {
    const [settled] = await Promise.allSettled([outcome]);
    return settled?.status === 'rejected' ? codeOf(settled.reason) : undefined;
  }

  async function contentOf(file: string): Promise<string> {
    const opened = await fileSystem.open(file, 'existing-or-new');
    const room = Buffer.alloc(100);
    const count = await opened.read(room, 0);
    await opened.close();
    return room.toString('latin1', 0, count);
  }

  async function write(file: string, text: string): Promise<void> {
    const opened = await fileSystem.open(file, 'existing-or-new');
    await opened.write(Buffer.from(text), 0);
    await opened.syncAll();
    await opened.close();
  }

  it('creates a file that is not there, and opens it again as it is', async () => {
    await write(path, 'content');
    expect(await contentOf(path)).to.equal('content');
  });

  it('refuses to make anew what is there', async () => {
    await write(path, 'content');
    expect(await codeFrom(fileSystem.open(path, 'new'))).to.equal('EEXIST');
  });

  it('tells a file, a folder and nothing from one another', async () => {
    await write(path, '');
    const kinds = [path, place.folder, `${path}b`].map((at) => fileSystem.kindOf(at));
    expect(await Promise.all(kinds)).to.deep.equal(['file', 'folder', 'nothing']);
  });

  it('writes and reads anywhere in a file', async () => {
    const file = await fileSystem.open(path, 'new');
    expect(await file.write(Buffer.from('abcdef'), 0)).to.equal(6);
    expect(await file.write(Buffer.from('XY'), 2)).to.equal(2);
    await file.syncData();
    const room = Buffer.alloc(4);
    expect(await file.read(room, 1)).to.equal(4);
    expect(room.toString()).to.equal('bXYe');
    expect(await file.size()).to.equal(6);
    await file.close();
  });

  it('reads nothing at the end of a file', async () => {
    const file = await fileSystem.open(path, 'new');
    expect(await file.read(Buffer.alloc(1), 0)).to.equal(0);
    await file.close();
  });

  it('cuts a file, and fills with zeros what is skipped afterwards', async () => {
    const file = await fileSystem.open(path, 'new');
    await file.write(Buffer.from('abcdef'), 0);
    await file.truncate(2);
    await file.write(Buffer.from('g'), 3);
    await file.close();
    expect(await contentOf(path)).to.equal('ab\0g');
  });

  it('puts a file in the place of another that is still open', async () => {
    await write(path, 'old');
    await write(`${path}b`, 'new');
    const old = await fileSystem.open(path, 'existing-or-new');
    await fileSystem.rename({ from: `${path}b`, to: path });
    await fileSystem.syncFolder(place.folder);
    const room = Buffer.alloc(3);
    await old.read(room, 0);
    await old.close();
    expect([await contentOf(path), room.toString()]).to.deep.equal(['new', 'old']);
    expect(await fileSystem.kindOf(`${path}b`)).to.equal('nothing');
  });

  it('removes a file', async () => {
    await write(path, '');
    await fileSystem.unlink(path);
    expect(await fileSystem.kindOf(path)).to.equal('nothing');
  });

  it('locks a file for one opening, until that is closed', async () => {
    const first = await fileSystem.open(path, 'existing-or-new');
    const second = await fileSystem.open(path, 'existing-or-new');
    expect(await first.tryLock()).to.equal(true);
    expect(await second.tryLock()).to.equal(false);
    await first.close();
    expect(await second.tryLock()).to.equal(true);
    await second.close();
  });

  it('fails with ENOENT for what is not there, and in a folder that is not', async () => {
    const outcomes = [
      fileSystem.unlink(path),
      fileSystem.realPath(path),
      fileSystem.rename({ from: path, to: `${path}b` }),
      fileSystem.open(`${path}/b/c`, 'existing-or-new'),
    ];
    const codes = await Promise.all(outcomes.map(codeFrom));
    expect(codes).to.deep.equal(['ENOENT', 'ENOENT', 'ENOENT', 'ENOENT']);
  });

  it('fails with EISDIR to open a folder', async () => {
    expect(await codeFrom(fileSystem.open(place.folder, 'existing-or-new'))).to.equal('EISDIR');
  });

  it('fails with EBADF to use a file that was closed', async () => {
    const file = await fileSystem.open(path, 'new');
    await file.close();
    expect(await codeFrom(file.write(Buffer.from('a'), 0))).to.equal('EBADF');
  });
}

describe('nodeFileSystem', () => {
  specifyFileSystem(() => {
    const folder = new SpecFolder();
    return { fileSystem: nodeFileSystem, folder: folder.path, remove: () => folder.remove() };
  });

  describe('beyond what the fake plays', () => {
    let folder: SpecFolder;

    beforeEach(() => {
      folder = new SpecFolder();
    });

    afterEach(() => folder.remove());

    it('creates files that their owner alone may read', async () => {
      const path = folder.file('a');
      await (await nodeFileSystem.open(path, 'new')).close();
      expect(statSync(path).mode & 0o777).to.equal(0o600);
    });

    it('follows links to the file itself', async () => {
      mkdirSync(folder.file('b'));
      await (await nodeFileSystem.open(folder.file('b/a'), 'new')).close();
      symlinkSync('b/a', folder.file('link'));
      const [link, file] = [folder.file('link'), folder.file('b/a')];
      expect(await nodeFileSystem.realPath(link)).to.equal(await nodeFileSystem.realPath(file));
    });

    it('tells devices from files', async () => {
      expect(await nodeFileSystem.kindOf('/dev/null')).to.equal('other');
    });
  });
});

describe('CrashingFileSystem, as what it plays', () => {
  specifyFileSystem(() => {
    const disk = new CrashingFileSystem();
    return { fileSystem: disk.start(), folder: '/data', remove: () => disk.killAll() };
  });
});
