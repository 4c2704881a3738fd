import { expect } from 'chai';
import { AdminListenError } from '../../../../adapters/inbound/admin/admin-listen-error.js';

describe('AdminListenError', () => {
  for (const [code, next] of [
    ['EADDRINUSE', 'stop it, or choose another --admin_listen_address'],
    ['EACCES', 'choose a port above 1023'],
    ['EADDRNOTAVAIL', 'choose another --admin_listen_address'],
    ['ENOTFOUND', 'choose another --admin_listen_address'],
    ['EMFILE', 'the system’s own words'],
  ] as const) {
    it(`says of ${code} what to do`, () => {
      const cause = Object.assign(new Error('the system’s own words'), { code });
      const error = new AdminListenError('localhost:80', cause);
      expect(error.message)
        .to.match(/^cannot listen on localhost:80: /)
        .and.to.contain(next);
      expect(error).to.include({ code, cause });
    });
  }
});
