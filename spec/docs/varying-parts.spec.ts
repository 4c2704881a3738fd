import { expect } from 'chai';
import { withoutVaryingParts } from './varying-parts.js';

const key = '8bfeaac6-dcf9-4ad5-bc0e-e754f80bc5ef';
const other = 'ab7601fc-ba9a-44b0-9e3e-d780a05d635c';
const session = '587b3d7f9213b29e295f6c39f0093281';

function token(value: string): string {
  return `"fencing_token":"${value}"`;
}

describe('withoutVaryingParts', () => {
  it('makes two runs equal that differ by ids, tokens and dates alone', () => {
    const one = [`${session} ${key}`, token('1795638876218293'), 'Wed, 25 Nov 2026 20:34:36 GMT'];
    const two = [
      `${'0'.repeat(32)} ${other}`,
      token('1895638876218293'),
      'Thu, 26 Nov 2026 01:02:03 GMT',
    ];
    expect(withoutVaryingParts(one)).to.deep.equal(withoutVaryingParts(two));
  });

  for (const [what, one, two] of [
    ['a key that is the same again and one that is another', [key, key], [key, other]],
    ['tokens that grow and tokens that do not', ['1', '2'], ['2', '1']],
    ['tokens that grow and the same one twice', ['1', '2'], ['1', '1']],
    ['a key and no key', [key], ['x']],
    ['a key and a random number of another kind', [key], [key.replace('-4', '-1')]],
    ['a session and a shorter one', [session], [session.slice(1)]],
    ['a token and a shorter one', [token('1795638876218293')], [token('795638876218293')]],
    ['a date and another form of it', ['Wed, 25 Nov 2026 20:34:36 GMT'], ['2026-11-25']],
    ['two texts', ['locked'], ['unlocked']],
  ] as const) {
    it(`tells apart ${what}`, () => {
      const texts = (run: readonly string[]) =>
        run.map((text) => (/^\d$/.test(text) ? token(`179563887621829${text}`) : text));
      expect(withoutVaryingParts(texts(one))).not.to.deep.equal(withoutVaryingParts(texts(two)));
    });
  }
});
