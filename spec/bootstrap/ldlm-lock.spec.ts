import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { FOREVER } from '../../domain/instant.js';
import { IpcWorld, pagesOf } from '../adapters/inbound/ipc/ipc-world.js';
import { runProgram, spawnProgram } from '../support/server-process.js';
import { someHolder } from '../support/some-holder.js';

describe('ldlm-lock', () => {
  let world: IpcWorld;

  beforeEach(() => {
    world = new IpcWorld();
  });

  afterEach(async () => {
    await world.close();
  });

  it('lists what a server holds, found by the environment', async () => {
    await world.listen();
    world.administration.pages = () =>
      pagesOf([someHolder({ name: '鍵🔒', key: 'k', expiresAt: FOREVER })]);
    const environment = { LDLM_IPC_SOCKET_FILE: world.path };
    expect(await runProgram('ldlm-lock', ['list'], environment)).to.deep.equal({
      code: 0,
      signal: null,
      stdout: '{Name: 鍵🔒, Key: k, Size: 1}\n',
      stderr: '',
    });
  });

  it('unlocks', async () => {
    await world.listen();
    world.administration.answer = async ({ key = '' }) => ({ kind: 'revoked', key });
    const ran = await runProgram('ldlm-lock', ['unlock', '-s', world.path, '鍵🔒', 'k']);
    expect(ran).to.include({ code: 0, stdout: 'Unlocked: 鍵🔒\n', stderr: '' });
    expect(world.administration.revokeRequests).to.deep.equal([{ name: '鍵🔒', key: 'k' }]);
  });

  it('fails with one line where a killed server left its socket', async () => {
    await world.leaveStaleSocket();
    const ran = await runProgram('ldlm-lock', ['-s', world.path, 'list']);
    expect(ran).to.include({ code: 1, stdout: '' });
    expect(ran.stderr).to.match(
      /^ldlm-lock: error: nothing listens on the socket .*Is the ldlm server running\?.*\n$/,
    );
    expect(existsSync(world.path)).to.equal(true);
  });

  it('prints its help as the first README had it', async () => {
    const ran = await runProgram('ldlm-lock', ['-help']);
    expect(ran).to.include({ code: 0, stderr: '' });
    expect(ran.stdout).to.include('Usage: ldlm-lock list');
  });

  it('prints the version of the package', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    const ran = await runProgram('ldlm-lock', ['--version']);
    expect(ran).to.include({ code: 0, stdout: `ldlm-lock ${version}\n` });
  });

  it('ends with status 80 and one line when it is misused', async () => {
    const ran = await runProgram('ldlm-lock', []);
    expect(ran).to.include({ code: 80, stdout: '' });
    expect(ran.stderr).to.match(
      /^ldlm-lock: error: expected a command, list, .* or completion; .*\n$/,
    );
  });

  it('ends quietly when its reader goes, as head does', async () => {
    await world.listen();
    const page = Array.from({ length: 10_000 }, () => someHolder());
    world.administration.pages = () => pagesOf(page);
    const child = spawnProgram('ldlm-lock', ['-s', world.path, 'list']);
    let stderr = '';
    child.stderr?.on('data', (chunk) => {
      stderr += String(chunk);
    });
    child.stdout?.once('data', () => child.stdout?.destroy());
    const [code] = await once(child, 'close');
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
  });
});
