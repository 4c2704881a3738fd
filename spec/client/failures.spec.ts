/** The client, the server and the wire as processes, one of which is killed or stopped at the worst moment. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { LdlmClient } from '../../client/ldlm-client.js';
import { ServerProcess, SpecFolder } from '../support/server-process.js';
import { steadyPort } from '../support/steady-port.js';

describe('A client whose server is killed and started again', function () {
  this.timeout(60_000);
  let folder: SpecFolder;
  let server: ServerProcess;
  let client: LdlmClient;
  let args: readonly string[];

  beforeEach(async () => {
    folder = new SpecFolder();
    args = ['-l', `127.0.0.1:${await steadyPort()}`];
  });

  afterEach(async () => {
    await client.close();
    await server.end('SIGKILL');
    folder.remove();
  });

  it('holds what it held, and releases it, on the state file of the one before', async () => {
    args = [...args, '-s', folder.file('state')];
    server = await ServerProcess.start(folder, args);
    client = new LdlmClient({ addresses: [server.address], recoveryWindowMs: 10_000 });
    const kept = await client.lock('kept');
    const timed = await client.lock('timed', { leaseMs: 30_000 });
    const waiting = client.lock('kept');
    await client.tryLock('warm');
    await server.end('SIGKILL');
    const releasing = timed.release();
    server = await ServerProcess.start(folder, args);
    await releasing;
    expect(kept.isHeld).to.equal(true);
    const other = new LdlmClient({ addresses: [server.address] });
    expect(await other.tryLock('kept')).to.equal(null);
    const again = await other.tryLock('timed');
    expect(again?.fencingToken).to.be.greaterThan(timed.fencingToken);
    await kept.release();
    const next = await waiting;
    expect(next.fencingToken).to.be.greaterThan(again?.fencingToken ?? 0);
    await other.close();
  });

  it('knows that it lost all when nothing was kept', async () => {
    server = await ServerProcess.start(folder, args);
    client = new LdlmClient({ addresses: [server.address], recoveryWindowMs: 10_000 });
    const lock = await client.lock('a');
    const lost = once(lock.signal, 'abort');
    await server.end('SIGKILL');
    server = await ServerProcess.start(folder, args);
    await lost;
    expect(lock.signal.reason).to.have.property('reason', 'session-ended');
    expect(lock.isHeld).to.equal(false);
  });

  it('goes over an orderly stop with what it holds, without a loss', async () => {
    args = [...args, '-s', folder.file('state')];
    server = await ServerProcess.start(folder, args);
    client = new LdlmClient({ addresses: [server.address], recoveryWindowMs: 10_000 });
    const draining = once(client, 'draining');
    const lock = await client.lock('a');
    expect(await server.end('SIGTERM')).to.deep.include({ code: 0 });
    await draining;
    const asked = client.lock('b');
    server = await ServerProcess.start(folder, args);
    expect((await asked).isHeld).to.equal(true);
    expect([lock.isHeld, lock.signal.aborted]).to.deep.equal([true, false]);
  });
});

describe('A holder that is stopped beyond its lease', function () {
  this.timeout(60_000);
  let folder: SpecFolder;
  let server: ServerProcess;
  let holder: ChildProcess;

  beforeEach(async () => {
    folder = new SpecFolder();
    server = await ServerProcess.start(folder);
    const args = ['--import', 'tsx', 'spec/support/stopped-holder.ts', server.address];
    holder = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  });

  afterEach(async () => {
    holder.kill('SIGKILL');
    await server.end('SIGKILL');
    folder.remove();
  });

  it('knows when it wakes that it lost; a fenced resource takes no stale write, a careless one does', async () => {
    const lines = createInterface({ input: holder.stdout as NodeJS.ReadableStream });
    const said = lines[Symbol.asyncIterator]();
    const next = async () => ((await said.next()).value as string).split(' ');
    const [, staleToken = ''] = await next();
    holder.kill('SIGSTOP');
    const client = new LdlmClient({ addresses: [server.address] });
    const lock = await client.lock('resource');
    /** The greatest token that the fenced resource has seen, and all that the careless one was given. */
    const fenced = { greatest: 0, writes: [] as number[] };
    const careless: number[] = [];
    const write = (token: number): void => {
      careless.push(token);
      if (token >= fenced.greatest) {
        fenced.greatest = token;
        fenced.writes.push(token);
      }
    };
    write(lock.fencingToken);
    // It is in its input when the holder wakes, before any of its timers.
    holder.stdin?.write('\n');
    holder.kill('SIGCONT');
    const [, token = '', knowledge] = await next();
    write(Number(token));
    expect(token).to.equal(staleToken);
    expect(knowledge).to.equal('knows');
    expect(careless).to.deep.equal([lock.fencingToken, Number(staleToken)]);
    expect(fenced.writes).to.deep.equal([lock.fencingToken]);
    await client.close();
  });
});
