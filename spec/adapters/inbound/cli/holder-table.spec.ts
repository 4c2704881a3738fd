import { expect } from 'chai';
import { displayWidth } from '../../../../adapters/inbound/cli/display-width.js';
import { holderTable } from '../../../../adapters/inbound/cli/holder-table.js';
import type { HolderDescription } from '../../../../domain/descriptions.js';
import { FOREVER } from '../../../../domain/instant.js';
import { eachOf, everything } from '../../../support/each-of.js';
import { someHolder } from '../../../support/some-holder.js';

const NOW = 10_000_000_000;

function table(...holders: HolderDescription[]): Promise<string[]> {
  return everything(holderTable(eachOf(holders), NOW));
}

describe('holderTable', () => {
  it('fits its columns to what is in them', async () => {
    expect(
      await table(
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

  it('keeps each row to one line', async () => {
    expect((await table(someHolder({ name: 'a\nb' })))[1]).to.match(/^a\\nb {2}/);
  });

  it('lets one very long name push its own row alone', async () => {
    const [titles, long, short] = await table(
      someHolder({ name: 'n'.repeat(1000) }),
      someHolder({ name: 'a' }),
    );
    expect(long).to.include('n'.repeat(1000));
    expect(displayWidth(short ?? ''))
      .to.equal(displayWidth(titles ?? ''))
      .and.be.below(250);
  });
});
