import { expect } from 'chai';
import { RestListenError } from '../../../../adapters/inbound/rest/rest-listen-error.js';

describe('RestListenError', () => {
  for (const [code, next] of [
    ['EADDRINUSE', 'stop it, or choose another --rest_listen_address'],
    ['EACCES', 'choose a port above 1023'],
    ['EADDRNOTAVAIL', 'choose another --rest_listen_address'],
    ['ENOTFOUND', 'choose another --rest_listen_address'],
    ['EMFILE', 'the system’s own words'],
  ] as const) {
    it(`says of ${code} what to do`, () => {
      const cause = Object.assign(new Error('the system’s own words'), { code });
      const error = new RestListenError('localhost:80', cause);
      expect(error.message)
        .to.match(/^cannot listen on localhost:80: /)
        .and.to.contain(next);
      expect(error).to.include({ code, cause });
    });
  }
});
