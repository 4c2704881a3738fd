import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { readPemFile } from '../../../../adapters/outbound/certificates/pem-files.js';
import { CertificateError } from '../../../../ports/outbound/certificates.js';
import { SpecFolder } from '../../../support/server-process.js';

describe('readPemFile', () => {
  let folder: SpecFolder;

  beforeEach(() => {
    folder = new SpecFolder();
  });

  afterEach(() => {
    folder.remove();
  });

  async function failureOf(path: string): Promise<Error> {
    return readPemFile({ title: '--tls_cert x.pem', path }).then(
      () => expect.fail('it was read'),
      (error: Error) => error,
    );
  }

  it('reads a file whole', async () => {
    writeFileSync(folder.file('x.pem'), 'a\nb\n');
    const read = await readPemFile({ title: 'x', path: folder.file('x.pem') });
    expect(read).to.deep.equal({ title: 'x', pem: 'a\nb\n' });
  });

  it('refuses a file that is not there', async () => {
    const error = await failureOf(folder.file('x.pem'));
    expect(error).to.be.instanceOf(CertificateError);
    expect(error.message).to.equal('--tls_cert x.pem cannot be read: no such file or directory');
  });

  it('refuses a folder', async () => {
    expect((await failureOf(folder.path)).message).to.match(/cannot be read: .*directory$/);
  });

  it('refuses a file without end', async () => {
    expect((await failureOf('/dev/zero')).message).to.match(/is longer than 4194304 characters$/);
  });
});
