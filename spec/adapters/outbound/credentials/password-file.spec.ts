import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import {
  PasswordFileError,
  readPasswordFile,
} from '../../../../adapters/outbound/credentials/password-file.js';
import { SpecFolder } from '../../../support/server-process.js';

describe('readPasswordFile', () => {
  let folder: SpecFolder;
  let file: string;

  beforeEach(() => {
    folder = new SpecFolder();
    file = folder.file('password');
  });

  afterEach(() => {
    folder.remove();
  });

  for (const [written, password] of [
    ['sesame', 'sesame'],
    ['sesame\n', 'sesame'],
    ['sesame\r\n', 'sesame'],
    [' sesame \n', ' sesame '],
    ['Öffne dich: 鍵🔒', 'Öffne dich: 鍵🔒'],
    ['\ufeffsesame\r\n', 'sesame'],
    ['x'.repeat(4_096), 'x'.repeat(4_096)],
  ] as const) {
    it(`reads ${JSON.stringify(written.slice(0, 20))}`, async () => {
      writeFileSync(file, written);
      expect(await readPasswordFile(file)).to.equal(password);
    });
  }

  async function failure(): Promise<Error> {
    return readPasswordFile(file).then(
      () => expect.fail('it was read'),
      (error: Error) => error,
    );
  }

  for (const [what, written, reason] of [
    ['an empty file', '', 'is empty; write the password into it'],
    ['an empty line', '\n', 'is empty; write the password into it'],
    ['two lines', 'Zq7\n\n', 'must hold one line of 1 to 4096 characters'],
    ['a zero byte', 'Zq7\0', 'must hold one line of 1 to 4096 characters'],
    ['too long a line', 'Zq7'.repeat(1_366), 'must hold one line of 1 to 4096 characters'],
    ['a file without an end', 'Zq7'.repeat(100_000), 'must hold one line of 1 to 4096 characters'],
    ['no text', Buffer.from([0x5a, 0xff]), 'is not text; write the password as UTF-8'],
  ] as const) {
    it(`refuses ${what}, and shows nothing of it`, async () => {
      writeFileSync(file, written);
      const error = await failure();
      expect(error).to.be.instanceOf(PasswordFileError);
      expect(error.message).to.equal(`password file ${file} ${reason}`);
    });
  }

  it('refuses a file that is not there', async () => {
    expect((await failure()).message).to.equal(
      `password file ${file} cannot be read: no such file or directory`,
    );
  });

  it('refuses a folder', async () => {
    file = folder.path;
    expect((await failure()).message).to.match(/cannot be read: illegal operation on a directory$/);
  });
});
