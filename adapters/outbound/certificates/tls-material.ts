/** Why: what TLS would fail on later, with clients at the door, is found when the files are read, and told by file. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { Instant } from '../../../domain/instant.js';
import { CertificateError, type TlsMaterial } from '../../../ports/outbound/certificates.js';
import type { ReadPem } from './pem-files.js';

export interface ReadMaterial {
  readonly cert: ReadPem;
  readonly key: ReadPem;
  /** undefined if clients need no certificate. */
  readonly ca: ReadPem | undefined;
}

const CERTIFICATE_BLOCK = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** @param now from the Unix epoch. @throws CertificateError */
export function tlsMaterialFrom({ cert, key, ca }: ReadMaterial, now: Instant): TlsMaterial {
  const [leaf] = certificatesIn(cert);
  const fault = faultOf(leaf, now);
  if (fault !== undefined) {
    throw new CertificateError(`${cert.title}: the certificate ${fault}`);
  }
  if (!leaf.checkPrivateKey(privateKeyIn(key))) {
    throw new CertificateError(`${key.title} is not the key of ${cert.title}`);
  }
  if (ca !== undefined) {
    checkAuthorities(ca, now);
  }
  const pems = { cert: cert.pem, key: key.pem, ca: ca?.pem };
  try {
    createSecureContext(pems);
  } catch (cause) {
    throw new CertificateError(`${cert.title} cannot be used: ${reasonOf(cause)}`, { cause });
  }
  return { ...pems, expiresAt: Date.parse(leaf.validTo) };
}

/** A bundle may hold some whose time is over, but not only such. @throws CertificateError */
function checkAuthorities(ca: ReadPem, now: Instant): void {
  const faults = certificatesIn(ca).map((authority) => faultOf(authority, now));
  if (!faults.includes(undefined)) {
    throw new CertificateError(`${ca.title}: the authority's certificate ${faults[0]}`);
  }
}

/** One or more, in the file's order. @throws CertificateError */
function certificatesIn({ title, pem }: ReadPem): [X509Certificate, ...X509Certificate[]] {
  const [first, ...others] = pem.match(CERTIFICATE_BLOCK) ?? [];
  if (first === undefined) {
    throw new CertificateError(
      `${title} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)`,
    );
  }
  try {
    return [new X509Certificate(first), ...others.map((block) => new X509Certificate(block))];
  } catch (cause) {
    const reason = reasonOf(cause);
    throw new CertificateError(`${title} holds a certificate that cannot be read: ${reason}`, {
      cause,
    });
  }
}

/** @throws CertificateError */
function privateKeyIn({ title, pem }: ReadPem): KeyObject {
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) {
    throw new CertificateError(
      `${title} holds no private key in PEM form (-----BEGIN PRIVATE KEY-----)`,
    );
  }
  if (/-----BEGIN ENCRYPTED |^Proc-Type: 4,ENCRYPTED/m.test(pem)) {
    throw new CertificateError(`${title} is protected by a passphrase; give a key without one`);
  }
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    const reason = reasonOf(cause);
    throw new CertificateError(`${title} holds a key that cannot be read: ${reason}`, { cause });
  }
}

/** undefined for a certificate that is in force. */
function faultOf({ validFrom, validTo }: X509Certificate, now: Instant): string | undefined {
  if (now < Date.parse(validFrom)) {
    return `is not valid before ${validFrom}`;
  }
  return now > Date.parse(validTo) ? `expired on ${validTo}` : undefined;
}

/** In OpenSSL's own words, without its numbers. */
function reasonOf(cause: unknown): string {
  const { reason, message } = cause as Error & { readonly reason?: string };
  return (reason ?? message).replace(/\s+/g, ' ');
}
