/** The real server under what systemd does: it is told of readiness, reloads, signs of life and the stop, by the real systemd-notify. */
import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { NotifyError, notify } from '../../adapters/outbound/systemd/notify-program.js';
import { GrpcWorldClient } from '../support/grpc-world.js';
import { NotifyReceiver } from '../support/notify-receiver.js';
import { ServerProcess, SpecFolder } from '../support/server-process.js';

describe('ldlm-server under systemd', function () {
  this.timeout(30_000);
  let folder: SpecFolder;
  let receiver: NotifyReceiver;
  let server: ServerProcess | undefined;

  before(() => {
    expect(
      () => execFileSync('systemd-notify', ['--version']),
      'install it (Debian: apt-get install systemd)',
    ).not.to.throw();
  });

  beforeEach(async () => {
    folder = new SpecFolder();
    receiver = await NotifyReceiver.start(folder.file('notify.sock'));
  });

  afterEach(async () => {
    await server?.end('SIGKILL');
    server = undefined;
    await receiver.end();
    folder.remove();
  });

  async function start(environment: Record<string, string>): Promise<ServerProcess> {
    server = await ServerProcess.start(folder, [], environment);
    return server;
  }

  it('is told by one message of any number of assignments', async () => {
    const { socket } = receiver;
    const path = process.env.PATH;
    await notify({ program: 'systemd-notify', socket, path }, ['READY=1', 'STATUS=-x and more']);
    await receiver.received('READY=1');
    expect(receiver.messages).to.deep.equal([['READY=1', 'STATUS=-x and more']]);
  });

  it('refuses where nobody listens', async () => {
    const given = { program: 'systemd-notify', socket: folder.file('nowhere') };
    const reason: unknown = await notify({ ...given, path: process.env.PATH }, ['READY=1']).catch(
      (error: unknown) => error,
    );
    expect(reason).to.be.instanceOf(NotifyError);
    expect((reason as NotifyError).message).to.match(/No such file or directory/);
  });

  it('says that it is ready when it serves, and that it stops', async () => {
    const { socket } = receiver;
    const started = await start({ NOTIFY_SOCKET: socket });
    expect(await receiver.received('READY=1')).to.deep.equal(['READY=1', 'STATUS=Serves clients']);
    expect(await started.end()).to.deep.equal({ code: 0, signal: null });
    await receiver.received('STOPPING=1');
  });

  it('says that it is ready again after a reload', async () => {
    const started = await start({ NOTIFY_SOCKET: receiver.socket });
    await receiver.received('READY=1');
    const from = receiver.lineCount;
    started.signal('SIGHUP');
    await started.logged('There is nothing to reload: TLS is off');
    await receiver.received('READY=1', from);
  });

  it('gives signs of life to a watchdog', async () => {
    // A tenth of a second: whoever waits for the second sign waits for no time, but for an event.
    await start({ NOTIFY_SOCKET: receiver.socket, WATCHDOG_USEC: '100000' });
    await receiver.received('READY=1');
    await receiver.received('WATCHDOG=1');
    await receiver.received('WATCHDOG=1', receiver.lineCount);
  });

  it('serves without systemd-notify, and says once what to do', async () => {
    const nowhere = { PATH: folder.path, WATCHDOG_USEC: '100000' };
    const started = await start({ NOTIFY_SOCKET: receiver.socket, ...nowhere });
    const [line] = await started.untilLine(/^.*systemd-notify.*$/);
    expect(JSON.parse(line)).to.deep.include({ level: 'WARN' });
    expect(line).to.include('install it (Debian: systemd)');
    const client = new GrpcWorldClient(started.address);
    expect(await client.call('Lock', { name: 'a' })).to.include({ locked: true });
    client.close();
    await started.end();
    expect(started.lines.filter((one) => one.includes('systemd-notify'))).to.have.length(1);
    expect(receiver.messages).to.deep.equal([]);
  });
});
