import { X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import {
  bundledAuthorities,
  systemAuthorityFile,
} from '../../../../adapters/outbound/certificates/system-authorities.js';

describe('systemAuthorityFile', () => {
  it('is the file that SSL_CERT_FILE names, whatever else is there', () => {
    expect(systemAuthorityFile({ SSL_CERT_FILE: '/own.pem' }, () => true)).to.equal('/own.pem');
  });

  for (const SSL_CERT_FILE of [undefined, '']) {
    it(`is the first of the usual ones without it (${SSL_CERT_FILE})`, () => {
      const there = ['/etc/ssl/cert.pem', '/etc/pki/tls/certs/ca-bundle.crt'];
      const found = systemAuthorityFile({ SSL_CERT_FILE }, (path) => there.includes(path));
      expect(found).to.equal('/etc/pki/tls/certs/ca-bundle.crt');
    });
  }

  it('is none where there is none', () => {
    expect(systemAuthorityFile({}, () => false)).to.equal(undefined);
  });
});

describe('bundledAuthorities', () => {
  it('are certificates', () => {
    const pem = bundledAuthorities();
    expect(pem.match(/BEGIN CERTIFICATE/g)?.length).to.be.greaterThan(50);
    expect(new X509Certificate(pem).ca).to.equal(true);
  });
});
