import { expect } from 'chai';
import fc from 'fast-check';
import { setCookie, shownSession } from '../../../../adapters/inbound/rest/shown-session.js';

describe('shownSession', () => {
  for (const [title, headers, shown] of [
    ['a header', { 'ldlm-session': 't' }, { token: 't', by: 'header' }],
    ['a bearer token', { authorization: 'Bearer t' }, { token: 't', by: 'header' }],
    [
      'a bearer token in small letters',
      { authorization: 'bearer t' },
      { token: 't', by: 'header' },
    ],
    ['a cookie', { cookie: 'ldlm-session=t' }, { token: 't', by: 'cookie' }],
    [
      'a cookie among others',
      { cookie: 'a=b; ldlm-session=t;x-ldlm-session=y' },
      { token: 't', by: 'cookie' },
    ],
    [
      'the first of two cookies',
      { cookie: 'ldlm-session=t; ldlm-session=u' },
      { token: 't', by: 'cookie' },
    ],
    ['an empty cookie', { cookie: 'ldlm-session=' }, { token: '', by: 'cookie' }],
    [
      'the header rather than a bearer token',
      { 'ldlm-session': 't', authorization: 'Bearer u' },
      { token: 't', by: 'header' },
    ],
    [
      'a bearer token rather than a cookie',
      { authorization: 'Bearer t', cookie: 'ldlm-session=u' },
      { token: 't', by: 'header' },
    ],
    ['nothing', {}, undefined],
    ['no cookie of another name', { cookie: 'LDLM-session=t; session=u; ldlm-session' }, undefined],
    ['no Basic credentials', { authorization: 'Basic dTpw' }, undefined],
  ] as const) {
    it(`finds ${title}`, () => {
      expect(shownSession(headers)).to.deep.equal(shown);
    });
  }

  // RFC 6265, section 4.1.1: what a cookie's name and value may be written with.
  const anyWord = fc.stringMatching(/^[\w!#$%&'*+.^`|~-]{1,20}$/);
  const anyOtherCookie = fc
    .tuple(anyWord, fc.stringMatching(/^[!#-+\--:<-[\]-~]{0,20}$/))
    .filter(([name]) => name !== 'ldlm-session')
    .map(([name, value]) => `${name}=${value}`);

  it('finds its cookie wherever it stands among others', () => {
    fc.assert(
      fc.property(
        fc.array(anyOtherCookie),
        anyWord,
        fc.array(anyOtherCookie),
        (before, token, after) => {
          const cookie = [...before, `ldlm-session=${token}`, ...after].join('; ');
          expect(shownSession({ cookie })).to.deep.equal({ token, by: 'cookie' });
        },
      ),
    );
  });

  it('finds none among the cookies of others', () => {
    fc.assert(
      fc.property(fc.array(anyOtherCookie), (others) => {
        expect(shownSession({ cookie: others.join('; ') })).to.equal(undefined);
      }),
    );
  });

  it('reads whatever headers without complaint, and no token out of thin air', () => {
    const anyText = fc.string({ unit: 'binary' });
    const anyHeaders = fc.record(
      { 'ldlm-session': anyText, authorization: anyText, cookie: anyText },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(anyHeaders, (headers) => {
        const shown = shownSession(headers);
        const all = Object.values(headers).join();
        expect(shown === undefined || all.includes(shown.token)).to.equal(true);
      }),
    );
  });
});

describe('setCookie', () => {
  const cookie = { token: 't', expiresAt: new Date(0) };
  const attributes = 'Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Strict';

  it('keeps the cookie from scripts and from other sites', () => {
    expect(setCookie({ ...cookie, isSecure: false })).to.equal(`ldlm-session=t; ${attributes}`);
  });

  it('keeps the cookie of an encrypted connection from others', () => {
    const secure = setCookie({ ...cookie, isSecure: true });
    expect(secure).to.equal(`ldlm-session=t; ${attributes}; Secure`);
  });

  it('sets what shownSession finds', () => {
    fc.assert(
      fc.property(fc.base64String(), fc.boolean(), (token, isSecure) => {
        const [pair] = setCookie({ ...cookie, token, isSecure }).split(';');
        expect(shownSession({ cookie: pair ?? '' })).to.deep.equal({ token, by: 'cookie' });
      }),
    );
  });
});
