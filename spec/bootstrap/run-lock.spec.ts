/** `ldlm-lock run` as a program, with a server. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { LdlmClient } from '../../client/ldlm-client.js';
import { runProgram, ServerProcess, SpecFolder, spawnProgram } from '../support/server-process.js';

describe('ldlm-lock run', function () {
  this.timeout(60_000);
  let folder: SpecFolder;
  let server: ServerProcess;

  beforeEach(async () => {
    folder = new SpecFolder();
    server = await ServerProcess.start(folder);
  });

  afterEach(async () => {
    await server.end('SIGKILL');
    folder.remove();
  });

  it('runs a command under the lock, and ends as it does', async () => {
    const script = 'echo "token $LDLM_FENCING_TOKEN"; exit 7';
    const ran = await runProgram('ldlm-lock', [
      'run',
      '-a',
      server.address,
      'job',
      '--',
      'sh',
      '-c',
      script,
    ]);
    expect(ran).to.include({ code: 7, stderr: '' });
    expect(ran.stdout).to.match(/^token \d{16}\n$/);
  });

  it('does not run it while somebody else holds the lock', async () => {
    const client = new LdlmClient({ addresses: [server.address] });
    await client.lock('job');
    const ran = await runProgram('ldlm-lock', [
      'run',
      '-a',
      server.address,
      '-w',
      '0',
      'job',
      '--',
      'touch',
      folder.file('ran'),
    ]);
    expect(ran).to.include({ code: 1 });
    expect(ran.stderr).to.match(/held by somebody else/);
    expect(existsSync(folder.file('ran'))).to.equal(false);
    await client.close();
  });

  it('kills it when an operator revokes the lock', async () => {
    const child = spawnProgram('ldlm-lock', [
      'run',
      '-a',
      server.address,
      'job',
      '--',
      'sh',
      '-c',
      'echo on; sleep 100',
    ]);
    const ended = once(child, 'close');
    await once(child.stdout as NodeJS.ReadableStream, 'data');
    await runProgram('ldlm-lock', ['unlock', '-s', server.socketFile, 'job']);
    expect(await ended).to.deep.equal([1, null]);
  });

  it('says that no server was reached, and not that the lock was held', async () => {
    await server.end('SIGKILL');
    const ran = await runProgram('ldlm-lock', [
      'run',
      '-a',
      server.address,
      '-w',
      '300ms',
      'job',
      '--',
      'true',
    ]);
    expect(ran).to.include({ code: 1 });
    expect(ran.stderr).to.match(
      /^ldlm-lock: no server is reached yet, and it goes on trying: connect ECONNREFUSED [\d.:]+\nldlm-lock: error: "job" was not had in time: no server could be reached: connect ECONNREFUSED [\d.:]+; see that one runs, and try again\n$/,
    );
  });

  it('says how to give a password to a server that asks for one', async () => {
    await server.end('SIGKILL');
    server = await ServerProcess.start(folder, ['--password', 'right']);
    for (const [password, message] of [
      ['', 'asks for a password: give --password_file FILE, or set LDLM_PASSWORD'],
      ['wrong', 'has another password: see --password_file and LDLM_PASSWORD'],
    ] as const) {
      const words = ['run', '-a', server.address, 'job', '--', 'true'];
      const ran = await runProgram('ldlm-lock', words, { LDLM_PASSWORD: password });
      expect(ran).to.include({ code: 1, stderr: `ldlm-lock: error: the server ${message}\n` });
    }
  });

  it('says what it did not understand', async () => {
    const ran = await runProgram('ldlm-lock', ['run', 'job']);
    expect(ran).to.include({ code: 80 });
    expect(ran.stderr).to.match(
      /^ldlm-lock: error: expected -- and a command: .*; see ldlm-lock --help\n$/,
    );
  });
});
