import { expect } from 'chai';
import { defaultSettings, type Settings } from '../../bootstrap/settings.js';
import {
  disagreementIn,
  stateStoreOf,
  verifiesClients,
} from '../../bootstrap/settings-agreement.js';

const TLS = { tlsCertFile: 'cert.pem', tlsKeyFile: 'key.pem' };

const ETCD = { stateStore: 'etcd', etcdEndpoints: ['a:1'] } as const;
const ETCD_BY_TLS = { stateStore: 'etcd', etcdEndpoints: ['https://a:1', 'https://b:1'] } as const;
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
    { stateFile: 'x' },
    { stateStore: 'memory' },
    { stateStore: 'journal', stateFile: 'x' },
    ETCD,
    { ...ETCD, nameBytesMax: 131_072 },
    { ...ETCD, etcdUser: 'u', etcdPassword: 'p' },
    { ...ETCD, etcdUser: 'u', etcdPasswordFile: 'p' },
    ETCD_BY_TLS,
    { ...ETCD_BY_TLS, etcdTlsCaFile: 'ca.pem' },
    { ...ETCD_BY_TLS, etcdTlsCertFile: 'cert.pem', etcdTlsKeyFile: 'key.pem' },
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
  const ofUse = 'is of use with --state_store etcd only; give that, too, or leave it out';
  const tlsFlags = '--etcd_tls_ca, --etcd_tls_cert and --etcd_tls_key need TLS';
  const aboutStores: readonly (readonly [given: Partial<Settings>, message: string])[] = [
    [{ stateStore: 'journal' }, '--state_store journal needs a file; give --state_file, too'],
    [
      { stateStore: 'memory', stateFile: 'x' },
      '--state_store memory keeps nothing in --state_file; leave one of them out',
    ],
    [
      { ...ETCD, stateFile: 'x' },
      '--state_store etcd keeps nothing in --state_file; leave one of them out',
    ],
    [
      { stateStore: 'etcd' },
      '--state_store etcd needs to know where etcd is; give --etcd_endpoints, too',
    ],
    [{ etcdEndpoints: ['a:1'] }, `--etcd_endpoints ${ofUse}`],
    [{ etcdUser: 'x' }, `--etcd_user ${ofUse}`],
    [{ etcdPassword: 'x' }, `--etcd_password ${ofUse}`],
    [{ etcdPasswordFile: 'x' }, `--etcd_password_file ${ofUse}`],
    [{ etcdTlsCaFile: 'x' }, `--etcd_tls_ca ${ofUse}`],
    [{ etcdTlsCertFile: 'x' }, `--etcd_tls_cert ${ofUse}`],
    [{ stateFile: 'y', etcdTlsKeyFile: 'x' }, `--etcd_tls_key ${ofUse}`],
    [
      { ...ETCD, nameBytesMax: 131_073 },
      '--state_store etcd takes names of 131072 bytes at most; lower --name_bytes_max',
    ],
    [
      { ...ETCD, etcdUser: 'u', etcdPassword: 'p', etcdPasswordFile: 'p' },
      '--etcd_password and --etcd_password_file are both given; give one of them',
    ],
    [
      { ...ETCD, etcdPassword: 'p' },
      '--etcd_password is given without --etcd_user; give both, or neither',
    ],
    [
      { ...ETCD, etcdUser: 'u' },
      '--etcd_user is given without a password; give --etcd_password_file, too',
    ],
    [
      { ...ETCD_BY_TLS, etcdTlsCertFile: 'x' },
      '--etcd_tls_cert and --etcd_tls_key go together; give both, or neither',
    ],
    [{ ...ETCD, etcdTlsCaFile: 'x' }, `${tlsFlags}; begin each of --etcd_endpoints with https://`],
  ];
  for (const [given, message] of [...disagreeing, ...aboutStores]) {
    it(`finds it in ${JSON.stringify(given)}`, () => {
      expect(disagreementIn(settings(given))).to.equal(message);
    });
  }
});

describe('stateStoreOf', () => {
  for (const [given, store] of [
    [{}, 'memory'],
    [{ stateFile: 'x' }, 'journal'],
    [{ stateStore: 'memory' }, 'memory'],
    [ETCD, 'etcd'],
  ] as const) {
    it(`is ${store} of ${JSON.stringify(given)}`, () => {
      expect(stateStoreOf(settings(given))).to.equal(store);
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
