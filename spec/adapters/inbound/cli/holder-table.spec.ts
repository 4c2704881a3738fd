import { expect } from 'chai';
import { displayWidth } from '../../../../adapters/inbound/cli/display-width.js';
import { holderTable } from '../../../../adapters/inbound/cli/holder-table.js';
import type { HolderDescription } from '../../../../domain/descriptions.js';
import { FOREVER } from '../../../../domain/instant.js';
import { someHolder } from '../../../support/some-holder.js';

const NOW = 10_000_000_000;

function table(...holders: HolderDescription[]): string[] {
  return [...holderTable({ holders, now: NOW })];
}

describe('holderTable', () => {
  it('fits its columns to what is in them', () => {
    expect(
      table(
        someHolder({
          name: 'backup',
          key: 'k1',
          grantedAt: NOW - 61_000,
          expiresAt: FOREVER,
          owner: { host: 'h\n', pid: '7' },
        }),
        someHolder({
          name: '鍵🔒',
          key: 'k2',
          size: 10,
          fencingToken: 1_790_000_000_000_000,
          grantedAt: NOW - 500,
          expiresAt: NOW + 9_500,
          session: undefined,
          waiterCount: 12,
        }),
      ),
    ).to.deep.equal([
      'NAME    KEY  SIZE     FENCING TOKEN   AGE  TIME LEFT  SESSION                     OWNER           WAITING',
      'backup  k1      1                 7  1m1s          -  connection 127.0.0.1:51234  host=h\\n pid=7        0',
      '鍵🔒    k2     10  1790000000000000  0.5s       9.5s  -                           -                    12',
    ]);
  });

  it('keeps each row to one line', () => {
    expect(table(someHolder({ name: 'a\nb' }))[1]).to.match(/^a\\nb {2}/);
  });

  it('lets one very long name push its own row alone', () => {
    const [titles, long, short] = table(
      someHolder({ name: 'n'.repeat(1000) }),
      someHolder({ name: 'a' }),
    );
    expect(long).to.include('n'.repeat(1000));
    expect(displayWidth(short ?? ''))
      .to.equal(displayWidth(titles ?? ''))
      .and.be.below(250);
  });

  const ages: readonly (readonly [number, string])[] = [
    [-1, '0.0s'],
    [0, '0.0s'],
    [99.9, '0.0s'],
    [59_999, '59.9s'],
    [60_000, '1m0s'],
    [3_599_999, '59m59s'],
    [3_600_000, '1h0m'],
    [86_399_999, '23h59m'],
    [100 * 86_400_000 + 5 * 3_600_000, '100d5h'],
  ];
  for (const [ms, text] of ages) {
    it(`shows an age of ${ms} ms as ${text}`, () => {
      const [, row] = table(someHolder({ grantedAt: NOW - ms, expiresAt: FOREVER }));
      expect(row).to.match(new RegExp(` ${text} +- `));
    });
  }
});
