import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import {
  CertificateFiles,
  type CertificateFilesOptions,
} from '../../../../adapters/outbound/certificates/certificate-files.js';
import { SystemClock } from '../../../../adapters/outbound/clock/system-clock.js';
import { CertificateError, type TlsMaterial } from '../../../../ports/outbound/certificates.js';
import type { Clock } from '../../../../ports/outbound/clock.js';
import { Authority, daysFromNow, type Issued } from '../../../support/certificates.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { RecordingLogger } from '../../../support/recording-logger.js';
import { SpecFolder } from '../../../support/server-process.js';

/** As long as changes are left to settle, and between two looks without any. */
const SETTLING_MS = 500;
const POLLING_MS = 10_000;

describe('CertificateFiles', () => {
  let authority: Authority;
  let first: Issued;
  let second: Issued;
  let folder: SpecFolder;
  let logger: RecordingLogger;
  let files: CertificateFiles;
  let told: TlsMaterial[];
  let onTold: () => void;

  before(async () => {
    authority = await Authority.create();
    [first, second] = [await authority.issue(), await authority.issue()];
  });

  beforeEach(() => {
    folder = new SpecFolder();
    logger = new RecordingLogger('info');
    told = [];
    onTold = () => undefined;
    write(first);
  });

  afterEach(() => {
    files.close();
    folder.remove();
  });

  function write({ cert, key }: Issued): void {
    writeFileSync(folder.file('cert.pem'), cert);
    writeFileSync(folder.file('key.pem'), key);
  }

  function open(clock: Clock, options: Partial<CertificateFilesOptions> = {}): CertificateFiles {
    files = new CertificateFiles({
      certFile: folder.file('cert.pem'),
      keyFile: folder.file('key.pem'),
      clientAuthorities: undefined,
      clock,
      logger,
      ...options,
    });
    return files;
  }

  async function watch(clock: Clock, options?: Partial<CertificateFilesOptions>): Promise<void> {
    await open(clock, options).load();
    files.watch((material) => {
      told.push(material);
      onTold();
    });
    logger.lines.length = 0;
  }

  function untilTold(): Promise<void> {
    return new Promise((resolve) => {
      onTold = resolve;
    });
  }

  /** Resolves once a line of that level is written; the lines before it stay. */
  async function untilLogged(level: string): Promise<void> {
    while (!logger.lines.some((line) => line.level === level)) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  function fieldsOf(level: string): readonly unknown[] {
    return logger.lines.filter((line) => line.level === level).map(({ fields }) => fields);
  }

  describe('load', () => {
    const clock = new SystemClock();

    it('gives what the files hold, and says until when it can be used', async () => {
      const material = await open(clock).load();
      expect(material).to.include({ ...first, ca: undefined });
      expect(logger.lines).to.deep.equal([
        {
          level: 'info',
          message: 'TLS certificate loaded',
          fields: { expires: new Date(material.expiresAt).toISOString() },
        },
      ]);
    });

    it('gives the authority that is to vouch for clients', async () => {
      writeFileSync(folder.file('ca.pem'), authority.cert);
      const clientAuthorities = { file: folder.file('ca.pem') };
      expect(await open(clock, { clientAuthorities }).load()).to.include({ ca: authority.cert });
    });

    it('gives those whom the machine trusts when none is named', async () => {
      writeFileSync(folder.file('store.pem'), authority.cert);
      const environment = { SSL_CERT_FILE: folder.file('store.pem') };
      const options = { clientAuthorities: 'system', environment } as const;
      expect(await open(clock, options).load()).to.include({ ca: authority.cert });
    });

    for (const [what, prepare, message] of [
      [
        'certificate',
        () => rmSync(folder.file('cert.pem')),
        /^--tls_cert \S+cert\.pem cannot be read/,
      ],
      ['key', () => rmSync(folder.file('key.pem')), /^--tls_key \S+key\.pem cannot be read/],
    ] as const) {
      it(`rejects without a ${what}, and names the file`, async () => {
        prepare();
        const failure = await open(clock)
          .load()
          .catch((error: Error) => error);
        expect(failure).to.be.instanceOf(CertificateError);
        expect((failure as Error).message).to.match(message);
      });
    }

    it('rejects without the authority, and names the file', async () => {
      const options = { clientAuthorities: { file: folder.file('ca.pem') } };
      const failure = await open(clock, options)
        .load()
        .catch((error: Error) => error);
      expect((failure as Error).message).to.match(/^--client_ca \S+ca\.pem cannot be read/);
    });
  });

  describe('watch, by the machine’s own clock and files', () => {
    beforeEach(() => watch(new SystemClock()));

    it('tells of files that are written anew', async () => {
      const telling = untilTold();
      write(second);
      await telling;
      expect(told).to.have.length(1);
      expect(told[0]).to.include(second);
      expect(logger.messages).to.deep.equal(['TLS certificate reloaded']);
    });

    it('tells of files that others are put in place of', async () => {
      const telling = untilTold();
      for (const name of ['cert', 'key'] as const) {
        writeFileSync(folder.file(`${name}.new`), second[name]);
        renameSync(folder.file(`${name}.new`), folder.file(`${name}.pem`));
      }
      await telling;
      expect(told[0]).to.include(second);
    });
  });

  it('tells of files in a folder that another is linked in place of', async () => {
    for (const [name, { cert, key }] of Object.entries({ one: first, two: second })) {
      await mkdir(folder.file(name));
      await writeFile(folder.file(`${name}/tls.crt`), cert);
      await writeFile(folder.file(`${name}/tls.key`), key);
    }
    symlinkSync('one', folder.file('..data'));
    symlinkSync('..data/tls.crt', folder.file('tls.crt'));
    symlinkSync('..data/tls.key', folder.file('tls.key'));
    await watch(new SystemClock(), {
      certFile: folder.file('tls.crt'),
      keyFile: folder.file('tls.key'),
    });
    const telling = untilTold();
    symlinkSync('two', folder.file('..data_new'));
    renameSync(folder.file('..data_new'), folder.file('..data'));
    await telling;
    expect(told[0]).to.include(second);
  });

  describe('watch, through links out of the folder that it watches', () => {
    let clock: FakeClock;
    let links: Pick<CertificateFilesOptions, 'certFile' | 'keyFile'>;
    const wallClock = () => clock.now();

    beforeEach(async () => {
      await mkdir(folder.file('links'));
      links = { certFile: folder.file('links/cert.pem'), keyFile: folder.file('links/key.pem') };
      symlinkSync('../cert.pem', links.certFile);
      symlinkSync('../key.pem', links.keyFile);
      clock = new FakeClock(Date.now());
      await watch(clock, { ...links, wallClock });
    });

    /** Lets the next look take place, and end. */
    async function look(): Promise<void> {
      await clock.advance(POLLING_MS);
      // The alarm for the look after it shows that it has ended.
      while (clock.alarmCount === 0) {
        await clock.settle();
      }
    }

    it('looks again and again, and needs to hear of no change', async () => {
      await look();
      await look();
      write(second);
      await look();
      write(first);
      await look();
      expect(told.map(({ cert }) => cert)).to.deep.equal([second.cert, first.cert]);
    });

    it('tells nothing when nothing has changed', async () => {
      write(first);
      await look();
      await look();
      expect([told, logger.lines]).to.deep.equal([[], []]);
    });

    it('leaves a half-changed pair alone, and takes the whole one', async () => {
      writeFileSync(folder.file('cert.pem'), second.cert);
      await look();
      expect(told).to.deep.equal([]);
      expect(fieldsOf('error')).to.deep.equal([
        {
          reason: `--tls_key ${links.keyFile} is not the key of --tls_cert ${links.certFile}`,
        },
      ]);

      writeFileSync(folder.file('key.pem'), second.key);
      await look();
      expect(told).to.have.length(1);
    });

    it('refuses a bad file with one line, however often it looks', async () => {
      writeFileSync(folder.file('cert.pem'), 'no certificate');
      await look();
      await look();
      await look();
      expect(told).to.deep.equal([]);
      expect(logger.messages).to.deep.equal(['TLS certificate not reloaded; the one before stays']);
    });

    it('refuses a file that is gone', async () => {
      rmSync(folder.file('key.pem'));
      await look();
      expect(fieldsOf('error')).to.have.length(1);
    });

    it('refuses a certificate that has expired', async () => {
      write(await authority.issue({ notBefore: daysFromNow(-3), notAfter: daysFromNow(-1) }));
      await look();
      expect(told).to.deep.equal([]);
      expect(JSON.stringify(fieldsOf('error'))).to.contain('the certificate expired on');
    });

    it('takes a certificate that came early when its time has come', async () => {
      write(await authority.issue({ notBefore: new Date(clock.now() + 3 * POLLING_MS) }));
      await look();
      expect(told).to.deep.equal([]);
      await look();
      await look();
      await look();
      expect(told).to.have.length(1);
    });

    it('takes a certificate of today after the machine has slept, or its clock was set', async () => {
      files.close();
      clock = new FakeClock(daysFromNow(-3).getTime());
      await watch(clock, links);
      write(second);
      await look();
      expect(told).to.have.length(1);
    });

    it('goes on after a listener that throws, with the one before', async () => {
      onTold = () => {
        throw new Error('not this one');
      };
      write(second);
      await look();
      expect(fieldsOf('error')).to.deep.equal([{ reason: 'not this one' }]);
      onTold = () => undefined;
      await look();
      expect(logger.messages.at(-1)).to.equal('TLS certificate reloaded');
    });

    it('ends with close', async () => {
      files.close();
      expect(clock.alarmCount).to.equal(0);
      write(second);
      await files.reload();
      expect([told, clock.alarmCount]).to.deep.equal([[], 0]);
    });
  });

  it('looks a little after it hears of a change, once for all that follow', async () => {
    const clock = new FakeClock(Date.now());
    await watch(clock);
    const settingOf = clock.setAlarm.bind(clock);
    const delays: number[] = [];
    const isHeard = new Promise<void>((resolve) => {
      clock.setAlarm = (at, ring) => {
        delays.push(Math.round(at - clock.now()));
        resolve();
        return settingOf(at, ring);
      };
    });
    write(second);
    await isHeard;
    write(first);
    write(second);
    expect(delays).to.deep.equal([SETTLING_MS]);
    const telling = untilTold();
    await clock.advance(SETTLING_MS);
    await telling;
    expect(told).to.have.length(1);
  });

  describe('reload', () => {
    beforeEach(() => watch(new FakeClock(Date.now())));

    it('tells what it finds, changed or not', async () => {
      await files.reload();
      write(second);
      await files.reload();
      expect(told.map(({ cert }) => cert)).to.deep.equal([first.cert, second.cert]);
      expect(logger.messages).to.deep.equal(Array(2).fill('TLS certificate reloaded'));
    });

    it('says each time what is wrong', async () => {
      writeFileSync(folder.file('key.pem'), '');
      await files.reload();
      await files.reload();
      await untilLogged('error');
      expect(fieldsOf('error')).to.have.length(2);
      expect(told).to.deep.equal([]);
    });

    it('may be asked several times at once', async () => {
      await Promise.all([files.reload(), files.reload(), files.reload()]);
      expect(told).to.have.length(3);
    });
  });
});
