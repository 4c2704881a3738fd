import { once } from 'node:events';
import { existsSync, lstatSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { expect } from 'chai';
import { IpcListenError } from '../../../../adapters/inbound/ipc/ipc-listen-error.js';
import { SocketFile } from '../../../../adapters/inbound/ipc/socket-file.js';
import { IpcWorld } from './ipc-world.js';

describe('SocketFile', () => {
  let world: IpcWorld;
  let servers: Server[];

  beforeEach(() => {
    world = new IpcWorld();
    servers = [];
  });

  afterEach(async () => {
    for (const server of servers) {
      server.close();
    }
    await world.close();
  });

  function newServer(): Server {
    const server = createServer((socket) => socket.destroy());
    servers.push(server);
    return server;
  }

  function bind(path = world.path): Promise<SocketFile> {
    return SocketFile.bind(newServer(), path);
  }

  async function bindError(path = world.path): Promise<IpcListenError> {
    const outcome: unknown = await bind(path).catch((error: unknown) => error);
    expect(outcome).to.be.instanceOf(IpcListenError);
    return outcome as IpcListenError;
  }

  it('is for its owner alone, whatever the mask of the process', async () => {
    const mask = process.umask(0);
    try {
      await bind();
    } finally {
      process.umask(mask);
    }
    expect(lstatSync(world.path).mode & 0o777).to.equal(0o600);
  });

  it('leaves the mask of the process as it was', async () => {
    const mask = process.umask(0o027);
    try {
      const binding = bind();
      expect(process.umask(0o027)).to.equal(0o027);
      await binding;
    } finally {
      process.umask(mask);
    }
  });

  it('is removed with the end of its server', async () => {
    const file = await bind();
    file.close();
    expect(existsSync(world.path)).to.equal(false);
  });

  it('takes the place of a socket that a killed server left', async () => {
    await world.leaveStaleSocket();
    await bind();
    expect(await world.converse('')).to.equal('');
  });

  it('takes the place of such a socket for one of two servers that start at once', async () => {
    await world.leaveStaleSocket();
    const outcomes = await Promise.allSettled([bind(), bind()]);
    const losers = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(losers.map(({ reason }) => (reason as IpcListenError).code)).to.deep.equal(['in-use']);
    expect(await world.converse('')).to.equal('');
  });

  it('refuses the path of a server that lives, which goes on', async () => {
    await world.listen();
    const error = await bindError();
    expect(error.code).to.equal('in-use');
    expect(error.message).to.equal(
      `another server listens on the socket ${world.path}: stop that server, ` +
        'or give another path with --ipc_socket_file',
    );
    expect(await world.converse('{"v":1,"method":"list"}\n')).to.include('"end":true');
  });

  const others: readonly (readonly [string, (path: string) => void])[] = [
    ['a file', (path) => writeFileSync(path, 'precious')],
    ['a folder', (path) => mkdirSync(path)],
    ['something else', (path) => symlinkSync('/nowhere', path)],
  ];
  for (const [what, make] of others) {
    it(`refuses and leaves alone ${what} at its path`, async () => {
      make(world.path);
      const before = lstatSync(world.path);
      const error = await bindError();
      expect(error.code).to.equal('not-a-socket');
      expect(error.message).to.include(
        `${world.path} is ${what}, not a socket, and was left alone`,
      );
      expect(lstatSync(world.path)).to.deep.equal(before);
    });
  }

  const bad: readonly (readonly [string, () => string, string, RegExp])[] = [
    ['a path too long', () => world.path.padEnd(200, 'x'), 'path-invalid', /is 200 bytes long/],
    ['a missing folder', () => `${world.path}/x`, 'folder-missing', /create .*ipc\.sock, or/],
    ['a file as a folder', () => `${fileIn(world)}/x`, 'folder-missing', /does not exist/],
    // Not even root may make files here.
    ['a folder of the kernel', () => '/proc/ldlm.sock', 'no-permission', /write in \/proc, or/],
    ['a folder that is a loop', () => `${loopIn(world)}/x`, 'failed', /cannot listen on .*ELOOP/],
  ];
  for (const [what, path, code, message] of bad) {
    it(`says what to do about ${what}`, async () => {
      const error = await bindError(path());
      expect(error.code).to.equal(code);
      expect(error.message).to.match(message).and.to.include('--ipc_socket_file');
    });
  }

  it('is not removed if another has taken its place', async () => {
    const server = newServer();
    const file = await SocketFile.bind(server, world.path);
    renameSync(world.path, world.folder.file('elsewhere.sock'));
    await world.listen();
    const closed = once(server, 'close');
    file.close();
    await closed;
    expect(await world.converse('{"v":1,"method":"list"}\n')).to.include('"end":true');
  });
});

function fileIn(world: IpcWorld): string {
  const file = world.folder.file('file');
  writeFileSync(file, '');
  return file;
}

function loopIn(world: IpcWorld): string {
  const loop = world.folder.file('loop');
  symlinkSync(loop, loop);
  return loop;
}
