import { once } from 'node:events';
import { existsSync, readFileSync, statSync, watch, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect } from 'chai';
import { GrpcWorldClient } from '../support/grpc-world.js';
import { RawGrpcClient } from '../support/raw-grpc-call.js';
import { runProgram, ServerProcess, SpecFolder, spawnProgram } from '../support/server-process.js';

/** Waits for the event of a file's appearance. */
async function untilExists(file: string): Promise<void> {
  const watcher = watch(dirname(file));
  while (!existsSync(file)) {
    await once(watcher, 'change');
  }
  watcher.close();
}

describe('ldlm-server', function () {
  this.timeout(30_000);
  let folder: SpecFolder;
  let servers: ServerProcess[];

  beforeEach(() => {
    folder = new SpecFolder();
    servers = [];
  });

  afterEach(async () => {
    await Promise.all(servers.map((server) => server.end('SIGKILL')));
    folder.remove();
  });

  async function start(...args: string[]): Promise<ServerProcess> {
    const server = await ServerProcess.start(folder, args);
    servers.push(server);
    return server;
  }

  it('serves a client and says where it listens in a line of the reference’s form', async () => {
    const server = await start();
    const client = new GrpcWorldClient(server.address);
    expect(await client.call('Lock', { name: 'a' })).to.include({ locked: true });
    client.close();
    const line = server.lines.find((one) => one.includes('gRPC server started')) ?? '';
    expect(Object.keys(JSON.parse(line))).to.deep.equal(['time', 'level', 'msg']);
    expect(JSON.parse(line)).to.include({
      level: 'WARN',
      msg: `gRPC server started. Listening on ${server.address}`,
    });
  });

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) {
    it(`keeps every held lock over ${signal} and a restart, exits 0 and removes its socket`, async () => {
      const stateFile = folder.file('state');
      const first = await start('-s', stateFile);
      const client = new GrpcWorldClient(first.address);
      const { key } = await client.call('Lock', { name: 'a' });
      await client.call('Lock', { name: 'b', size: 2 });
      expect(await first.end(signal)).to.deep.equal({ code: 0, signal: null });
      expect(existsSync(first.socketFile)).to.equal(false);
      client.close();
      const second = await start('-s', stateFile);
      const again = new GrpcWorldClient(second.address);
      expect(await again.call('TryLock', { name: 'a' })).not.to.have.property('locked');
      expect(await again.call('Unlock', { name: 'a', key })).to.include({ unlocked: true });
      again.close();
    });
  }

  it('answers a waiter UNAVAILABLE when it stops', async () => {
    const server = await start();
    const client = new GrpcWorldClient(server.address);
    await client.call('Lock', { name: 'a' });
    const waiting = client.call('Lock', { name: 'a' });
    // The answer to a later call on the same connection shows that the waiting one has arrived.
    await client.call('TryLock', { name: 'a' });
    const ended = server.end('SIGTERM');
    expect(await waiting).to.include({
      status: 14,
      details: 'the server is stopping; try again shortly',
    });
    expect(await ended).to.deep.equal({ code: 0, signal: null });
    client.close();
  });

  it('ends at once at a second signal, when the first is still waiting for a call', async () => {
    const server = await start();
    const client = new RawGrpcClient(server.address);
    const unfinished = client.open('/ldlm.LDLM/Lock');
    await client.call('/ldlm.LDLM/TryLock', new Uint8Array());
    server.signal('SIGTERM');
    await server.untilLine(/"msg":"Stopping"/);
    expect(await server.end('SIGTERM')).to.deep.equal({ code: 1, signal: null });
    unfinished.destroy();
    await client.close();
  });

  it('records the unlock of a restored lock by its owner', async () => {
    const stateFile = folder.file('state');
    const first = await start('-s', stateFile);
    const client = new GrpcWorldClient(first.address);
    const { key } = await client.call('Lock', { name: 'a' });
    await first.end('SIGKILL');
    client.close();
    const second = await start('-s', stateFile);
    const again = new GrpcWorldClient(second.address);
    expect(await again.call('Unlock', { name: 'a', key })).to.include({ unlocked: true });
    await second.end('SIGKILL');
    again.close();
    const third = await start('-s', stateFile);
    const last = new GrpcWorldClient(third.address);
    expect(await last.call('TryLock', { name: 'a' })).to.include({ locked: true });
    last.close();
  });

  it('gives higher fencing tokens after a restart than before', async () => {
    const stateFile = folder.file('state');
    const first = await start('-s', stateFile);
    const client = new GrpcWorldClient(first.address);
    const before = await client.call('Lock', { name: 'a' });
    await first.end('SIGKILL');
    client.close();
    const second = await start('-s', stateFile);
    const again = new GrpcWorldClient(second.address);
    const after = await again.call('Lock', { name: 'b' });
    expect(after.fencing_token).to.be.greaterThan(before.fencing_token ?? Infinity);
    again.close();
  });

  it('takes over the socket and the state file of a killed server', async () => {
    const stateFile = folder.file('state');
    const first = await start('-s', stateFile);
    await first.end('SIGKILL');
    expect(existsSync(first.socketFile)).to.equal(true);
    const second = await start('-s', stateFile);
    expect(statSync(second.socketFile).mode & 0o777).to.equal(0o600);
  });

  it('has `ldlm-lock list` and `ldlm-lock unlock` work and be recorded', async () => {
    const stateFile = folder.file('state');
    const server = await start('-s', stateFile);
    const client = new GrpcWorldClient(server.address);
    const { key } = await client.call('Lock', { name: 'b c', size: 2 });
    const socket = ['-s', server.socketFile];
    const listed = await runProgram('ldlm-lock', [...socket, 'list']);
    expect(listed).to.include({ code: 0, stdout: `{Name: b c, Key: ${key}, Size: 2}\n` });
    const unlocked = await runProgram('ldlm-lock', [...socket, 'unlock', 'b c']);
    expect(unlocked).to.include({ code: 0, stderr: '' });
    client.close();
    await server.end('SIGKILL');
    const again = await start('-s', stateFile);
    const after = await runProgram('ldlm-lock', ['-s', again.socketFile, 'list']);
    expect(after.stdout).to.equal('No locks found\n');
  });

  it('says nothing at the level error while it runs well', async () => {
    const quiet = folder.file('quiet.sock');
    const args = ['-l', '127.0.0.1:0', '-v', 'error', '--ipc_socket_file', quiet];
    const child = spawnProgram('ldlm-server', args);
    let stderr = '';
    child.stderr?.on('data', (chunk) => {
      stderr += String(chunk);
    });
    await untilExists(quiet);
    child.kill('SIGTERM');
    const [code] = await once(child, 'close');
    expect({ stderr, code }).to.deep.equal({ stderr: '', code: 0 });
  });

  for (const [what, args, message] of [
    ['an unknown flag', ['--nope'], /--nope/],
    ['a duration without a unit', ['-d', '10'], /unit/],
    ['a state file in a folder that is not there', ['-s', '/nonexistent/state'], /\/nonexistent/],
    ['a folder as state file', ['-s', '/'], /folder/],
    ['an address without a port', ['-l', 'nonsense'], /port/],
    ['a missing config file', ['-c', '/nonexistent.yaml'], /nonexistent\.yaml/],
    ['TLS, which is to come', ['--tls_cert', 'x.pem'], /not available yet/],
  ] as const) {
    it(`refuses ${what} with one line on stderr and a non-zero exit`, async () => {
      const given = (args as readonly string[]).includes('-l') ? [] : ['-l', '127.0.0.1:0'];
      const ran = await runProgram('ldlm-server', ['--ipc_socket_file', '', ...given, ...args]);
      expect(ran.code).to.equal(1);
      expect(ran.stdout).to.equal('');
      const lines = ran.stderr.trimEnd().split('\n');
      expect(lines, ran.stderr).to.have.length(1);
      expect(lines[0]).to.match(message);
    });
  }

  it('refuses a second server on the same address, and on the same state file', async () => {
    const stateFile = folder.file('state');
    const server = await start('-s', stateFile);
    const other = ['--ipc_socket_file', '', '-v', 'error'];
    const onAddress = await runProgram('ldlm-server', ['-l', server.address, ...other]);
    expect(onAddress).to.have.property('code', 1);
    expect(onAddress.stderr).to.contain(server.address);
    const onFile = ['-l', '127.0.0.1:0', '-s', stateFile, ...other];
    const refused = await runProgram('ldlm-server', onFile);
    expect(refused).to.have.property('code', 1);
    expect(refused.stderr).to.contain(stateFile);
  });

  it('refuses a state file that is none of its own, and leaves it as it is', async () => {
    const stateFile = folder.file('state');
    writeFileSync(stateFile, Buffer.from('\x01$2ce80fb6-81ed-4f95-9d0', 'latin1'));
    const before = readFileSync(stateFile);
    const args = ['-l', '127.0.0.1:0', '--ipc_socket_file', '', '-s', stateFile];
    const ran = await runProgram('ldlm-server', args);
    expect(ran.code).to.equal(1);
    expect(ran.stderr).to.contain(stateFile);
    expect(readFileSync(stateFile).equals(before)).to.equal(true);
  });

  for (const flag of ['--help', '-h', '-help']) {
    it(`prints its flags for ${flag}`, async () => {
      const ran = await runProgram('ldlm-server', [flag]);
      expect(ran).to.include({ code: 0, stderr: '' });
      expect(ran.stdout).to.contain('--listen_address').and.to.contain('localhost:3144');
    });
  }

  it('prints its version for --version', async () => {
    const ran = await runProgram('ldlm-server', ['--version']);
    expect(ran).to.include({ code: 0, stderr: '' });
    expect(ran.stdout).to.match(/^Version: \d+\.\d+\.\d+/);
  });
});
