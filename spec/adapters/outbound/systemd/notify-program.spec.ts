import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { NotifyError, notify } from '../../../../adapters/outbound/systemd/notify-program.js';
import { SpecFolder } from '../../../support/server-process.js';

describe('notify', () => {
  let folder: SpecFolder;

  beforeEach(() => {
    folder = new SpecFolder();
  });

  afterEach(() => {
    folder.remove();
  });

  /** A program in place of systemd-notify. */
  function program(script: string): string {
    const file = folder.file('program');
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    return file;
  }

  async function failure(file: string): Promise<NotifyError> {
    const given = { program: file, socket: folder.file('socket'), path: process.env.PATH };
    const error: unknown = await notify(given, ['READY=1']).catch((reason: unknown) => reason);
    return error instanceof NotifyError ? error : expect.fail(`no NotifyError: ${error}`);
  }

  it('hands down nothing of the environment but the socket and the path', async () => {
    const seen = folder.file('seen');
    const file = program(`env >'${seen}'`);
    await notify({ program: file, socket: 'there', path: '/bin:/usr/bin' }, ['READY=1']);
    const names = readFileSync(seen, 'utf8').trim().split('\n');
    // What the shell itself sets is none of ours, nor what Node hands down to count coverage.
    expect(
      names.filter((line) => !/^(?:PWD|SHLVL|_|OLDPWD|NODE_V8_COVERAGE)=/.test(line)),
    ).to.have.members(['NOTIFY_SOCKET=there', 'PATH=/bin:/usr/bin']);
  });

  it('says that the program is missing', async () => {
    const error = await failure(folder.file('nowhere'));
    expect(error).to.include({ message: 'there is no such program', isMissing: true });
  });

  it('repeats what the program says when it fails', async () => {
    const error = await failure(program('echo "Failed to notify init system" >&2; exit 1'));
    expect(error).to.include({ message: 'Failed to notify init system', isMissing: false });
  });

  it('names the program that fails without a word', async () => {
    const error = await failure(program('exit 1'));
    expect(error.message).to.match(/^Command failed: .*program -- READY=1$/);
  });
});
