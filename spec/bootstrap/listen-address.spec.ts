import { expect } from 'chai';
import fc from 'fast-check';
import { parseListenAddress } from '../../bootstrap/listen-address.js';
import { SettingError } from '../../bootstrap/setting-error.js';

describe('parseListenAddress', () => {
  const addresses: readonly (readonly [text: string, host: string | undefined, port: number])[] = [
    ['localhost:3144', 'localhost', 3144],
    ['127.0.0.1:0', '127.0.0.1', 0],
    ['0.0.0.0:65535', '0.0.0.0', 65_535],
    [':3144', undefined, 3144],
    ['[::1]:3144', '::1', 3144],
    ['[::]:3144', '::', 3144],
    ['[fe80::1%eth0]:3144', 'fe80::1%eth0', 3144],
    ['locks_1.example.org:80', 'locks_1.example.org', 80],
    ['bücher.example:80', 'bücher.example', 80],
    ['', 'localhost', 0],
  ];
  for (const [text, host, port] of addresses) {
    it(`reads ${JSON.stringify(text)}`, () => {
      expect(parseListenAddress(text)).to.deep.equal({ host, port });
    });
  }

  const others: readonly (readonly [text: string, reason: string])[] = [
    ['nonsense', 'has no port'],
    ['localhost:', 'has no port'],
    ['[::1]', 'brackets'],
    ['::1:3144', 'brackets'],
    ['127.0.0.1:99999', 'port from 0 to 65535'],
    ['127.0.0.1:abc', 'port from 0 to 65535'],
    ['127.0.0.1:-1', 'port from 0 to 65535'],
    ['127.0.0.1: 1', 'port from 0 to 65535'],
    ['[]:80', 'host name'],
    ['[localhost]:80', 'host name'],
    ['http//x:80', 'host name'],
    ['two words:80', 'host name'],
    ['*:80', 'host name'],
    [`${'x'.repeat(254)}:80`, 'host name'],
    ['\n:80', 'host name'],
  ];
  for (const [text, reason] of others) {
    it(`refuses ${JSON.stringify(text.slice(0, 30))}, and says why`, () => {
      expect(() => parseListenAddress(text)).to.throw(SettingError, reason);
    });
  }

  it('reads or refuses any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'[]:.%1a ') }), (text) => {
        try {
          expect(parseListenAddress(text).port).to.be.within(0, 65_535);
        } catch (error) {
          expect(error).to.be.instanceOf(SettingError);
        }
      }),
    );
  });
});
