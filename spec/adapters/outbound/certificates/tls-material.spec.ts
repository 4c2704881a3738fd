import { createPrivateKey } from 'node:crypto';
import { expect } from 'chai';
import {
  type ReadMaterial,
  tlsMaterialFrom,
} from '../../../../adapters/outbound/certificates/tls-material.js';
import { CertificateError } from '../../../../ports/outbound/certificates.js';
import { Authority, daysFromNow, type Issued } from '../../../support/certificates.js';

describe('tlsMaterialFrom', () => {
  let authority: Authority;
  let server: Issued;
  let other: Issued;

  before(async () => {
    authority = await Authority.create();
    server = await authority.issue();
    other = await authority.issue();
  });

  /** What lies in the files, unless a spec says otherwise. */
  function read(given: Partial<Record<'cert' | 'key' | 'ca', string>> = {}): ReadMaterial {
    const { cert = server.cert, key = server.key, ca } = given;
    return {
      cert: { title: '--tls_cert c.pem', pem: cert },
      key: { title: '--tls_key k.pem', pem: key },
      ca: ca === undefined ? undefined : { title: '--client_ca a.pem', pem: ca },
    };
  }

  it('gives what the files hold, and when the certificate’s time is over', async () => {
    const notAfter = new Date('2091-05-04T03:02:01Z');
    const issued = await authority.issue({ notAfter });
    expect(tlsMaterialFrom(read({ ...issued, ca: authority.cert }), Date.now())).to.deep.equal({
      ...issued,
      ca: authority.cert,
      expiresAt: notAfter.getTime(),
    });
  });

  it('takes a chain, of which the first certificate is the server’s', () => {
    const cert = `A server\n${server.cert}\nand who issued it\n${authority.cert}\n`;
    expect(tlsMaterialFrom(read({ cert }), Date.now())).to.include({ cert, ca: undefined });
  });

  it('takes certificate and key from one file', () => {
    const both = `${server.cert}\n${server.key}\n`;
    expect(tlsMaterialFrom(read({ cert: both, key: both }), Date.now())).to.include({ key: both });
  });

  it('takes a bundle of authorities of which some have expired', async () => {
    const expired = await Authority.create(daysFromNow(-1));
    const ca = `${expired.cert}\n${authority.cert}\n`;
    expect(tlsMaterialFrom(read({ ca }), Date.now())).to.include({ ca });
  });

  function protectedKey(type: 'pkcs8' | 'sec1'): string {
    const options = { format: 'pem', type, cipher: 'aes-256-cbc', passphrase: 'x' } as const;
    return createPrivateKey(server.key).export(options).toString();
  }

  const garbage = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  const brokenKey = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n';
  const noCertificate = 'holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)';
  const noKey = 'holds no private key in PEM form (-----BEGIN PRIVATE KEY-----)';

  const refused: readonly (readonly [
    what: string,
    given: () => object,
    message: RegExp | string,
  ])[] = [
    ['an empty certificate', () => ({ cert: '' }), `--tls_cert c.pem ${noCertificate}`],
    ['a key for a certificate', () => ({ cert: server.key }), `--tls_cert c.pem ${noCertificate}`],
    [
      'a broken certificate',
      () => ({ cert: garbage }),
      /^--tls_cert c\.pem holds a certificate that cannot be read: \S/,
    ],
    [
      'a chain that is broken further down',
      () => ({ cert: server.cert + garbage }),
      /^--tls_cert c\.pem holds a certificate that cannot be read: \S/,
    ],
    ['an empty key', () => ({ key: '' }), `--tls_key k.pem ${noKey}`],
    ['a certificate for a key', () => ({ key: server.cert }), `--tls_key k.pem ${noKey}`],
    [
      'a broken key',
      () => ({ key: brokenKey }),
      /^--tls_key k\.pem holds a key that cannot be read: \S/,
    ],
    ...(['pkcs8', 'sec1'] as const).map(
      (type) =>
        [
          `a key with a passphrase, as ${type}`,
          () => ({ key: protectedKey(type) }),
          '--tls_key k.pem is protected by a passphrase; give a key without one',
        ] as const,
    ),
    [
      'the key of another certificate',
      () => ({ key: other.key }),
      '--tls_key k.pem is not the key of --tls_cert c.pem',
    ],
    ['an authority that is none', () => ({ ca: 'x' }), `--client_ca a.pem ${noCertificate}`],
  ];
  for (const [what, given, message] of refused) {
    it(`refuses ${what}, in one line that shows none of it`, () => {
      expect(() => tlsMaterialFrom(read(given()), Date.now()))
        .to.throw(CertificateError, message)
        .with.property('message')
        .that.matches(/^[^\n]*$/)
        .and.not.includes('AAAA');
    });
  }

  it('refuses a certificate whose time is over', async () => {
    const notAfter = new Date('2020-02-03T04:05:06Z');
    const expired = await authority.issue({ notBefore: new Date('2020-01-01'), notAfter });
    expect(() => tlsMaterialFrom(read(expired), Date.now())).to.throw(
      CertificateError,
      '--tls_cert c.pem: the certificate expired on Feb  3 04:05:06 2020 GMT',
    );
    expect(() => tlsMaterialFrom(read(expired), notAfter.getTime())).not.to.throw();
  });

  it('refuses a certificate whose time is to come', async () => {
    const notBefore = new Date('2090-02-03T04:05:06Z');
    const early = await authority.issue({ notBefore, notAfter: new Date('2091-01-01') });
    expect(() => tlsMaterialFrom(read(early), Date.now())).to.throw(
      CertificateError,
      '--tls_cert c.pem: the certificate is not valid before Feb  3 04:05:06 2090 GMT',
    );
    expect(() => tlsMaterialFrom(read(early), notBefore.getTime())).not.to.throw();
  });

  it('refuses authorities who have all expired', async () => {
    const expired = await Promise.all([1, 2].map((days) => Authority.create(daysFromNow(-days))));
    const ca = expired.map(({ cert }) => cert).join('\n');
    expect(() => tlsMaterialFrom(read({ ca }), Date.now())).to.throw(
      CertificateError,
      /^--client_ca a\.pem: the authority's certificate expired on \w+ +\d+ [\d:]+ \d+ GMT$/,
    );
  });
});
