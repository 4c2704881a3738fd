/** The Python clients as released, both eras and both kinds, over TLS and mutual TLS with a password. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { PasswordAdmission } from '../../adapters/outbound/credentials/password-admission.js';
import { Authority, type Issued } from '../support/certificates.js';
import { FakeClock } from '../support/fake-clock.js';
import { GrpcWorld } from '../support/grpc-world.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { SpecFolder } from '../support/server-process.js';
import { PythonEnvironment, RELEASES } from './python-environment.js';

const PROGRAM = fileURLToPath(new URL('python/tls_client.py', import.meta.url));
const run = promisify(execFile);

describe('py-ldlm over TLS', function () {
  this.timeout(60_000);
  let environment: PythonEnvironment;
  let folder: SpecFolder;
  let world: GrpcWorld;
  let ca: string;

  function write(name: string, text: string): string {
    writeFileSync(folder.file(name), text);
    return folder.file(name);
  }

  function writeIssued(name: string, { cert, key }: Issued) {
    return {
      cert_file: write(`${name}-cert.pem`, cert),
      key_file: write(`${name}-key.pem`, key),
    };
  }

  before(async function () {
    this.timeout(240_000); // the first time, it is fetched and installed
    environment = await PythonEnvironment.open();
    folder = new SpecFolder();
    const authority = await Authority.create();
    const [server, client] = [
      await authority.issue(),
      await authority.issue({ purpose: 'client' }),
    ];
    const stranger = await (await Authority.create()).issue({ purpose: 'client' });
    ca = write('ca.pem', authority.cert);
    writeIssued('client', client);
    writeIssued('stranger', stranger);
    world = await GrpcWorld.start({
      tls: { ...server, ca: authority.cert, requestCert: true, rejectUnauthorized: true },
      admission: new PasswordAdmission({
        password: 'sesame',
        clock: new FakeClock(),
        logger: new RecordingLogger(),
      }),
    });
  });

  after(async () => {
    await world.stop();
    folder.remove();
  });

  for (const release of RELEASES) {
    for (const kind of ['Client', 'AsyncClient'] as const) {
      describe(`${release}, ${kind}`, () => {
        async function outcome(own: 'client' | 'stranger', password?: string): Promise<object> {
          const { program, environment: variables } = environment.command(release);
          const tls = {
            ca_file: ca,
            cert_file: folder.file(`${own}-cert.pem`),
            key_file: folder.file(`${own}-key.pem`),
          };
          const options = {
            address: world.address,
            ...(password === undefined ? {} : { password }),
          };
          const given = JSON.stringify({ kind, tls, options });
          const { stdout } = await run(program, [PROGRAM, given], { env: variables });
          return JSON.parse(stdout) as object;
        }

        it('locks and unlocks with certificate and password', async () => {
          expect(await outcome('client', 'sesame')).to.deep.equal({ locked: true });
        });

        it('is refused without the password', async () => {
          expect(await outcome('client')).to.deep.equal({
            status: 'UNAUTHENTICATED',
            details: 'missing credentials',
          });
        });

        it('is refused with another password', async () => {
          expect(await outcome('client', 'simsim')).to.deep.equal({
            status: 'UNAUTHENTICATED',
            details: 'invalid credentials',
          });
        });

        it('is refused with a certificate of another authority', async () => {
          expect(await outcome('stranger', 'sesame')).to.include({ status: 'UNAVAILABLE' });
        });
      });
    }
  }
});
