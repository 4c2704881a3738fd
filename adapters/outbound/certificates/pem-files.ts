/** Why: TLS material lies in files; this reads one, and has the words for one that cannot be read. */
import { createReadStream } from 'node:fs';
import { text } from 'node:stream/consumers';
import { getSystemErrorMap } from 'node:util';
import { CertificateError } from '../../../ports/outbound/certificates.js';

export interface PemFile {
  /** How messages call it, with the path: `--tls_cert server.pem`. */
  readonly title: string;
  readonly path: string;
}

/** A file with what stood in it. */
export interface ReadPem {
  readonly title: string;
  readonly pem: string;
}

/** Many times a bundle of all public authorities. */
const LENGTH_MAX = 4 * 1024 * 1024;

/** @throws CertificateError */
export async function readPemFile({ title, path }: PemFile): Promise<ReadPem> {
  const pem = await textOf(path).catch((cause: NodeJS.ErrnoException) => {
    const [, reason] = getSystemErrorMap().get(cause.errno ?? 0) ?? [];
    throw new CertificateError(`${title} cannot be read: ${reason ?? cause.message}`, { cause });
  });
  if (pem.length > LENGTH_MAX) {
    throw new CertificateError(`${title} is longer than ${LENGTH_MAX} characters`);
  }
  return { title, pem };
}

function textOf(path: string): Promise<string> {
  return text(createReadStream(path, { end: LENGTH_MAX }));
}
