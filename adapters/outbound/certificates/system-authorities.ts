/** Why: without an authority of their own, operators mean those that their machine trusts. */
import { existsSync } from 'node:fs';
import { rootCertificates } from 'node:tls';

/** Where systems keep them: Debian, Fedora, openSUSE, older RHEL, then Alpine, macOS and the BSDs. */
const STORES: readonly string[] = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** @returns the file that OpenSSL's variable names, or else the first of the usual ones; undefined if none is there. */
export function systemAuthorityFile(
  environment: Readonly<Record<string, string | undefined>>,
  exists: (path: string) => boolean = existsSync,
): string | undefined {
  return environment.SSL_CERT_FILE || STORES.find((path) => exists(path));
}

/** Those that Mozilla trusts, as this Node brings them along. */
export function bundledAuthorities(): string {
  return rootCertificates.join('\n');
}
