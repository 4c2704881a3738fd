import { expect } from 'chai';
import { readWhole, writeWhole } from '../../../../adapters/outbound/journal/whole-transfer.js';
import { CrashingFileSystem } from '../../../support/crashing-file-system.js';

describe('A whole transfer', () => {
  const bytes = Buffer.from('0123456789');

  it('writes the rest when a disk takes only some of the bytes', async () => {
    const disk = new CrashingFileSystem({ decide: () => ({ takeOnly: 3 }) });
    const file = await disk.start().open('/data/a', 'new');
    await writeWhole(file, bytes, 0);
    expect(disk.bytesOf('/data/a')).to.deep.equal(bytes);
  });

  it('reads the rest when a disk gives only some of the bytes', async () => {
    const disk = new CrashingFileSystem({ decide: () => ({ takeOnly: 3 }) });
    disk.put('/data/a', bytes);
    const file = await disk.start().open('/data/a', 'existing-or-new');
    expect(await readWhole(file, { position: 2, length: 7 })).to.deep.equal(bytes.subarray(2, 9));
  });

  it('reads to the end of a file that is shorter than asked for', async () => {
    const disk = new CrashingFileSystem();
    disk.put('/data/a', bytes);
    const file = await disk.start().open('/data/a', 'existing-or-new');
    expect(await readWhole(file, { position: 8, length: 7 })).to.deep.equal(bytes.subarray(8));
  });

  it('fails rather than write for ever to a disk that takes nothing', async () => {
    const disk = new CrashingFileSystem({ decide: () => ({ takeOnly: 0 }) });
    const file = await disk.start().open('/data/a', 'new');
    const [outcome] = await Promise.allSettled([writeWhole(file, bytes, 0)]);
    expect(outcome).to.have.nested.property('reason.message', 'the disk took no byte of a write');
  });
});
