import { expect } from 'chai';
import { defaultSettings, type Settings } from '../../bootstrap/settings.js';
import { disagreementIn, verifiesClients } from '../../bootstrap/settings-agreement.js';

const TLS = { tlsCertFile: 'cert.pem', tlsKeyFile: 'key.pem' };

const EVERYBODY = { listenAddress: { host: undefined, port: 1 } };

function settings(given: Partial<Settings>): Settings {
  return { ...defaultSettings(), ...given };
}

describe('disagreementIn', () => {
  const agreeing: readonly Partial<Settings>[] = [
    {},
    { password: 'x' },
    { passwordFile: 'x' },
    TLS,
    { ...TLS, clientCaFile: 'ca.pem' },
    { ...TLS, clientCertVerify: true },
    { ...TLS, clientCaFile: 'ca.pem', clientCertVerify: true },
    { remoteAdmin: true },
    { remoteAdmin: true, listenAddress: { host: '127.9.0.1', port: 1 } },
    { remoteAdmin: true, listenAddress: { host: '::1', port: 1 } },
    { ...EVERYBODY, remoteAdmin: true, password: 'x' },
    { ...EVERYBODY, remoteAdmin: true, passwordFile: 'x' },
    { ...EVERYBODY, remoteAdmin: true, ...TLS, clientCaFile: 'ca.pem' },
    EVERYBODY,
  ];
  for (const given of agreeing) {
    it(`finds none in ${JSON.stringify(given)}`, () => {
      expect(disagreementIn(settings(given))).to.equal(undefined);
    });
  }

  const unguarded =
    '--remote_admin on an address that others reach needs --password_file, or --client_ca with TLS; ' +
    'give one, or listen on localhost';
  const bothOrNeither = 'give both for TLS, or neither';
  const disagreeing: readonly (readonly [given: Partial<Settings>, message: string])[] = [
    [
      { password: 'x', passwordFile: 'x' },
      '--password and --password_file are both given; give one of them',
    ],
    [{ tlsCertFile: 'x' }, `--tls_cert is given without --tls_key; ${bothOrNeither}`],
    [{ tlsKeyFile: 'x' }, `--tls_key is given without --tls_cert; ${bothOrNeither}`],
    [{ clientCaFile: 'x' }, '--client_ca needs TLS; give --tls_cert and --tls_key, too'],
    [
      { clientCertVerify: true },
      '--client_cert_verify needs TLS; give --tls_cert and --tls_key, too',
    ],
    [{ ...EVERYBODY, remoteAdmin: true }, unguarded],
    [{ remoteAdmin: true, listenAddress: { host: '10.0.0.1', port: 1 } }, unguarded],
    [{ remoteAdmin: true, listenAddress: { host: '127.0.0.1.example.com', port: 1 } }, unguarded],
    // Anybody may have a certificate of a public authority.
    [{ ...EVERYBODY, remoteAdmin: true, ...TLS, clientCertVerify: true }, unguarded],
  ];
  for (const [given, message] of disagreeing) {
    it(`finds it in ${JSON.stringify(given)}`, () => {
      expect(disagreementIn(settings(given))).to.equal(message);
    });
  }
});

describe('verifiesClients', () => {
  for (const [given, isSo] of [
    [{}, false],
    [{ clientCertVerify: true }, true],
    [{ clientCaFile: 'ca.pem' }, true],
    [{ clientCaFile: 'ca.pem', clientCertVerify: false }, true],
  ] as const) {
    it(`is ${isSo} of ${JSON.stringify(given)}`, () => {
      expect(verifiesClients(settings(given))).to.equal(isSo);
    });
  }
});
