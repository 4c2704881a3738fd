import { expect } from 'chai';
import { plainOrQuoted, quoted } from '../../bootstrap/setting-error.js';

describe('quoted', () => {
  it('keeps a text on one line', () => {
    expect(quoted('a\n"b"')).to.equal('"a\\n\\"b\\""');
  });

  it('cuts a long text', () => {
    expect(quoted('x'.repeat(61))).to.equal(`"${'x'.repeat(60)}…"`);
  });
});

describe('plainOrQuoted', () => {
  for (const text of ['/etc/ldlm/server-1.yaml', 'C:\\ldlm~1\\server.json', '--nope']) {
    it(`leaves ${text} as it is`, () => {
      expect(plainOrQuoted(text)).to.equal(text);
    });
  }

  for (const text of ['', 'a b', 'a\nb', "it's", 'x'.repeat(201)]) {
    it(`quotes ${JSON.stringify(text.slice(0, 20))}`, () => {
      expect(plainOrQuoted(text)).to.equal(quoted(text));
    });
  }
});
