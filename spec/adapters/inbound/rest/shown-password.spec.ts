import { expect } from 'chai';
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
});
