import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, statSync, watch, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { connect } from 'node:tls';
import { type ChannelCredentials, credentials } from '@grpc/grpc-js';
import { expect } from 'chai';
import { Authority, daysFromNow, type Issued } from '../support/certificates.js';
import { GrpcWorldClient } from '../support/grpc-world.js';
import { askHttp } from '../support/http-question.js';
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
    ['TLS without a key', ['--tls_cert', 'x.pem'], /without --tls_key/],
    ['client certificates without TLS', ['--client_cert_verify'], /needs TLS/],
    ['a missing password file', ['--password_file', '/nonexistent/p'], /\/nonexistent\/p/],
    ['a password twice', ['--password', 'x', '--password_file', 'x'], /both given/],
    ['a REST address without a port', ['-r', 'nonsense'], /port/],
    ['an admin address without a port', ['--admin_listen_address', 'nonsense'], /port/],
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

  describe('with TLS', () => {
    let authority: Authority;
    let issued: Issued;

    before(async () => {
      authority = await Authority.create();
      issued = await authority.issue();
    });

    beforeEach(() => write(issued));

    function write({ cert, key }: Issued): void {
      writeFileSync(folder.file('cert.pem'), cert);
      writeFileSync(folder.file('key.pem'), key);
    }

    function tlsFlags(): readonly string[] {
      return ['--tls_cert', folder.file('cert.pem'), '--tls_key', folder.file('key.pem')];
    }

    function trusting(): { readonly credentials: ChannelCredentials } {
      return { credentials: credentials.createSsl(Buffer.from(authority.cert)) };
    }

    /** The certificate that a new connection is shown. */
    async function shownBy(address: string): Promise<string | undefined> {
      const [host, port] = address.split(':');
      const socket = connect({
        host,
        port: Number(port),
        ca: authority.cert,
        servername: 'localhost',
        ALPNProtocols: ['h2', 'http/1.1'],
      });
      await once(socket, 'secureConnect');
      const shown = socket.getPeerX509Certificate()?.toString().trim();
      socket.destroy();
      return shown;
    }

    it('serves gRPC and REST by one certificate, and by its next one, without a restart', async () => {
      const server = await start(...tlsFlags(), '-r', '127.0.0.1:0');
      const rest = server.restAddress;
      const client = new GrpcWorldClient(server.address, trusting());
      expect(await client.call('Lock', { name: 'a' })).to.include({ locked: true });
      expect(await Promise.all([server.address, rest].map(shownBy))).to.deep.equal(
        Array(2).fill(issued.cert),
      );
      const next = await authority.issue();
      write(next);
      await server.logged('TLS certificate reloaded');
      expect(await Promise.all([server.address, rest].map(shownBy))).to.deep.equal(
        Array(2).fill(next.cert),
      );
      expect(await client.call('TryLock', { name: 'b' })).to.include({ locked: true });
      client.close();
    });

    it('refuses a bad new certificate with an error in its log, and keeps the old one', async () => {
      const server = await start(...tlsFlags());
      writeFileSync(folder.file('cert.pem'), 'no certificate');
      server.signal('SIGHUP');
      const line = await server.logged('TLS certificate not reloaded; the one before stays');
      expect(JSON.parse(line)).to.include({ level: 'ERROR' });
      expect(line).to.contain(folder.file('cert.pem'));
      expect(await shownBy(server.address)).to.equal(issued.cert);
    });

    it('takes up certificates on SIGHUP', async () => {
      const server = await start(...tlsFlags());
      server.signal('SIGHUP');
      await server.logged('TLS certificate reloaded');
      expect(await shownBy(server.address)).to.equal(issued.cert);
    });

    it('lets in clients with a certificate of the named authority alone', async () => {
      writeFileSync(folder.file('ca.pem'), authority.cert);
      const server = await start(...tlsFlags(), '--client_ca', folder.file('ca.pem'));
      const { cert, key } = await authority.issue({ purpose: 'client' });
      const root = Buffer.from(authority.cert);
      const own = credentials.createSsl(root, Buffer.from(key), Buffer.from(cert));
      const client = new GrpcWorldClient(server.address, { credentials: own });
      const stranger = new GrpcWorldClient(server.address, trusting());
      expect(await client.call('Lock', { name: 'a' })).to.include({ locked: true });
      expect(await stranger.call('Lock', { name: 'b' })).to.include({ status: 14 });
      client.close();
      stranger.close();
    });

    it('asks the machine’s authorities when none is named', async () => {
      writeFileSync(folder.file('store.pem'), authority.cert);
      const environment = { SSL_CERT_FILE: folder.file('store.pem') };
      const server = await ServerProcess.start(
        folder,
        [...tlsFlags(), '--client_cert_verify'],
        environment,
      );
      servers.push(server);
      const { cert, key } = await authority.issue({ purpose: 'client' });
      const root = Buffer.from(authority.cert);
      const own = credentials.createSsl(root, Buffer.from(key), Buffer.from(cert));
      const client = new GrpcWorldClient(server.address, { credentials: own });
      expect(await client.call('Lock', { name: 'a' })).to.include({ locked: true });
      client.close();
    });

    const spoilt: readonly (readonly [string, () => Promise<void> | void, RegExp])[] = [
      ['a missing certificate', () => rmSync(folder.file('cert.pem')), /cert\.pem cannot be read/],
      ['a missing key', () => rmSync(folder.file('key.pem')), /key\.pem cannot be read/],
      [
        'a certificate that is none',
        () => writeFileSync(folder.file('cert.pem'), 'x'),
        /cert\.pem holds no certificate/,
      ],
      [
        'a key of another certificate',
        async () => writeFileSync(folder.file('key.pem'), (await authority.issue()).key),
        /key\.pem is not the key of/,
      ],
      [
        'an expired certificate',
        async () => {
          write(await authority.issue({ notBefore: daysFromNow(-2), notAfter: daysFromNow(-1) }));
        },
        /cert\.pem: the certificate expired on/,
      ],
      [
        'a certificate whose time is to come',
        async () => write(await authority.issue({ notBefore: daysFromNow(1) })),
        /cert\.pem: the certificate is not valid before/,
      ],
    ];
    for (const [what, spoil, message] of spoilt) {
      it(`refuses ${what} with one line that names the file`, async () => {
        await spoil();
        const args = ['-l', '127.0.0.1:0', '--ipc_socket_file', '', ...tlsFlags()];
        const { code, stdout, stderr } = await runProgram('ldlm-server', args);
        expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' });
        expect(stderr)
          .to.match(/^ldlm-server: [^\n]+\n$/)
          .and.match(message);
      });
    }
  });

  it('outlives SIGHUP without TLS, and says that there is nothing to reload', async () => {
    const server = await start();
    server.signal('SIGHUP');
    await server.logged('There is nothing to reload: TLS is off');
    const client = new GrpcWorldClient(server.address);
    expect(await client.call('Lock', { name: 'a' })).to.include({ locked: true });
    client.close();
  });

  describe('with a password', () => {
    const authorized = { metadata: { authorization: 'Zq7 sesame' } };

    async function expectItAsked(server: ServerProcess): Promise<void> {
      const client = new GrpcWorldClient(server.address, authorized);
      const stranger = new GrpcWorldClient(server.address);
      expect(await client.call('Lock', { name: 'a' })).to.include({ locked: true });
      expect(await stranger.call('Lock', { name: 'b' })).to.include({
        status: 16,
        details: 'missing credentials',
      });
      client.close();
      stranger.close();
      await server.logged('A client was turned away');
      expect(server.lines.join('\n')).not.to.contain('Zq7');
    }

    it('asks clients for it, and shows it in neither its log nor its command line', async () => {
      const server = await start('--password', 'Zq7 sesame', '-v', 'debug');
      expect(readFileSync(`/proc/${server.pid}/cmdline`, 'utf8')).not.to.contain('Zq7');
      await expectItAsked(server);
    });

    it('takes it from a file', async () => {
      writeFileSync(folder.file('password'), 'Zq7 sesame\n');
      await expectItAsked(await start('--password_file', folder.file('password')));
    });

    it('asks REST clients for it, too', async () => {
      const server = await start('--password', 'Zq7 sesame', '-r', '127.0.0.1:0');
      const url = `http://${server.restAddress}/session`;
      const basic = Buffer.from('anyone:Zq7 sesame').toString('base64');
      const shown = { method: 'POST', headers: { authorization: `Basic ${basic}` } };
      expect((await fetch(url, shown)).status).to.equal(201);
      expect((await fetch(url, { method: 'POST' })).status).to.equal(401);
      expect(server.lines.join('\n')).not.to.contain('Zq7');
    });

    it('does not write what its library cannot read of a client', async () => {
      const server = await start('--password', 'Zq7 sesame', '-v', 'debug');
      const client = new RawGrpcClient(server.address);
      const headers = { authorization: 'Zq7 sesam\u00e9' };
      const answer = await client.call('/ldlm.LDLM/Lock', Buffer.from('0a0161', 'hex'), headers);
      expect(answer).to.include({ status: 16 });
      await client.close();
      await server.end();
      expect(server.lines.join('\n')).not.to.contain('Zq7');
    });

    it('says at the start which passwords gRPC clients cannot send', async () => {
      const server = await start('--password', 'sésame');
      expect(server.lines.join('\n')).to.contain('gRPC clients cannot send this password');
    });
  });

  describe('with an admin address', () => {
    async function statusOf(server: ServerProcess): Promise<unknown> {
      const { status, body } = await askHttp(server.adminAddress, { path: '/readyz' });
      return [status, JSON.parse(body)];
    }

    it('is ready once it serves clients', async () => {
      const server = await start('--admin_listen_address', '127.0.0.1:0');
      expect(await statusOf(server)).to.deep.equal([200, { status: 'ready', role: 'leader' }]);
    });

    it('is alive and stopping while it waits for a call to end', async () => {
      const server = await start('--admin_listen_address', '127.0.0.1:0');
      const client = new RawGrpcClient(server.address);
      const unfinished = client.open('/ldlm.LDLM/Lock');
      await client.call('/ldlm.LDLM/TryLock', new Uint8Array());
      server.signal('SIGTERM');
      await server.untilLine(/"msg":"Stopping"/);
      expect(await statusOf(server)).to.deep.equal([503, { status: 'stopping' }]);
      expect(await askHttp(server.adminAddress, { path: '/livez' })).to.include({ status: 200 });
      unfinished.destroy();
      expect(await server.exit).to.deep.equal({ code: 0, signal: null });
      await client.close();
    });

    it('does not begin to serve when that is taken, and says what to do', async () => {
      const server = await start('--admin_listen_address', '127.0.0.1:0');
      const args = ['-l', '127.0.0.1:0', '--ipc_socket_file', '', '-v', 'error'];
      const taken = ['--admin_listen_address', server.adminAddress];
      const ran = await runProgram('ldlm-server', [...args, ...taken]);
      expect(ran).to.include({
        code: 1,
        stderr:
          `ldlm-server: cannot listen on ${server.adminAddress}: another program listens ` +
          'there; stop it, or choose another --admin_listen_address\n',
      });
    });
  });

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
