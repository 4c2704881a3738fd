/** Why: certificates are renewed while servers run; whoever puts new files in place has to do nothing else. */
import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Instant } from '../../../domain/instant.js';
import type { Certificates, TlsMaterial } from '../../../ports/outbound/certificates.js';
import type { Alarm, Clock } from '../../../ports/outbound/clock.js';
import type { Logger } from '../../../ports/outbound/logger.js';
import { type PemFile, type ReadPem, readPemFile } from './pem-files.js';
import { bundledAuthorities, systemAuthorityFile } from './system-authorities.js';
import { type ReadMaterial, tlsMaterialFrom } from './tls-material.js';

export interface CertificateFilesOptions {
  readonly certFile: string;
  readonly keyFile: string;
  /** Who vouches for clients: a file, or whoever the machine trusts; undefined if nobody has to. */
  readonly clientAuthorities: { readonly file: string } | 'system' | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** What certificates are dated by: unlike `clock` it goes on while the machine sleeps, and can be set. */
  readonly wallClock?: () => Instant;
}

/** One change seldom comes alone: the key follows the certificate. */
const SETTLING_MS = 500;

/** For file systems that tell of no change, and for links into folders that are not watched. */
const POLLING_MS = 10_000;

/**
 * New → loaded → watching → closed. It watches the folders, not the files, which are often links or are
 * replaced by others of their name. There is one look at a time, and one alarm for the next.
 */
export class CertificateFiles implements Certificates {
  readonly #cert: PemFile;
  readonly #key: PemFile;
  /** Bundled authorities have no file. */
  readonly #ca: PemFile | ReadPem | undefined;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #wallClock: () => Instant;
  readonly #watchers: FSWatcher[] = [];
  #tell: (material: TlsMaterial) => void = () => undefined;
  /** What the last look found: the texts of the files, or what is wrong with them. */
  #found = '';
  #looking: Promise<void> = Promise.resolve();
  #alarm: Alarm | undefined;
  #isLookDue = false;
  #isClosed = false;

  constructor(options: CertificateFilesOptions) {
    const { certFile, keyFile, clientAuthorities, environment = process.env } = options;
    this.#cert = { title: `--tls_cert ${certFile}`, path: certFile };
    this.#key = { title: `--tls_key ${keyFile}`, path: keyFile };
    this.#ca = clientAuthorities && authoritiesOf(clientAuthorities, environment);
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#wallClock = options.wallClock ?? Date.now;
  }

  async load(): Promise<TlsMaterial> {
    const read = await this.#read();
    const material = tlsMaterialFrom(read, this.#wallClock());
    this.#found = textsIn(read);
    this.#logger.info('TLS certificate loaded', describe(material));
    return material;
  }

  watch(tell: (material: TlsMaterial) => void): void {
    this.#tell = tell;
    const paths = [this.#cert, this.#key, this.#ca].flatMap((file) =>
      file !== undefined && 'path' in file ? [file.path] : [],
    );
    for (const folder of new Set(paths.map((path) => dirname(path)))) {
      this.#watchFolder(folder, new Set(paths.map((path) => basename(path))));
    }
    this.#lookIn(POLLING_MS);
  }

  reload(): Promise<void> {
    return this.#lookNext({ isForced: true });
  }

  close(): void {
    this.#isClosed = true;
    this.#alarm?.cancel();
    for (const watcher of this.#watchers) {
      watcher.close();
    }
  }

  /** Files come, go and are replaced (links to folders of files, too), or are written in place. */
  #watchFolder(folder: string, names: ReadonlySet<string>): void {
    try {
      const watcher = watch(folder, { persistent: false }, (event, name) => {
        if ((event === 'rename' || names.has(name ?? '')) && !this.#isLookDue) {
          this.#isLookDue = true;
          this.#lookIn(SETTLING_MS);
        }
      });
      watcher.on('error', () => watcher.close());
      this.#watchers.push(watcher);
    } catch (error) {
      const { message: reason } = error as Error;
      this.#logger.debug('A folder of certificates is not watched, but looked at', { reason });
    }
  }

  #lookIn(ms: number): void {
    this.#alarm?.cancel();
    this.#alarm = this.#clock.setAlarm(this.#clock.now() + ms, () => {
      this.#isLookDue = false;
      this.#looking = this.#lookNext({ isForced: false });
    });
  }

  #lookNext(how: { readonly isForced: boolean }): Promise<void> {
    this.#looking = this.#looking.then(async () => {
      if (!this.#isClosed) {
        await this.#look(how);
      }
      if (!this.#isClosed && !this.#isLookDue) {
        this.#lookIn(POLLING_MS);
      }
    });
    return this.#looking;
  }

  /** What is wrong is told when it is new, and looked at again: its time may only be to come. */
  async #look({ isForced }: { readonly isForced: boolean }): Promise<void> {
    try {
      const read = await this.#read();
      const found = textsIn(read);
      if (found !== this.#found || isForced) {
        const material = tlsMaterialFrom(read, this.#wallClock());
        this.#tell(material);
        this.#found = found;
        this.#logger.info('TLS certificate reloaded', describe(material));
      }
    } catch (error) {
      const { message: reason } = error as Error;
      if (reason !== this.#found || isForced) {
        this.#found = reason;
        this.#logger.error('TLS certificate not reloaded; the one before stays', { reason });
      }
    }
  }

  async #read(): Promise<ReadMaterial> {
    const [cert, key, ca] = await Promise.all([
      readPemFile(this.#cert),
      readPemFile(this.#key),
      this.#ca !== undefined && 'path' in this.#ca ? readPemFile(this.#ca) : this.#ca,
    ]);
    return { cert, key, ca };
  }
}

function authoritiesOf(
  given: { readonly file: string } | 'system',
  environment: Readonly<Record<string, string | undefined>>,
): PemFile | ReadPem {
  if (given !== 'system') {
    return { title: `--client_ca ${given.file}`, path: given.file };
  }
  const path = systemAuthorityFile(environment);
  return path === undefined
    ? { title: 'the bundled authorities', pem: bundledAuthorities() }
    : { title: `the system's authorities in ${path}`, path };
}

function textsIn({ cert, key, ca }: ReadMaterial): string {
  return [cert.pem, key.pem, ca?.pem].join('\0');
}

function describe({ expiresAt }: TlsMaterial): { readonly expires: string } {
  return { expires: new Date(expiresAt).toISOString() };
}
