import { expect } from 'chai';
import fc from 'fast-check';
import { shownPassword } from '../../../../adapters/inbound/rest/shown-password.js';

function basic(credentials: string, encoding: BufferEncoding = 'utf8'): string {
  return `Basic ${Buffer.from(credentials, encoding).toString('base64')}`;
}

describe('shownPassword', () => {
  for (const [title, header, password] of [
    ['of any user', basic('anyone:secret'), 'secret'],
    ['of no user', basic(':secret'), 'secret'],
    ['with colons in it', basic('u:a:b:'), 'a:b:'],
    ['beyond ASCII', basic('u:wörd鍵'), 'wörd鍵'],
    ['in Latin-1', basic('u:wörd', 'latin1'), 'wörd'],
    ['that is empty', basic('u:'), ''],
    ['of a scheme in other letter case', basic('u:secret').replace('Basic', 'bASIC'), 'secret'],
  ] as const) {
    it(`finds a password ${title}`, () => {
      expect(shownPassword(header)).to.equal(password);
    });
  }

  for (const header of [
    undefined,
    '',
    'Basic',
    'Basic ',
    'Basic !!!!',
    'Basic dTpw dTpw',
    basic('no colon'),
    `Bearer ${Buffer.from('u:secret').toString('base64')}`,
    `X${basic('u:secret')}`,
  ]) {
    it(`finds none in ${header}`, () => {
      expect(shownPassword(header)).to.equal(undefined);
    });
  }

  it('finds every password behind whatever name has no colon', () => {
    const anyName = fc.string({ unit: 'grapheme' }).filter((name) => !name.includes(':'));
    fc.assert(
      fc.property(anyName, fc.string({ unit: 'grapheme' }), (name, password) => {
        expect(shownPassword(basic(`${name}:${password}`))).to.equal(password);
      }),
    );
  });

  it('finds a password in nothing but Basic credentials, whatever the header', () => {
    const almostBasic = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'binary' }).map((text) => `Basic ${text}`),
      fc.uint8Array().map((bytes) => `Basic ${Buffer.from(bytes).toString('base64')}`),
    );
    fc.assert(
      fc.property(almostBasic, (header) => {
        const isFound = shownPassword(header) !== undefined;
        const [, encoded = ''] = /^basic +([\w+/]+=*)$/i.exec(header) ?? [];
        expect(isFound).to.equal(Buffer.from(encoded, 'base64').includes(':'));
      }),
    );
  });
});
