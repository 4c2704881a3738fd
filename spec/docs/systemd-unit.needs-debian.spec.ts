/** Holds the unit for systemd to systemd's own check. */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { SpecFolder } from '../support/server-process.js';

const run = promisify(execFile);
const text = readFileSync('docs/deployment/ldlm-server.service', 'utf8');

describe('The unit for systemd, to systemd,', () => {
  const folder = new SpecFolder();

  after(() => {
    folder.remove();
  });

  /** What `systemd-analyze verify` has to say; the program of the unit need not be installed for that. */
  async function verdictOn(unitText: string): Promise<string> {
    const file = folder.file('ldlm-server.service');
    writeFileSync(file, unitText.replace('/usr/local/bin/ldlm-server', process.execPath));
    const told = await run('systemd-analyze', ['verify', file]).catch((error: unknown) => error);
    const { message, stderr } = told as { readonly message?: string; readonly stderr: string };
    expect(message, 'install it (Debian: apt-get install systemd)').not.to.match(/ENOENT/);
    return stderr;
  }

  it('passes the check of systemd', async () => {
    expect(await verdictOn(text)).to.equal('');
  });

  it('would not pass it with a slip', async () => {
    const slip = text.replace('ProtectSystem=strict', 'ProtectSystem=rather');
    expect(await verdictOn(slip)).to.match(/: Failed to parse .*rather$/m);
  });
});
