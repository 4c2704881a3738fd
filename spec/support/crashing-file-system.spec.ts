import { expect } from 'chai';
import type { OpenFile } from '../../adapters/outbound/journal/file-system.js';
import { CrashingFileSystem, type DiskOperation, type Verdict } from './crashing-file-system.js';

describe('CrashingFileSystem', () => {
  let disk: CrashingFileSystem;
  let decide: (operation: DiskOperation) => Verdict | Promise<Verdict>;

  beforeEach(() => {
    decide = () => undefined;
    disk = new CrashingFileSystem({ decide: (operation) => decide(operation), sectorLength: 4 });
  });

  async function kept(path: string, text: string): Promise<OpenFile> {
    const process = disk.start();
    const file = await process.open(path, 'existing-or-new');
    await file.write(Buffer.from(text), 0);
    await file.syncAll();
    await process.syncFolder('/data');
    return file;
  }

  function contentOf(path: string): string {
    return disk.bytesOf(path).toString('latin1');
  }

  it('keeps what was synced when the power goes', async () => {
    await kept('/data/a', 'abc');
    disk.losePower();
    expect(contentOf('/data/a')).to.equal('abc');
  });

  it('loses what was not', async () => {
    const file = await kept('/data/a', 'abc');
    await file.write(Buffer.from('X'), 1);
    disk.losePower();
    expect(contentOf('/data/a')).to.equal('abc');
  });

  it('tears a write between sectors, with zeros where one was lost', async () => {
    const file = await kept('/data/a', 'ab');
    await file.write(Buffer.from('cdefghijkl'), 2);
    const survivors = [false, true, false];
    disk.losePower(() => survivors.shift() ?? false);
    expect(contentOf('/data/a')).to.equal('ab\0\0efgh');
  });

  it('loses or keeps a cut that was not synced', async () => {
    for (const survives of [true, false]) {
      const file = await kept('/data/a', 'abc');
      await file.truncate(1);
      disk.losePower(() => survives);
      expect(contentOf('/data/a')).to.equal(survives ? 'a' : 'abc');
    }
  });

  it('loses or keeps names whose folder was not synced', async () => {
    for (const survives of [true, false]) {
      await kept('/data/a', 'old');
      const process = disk.start();
      const file = await process.open('/data/b', 'new');
      await file.write(Buffer.from('new'), 0);
      await file.syncAll();
      await process.rename({ from: '/data/b', to: '/data/a' });
      disk.losePower(() => survives);
      expect([disk.paths, contentOf('/data/a')]).to.deep.equal([
        ['/data/a'],
        survives ? 'new' : 'old',
      ]);
    }
  });

  it('keeps all that was written when a process is killed', async () => {
    const process = disk.start();
    const file = await process.open('/data/a', 'new');
    await file.write(Buffer.from('abc'), 0);
    process.kill();
    expect(contentOf('/data/a')).to.equal('abc');
  });

  it('frees the locks of a process that is killed', async () => {
    const process = disk.start();
    await (await process.open('/data/a', 'new')).tryLock();
    process.kill();
    const file = await disk.start().open('/data/a', 'existing-or-new');
    expect(await file.tryLock()).to.equal(true);
  });

  it('does nothing more for a process that is killed, nor ends what it had begun', async () => {
    const process = disk.start();
    const file = await process.open('/data/a', 'new');
    decide = () => {
      process.kill();
      return undefined;
    };
    const turn = new Promise((resolve) => setImmediate(resolve, 'nothing'));
    expect(await Promise.race([file.write(Buffer.from('abc'), 0), turn])).to.equal('nothing');
    expect(contentOf('/data/a')).to.equal('');
  });

  it('fails as decided, with a part of the bytes written', async () => {
    const file = await kept('/data/a', 'abc');
    decide = () => ({ failWith: 'ENOSPC', afterBytes: 2 });
    const [outcome] = await Promise.allSettled([file.write(Buffer.from('XYZ'), 3)]);
    expect(outcome).to.have.nested.property('reason.code', 'ENOSPC');
    expect(contentOf('/data/a')).to.equal('abcXY');
  });

  it('never keeps by a later sync what was written before one that failed', async () => {
    const file = await kept('/data/a', 'abc');
    await file.write(Buffer.from('X'), 0);
    decide = () => ({ failWith: 'EIO' });
    await Promise.allSettled([file.syncData()]);
    decide = () => undefined;
    await file.write(Buffer.from('Y'), 2);
    await file.syncData();
    expect(contentOf('/data/a')).to.equal('XbY');
    disk.losePower();
    expect(contentOf('/data/a')).to.equal('abY');
  });

  it('waits with an operation until it is decided', async () => {
    const file = await kept('/data/a', 'abc');
    let goOn: (verdict: Verdict) => void = () => {};
    decide = () =>
      new Promise((resolve) => {
        goOn = resolve;
      });
    const writing = file.write(Buffer.from('X'), 0);
    await new Promise(setImmediate);
    expect(contentOf('/data/a')).to.equal('abc');

    goOn(undefined);
    await writing;
    expect(contentOf('/data/a')).to.equal('Xbc');
  });

  it('tells when an operation has gone well', async () => {
    const told = disk.after('sync-all', '/data/a');
    await kept('/data/a', 'abc');
    await told;
  });
});
