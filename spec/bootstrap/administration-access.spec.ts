/** `ldlm-lock` over the network, with a server as a process, and what it says of access that is none. */
import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import type { RemoteAccess } from '../../adapters/inbound/cli/server-place.js';
import { connectAdministration } from '../../bootstrap/administration-access.js';
import { Authority } from '../support/certificates.js';
import { runProgram, ServerProcess, SpecFolder } from '../support/server-process.js';

const NONE: RemoteAccess = {
  addresses: ['localhost:3144'],
  password: undefined,
  passwordFile: undefined,
  useTls: false,
  skipVerify: false,
  caFile: undefined,
  tlsCertFile: undefined,
  tlsKeyFile: undefined,
};

describe('connectAdministration', () => {
  const problems: readonly (readonly [string, Partial<RemoteAccess>, RegExp])[] = [
    ['a certificate without its key', { tlsCertFile: 'c' }, /go together: give both or neither$/],
    ['a file that is not there', { caFile: '/nowhere/ca.pem' }, /ENOENT.*ca\.pem/],
    [
      'a file that holds no authority',
      { caFile: 'package.json' },
      /^--ca_file must be in PEM form/,
    ],
    [
      'a file that holds no certificate',
      { tlsCertFile: 'package.json', tlsKeyFile: 'package.json' },
      /must be in PEM form/,
    ],
    ['a password that no header takes', { password: 'ü' }, /printable characters of ASCII$/],
    ['a password file that is not there', { passwordFile: '/nowhere/x' }, /nowhere\/x/],
  ];
  for (const [what, access, message] of problems) {
    it(`says so where there is ${what}`, async () => {
      const place = { at: 'address', access: { ...NONE, ...access } } as const;
      const outcome: unknown = await connectAdministration(place, {}).then(
        (client) => client.close(),
        (error: unknown) => error,
      );
      expect(outcome).to.be.instanceOf(Error).with.property('message').that.matches(message);
    });
  }
});

describe('ldlm-lock --address', function () {
  this.timeout(120_000);
  let folder: SpecFolder;
  let server: ServerProcess;

  beforeEach(() => {
    folder = new SpecFolder();
  });

  afterEach(async () => {
    await server.end('SIGKILL');
    folder.remove();
  });

  it('administers a server with TLS, client certificates and a password', async () => {
    const authority = await Authority.create();
    const [own, operator] = [
      await authority.issue(),
      await authority.issue({ name: 'ops', purpose: 'client' }),
    ];
    const file = (name: string, text: string): string => {
      writeFileSync(folder.file(name), text);
      return folder.file(name);
    };
    const [ca, password] = [file('ca', authority.cert), file('password', 's3cret\n')];
    server = await ServerProcess.start(folder, [
      '--remote_admin',
      ...['--tls_cert', file('cert', own.cert), '--tls_key', file('key', own.key)],
      ...['--client_ca', ca, '--password_file', password],
    ]);
    const address = server.address.replace('127.0.0.1', 'localhost');
    const ran = await runProgram('ldlm-lock', [
      ...['kick', 'nobody', '--address', address, '--ca_file', ca, '--password_file', password],
      ...['--tls_cert', file('c', operator.cert), '--tls_key', file('k', operator.key)],
    ]);
    expect(ran).to.include({
      code: 1,
      stderr: 'there is no such session: give its id, as ldlm-lock sessions shows it\n',
    });
    const line = await server.logged('Session ended by remote administrator: refused');
    expect(JSON.parse(line)).to.have.nested.property('by.certificate', 'CN=ops');
  });

  it('is told what to do by a server that does not let itself be administered', async () => {
    server = await ServerProcess.start(folder);
    const ran = await runProgram('ldlm-lock', ['list', '-a', server.address]);
    expect(ran).to.include({ code: 1, stdout: '' });
    expect(ran.stderr).to.match(/remote administration is off on this server; start it with/);
  });
});
