/** TLS by a key that both ends know, so that specs whose subject is no certificate need none (RFC 4279). */
import type { ConnectionOptions, TlsOptions } from 'node:tls';

const psk = Buffer.from('a key for specs only', 'utf8');

export const serverTls: TlsOptions = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
  ciphers: 'PSK-AES256-GCM-SHA384',
  pskCallback: () => psk,
};

/** Of a client that takes certificates as well. */
export const clientTls: ConnectionOptions = {
  ciphers: 'ECDHE+AESGCM:PSK-AES256-GCM-SHA384:PSK-AES128-GCM-SHA256',
  pskCallback: () => ({ psk, identity: 'spec' }),
  checkServerIdentity: () => undefined,
};
