import { expect } from 'chai';
import { checkedText, checkedWords } from '../../client/checked-text.js';
import { InvalidArgumentError } from '../../client/ldlm-error.js';

describe('checkedText', () => {
  for (const text of ['', 'plain', 'schön', '鍵', '🔑', '\u0000']) {
    it(`lets ${JSON.stringify(text)} pass`, () => {
      expect(checkedText('name', text)).to.equal(text);
    });
  }

  for (const text of ['\ud83d', '\udd11', '\udd11\ud83d', `a\ud800`, 1, null, undefined, {}]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => checkedText('name', text)).to.throw(InvalidArgumentError, /^name must be text/);
    });
  }
});

describe('checkedWords', () => {
  it('lets as many characters pass as the server takes, names and values together', () => {
    const words = { ab: 'c'.repeat(1_022) };
    expect(checkedWords('metadata', words)).to.equal(words);
    expect(() => checkedWords('metadata', { ...words, d: '' })).to.throw(
      InvalidArgumentError,
      'metadata must be 1024 characters or less',
    );
  });

  it('names the word that is no text', () => {
    expect(() => checkedWords('metadata', { purpose: 1 as unknown as string })).to.throw(
      InvalidArgumentError,
      'metadata.purpose must be text',
    );
  });
});
