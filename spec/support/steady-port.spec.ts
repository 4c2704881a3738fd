import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { claim, steadyPort } from './steady-port.js';

/** Below all that are. */
const NEVER_GIVEN = 19_999;

const MODULE = new URL('steady-port.ts', import.meta.url).href;

async function claimElsewhere(port: number): Promise<string> {
  const program = `import(${JSON.stringify(MODULE)}).then(({ claim }) => claim(${port})).then(console.log)`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--import',
    'tsx',
    '-e',
    program,
  ]);
  return stdout.trim();
}

describe('A steady port', () => {
  it('is given to nobody else, in this process or another one', async () => {
    const port = await steadyPort();
    expect(await claim(port)).to.equal(false);
    expect(await claimElsewhere(port)).to.equal('false');
    expect(await claimElsewhere(NEVER_GIVEN)).to.equal('true');
  });

  it('can be listened on, again and again', async () => {
    const port = await steadyPort();
    for (let time = 0; time < 2; time += 1) {
      const server = createServer().listen(port, '127.0.0.1');
      await once(server, 'listening');
      server.close();
      await once(server, 'close');
    }
  });
});
