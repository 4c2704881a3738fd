import { expect } from 'chai';
import fc from 'fast-check';
import { holderLines } from '../../../../adapters/inbound/cli/holder-lines.js';
import { eachOf, everything } from '../../../support/each-of.js';
import { anyHolder, someHolder } from '../../../support/some-holder.js';

describe('holderLines', () => {
  it('writes names, keys and sizes as every LDLM did before', async () => {
    const holders = [
      someHolder({ name: 'a', key: 'k1' }),
      someHolder({ name: 'b c', key: 'k2', size: 2 }),
      someHolder({ name: '鍵🔒', key: 'k3' }),
    ];
    expect(await everything(holderLines(eachOf(holders)))).to.deep.equal([
      '{Name: a, Key: k1, Size: 1}',
      '{Name: b c, Key: k2, Size: 2}',
      '{Name: 鍵🔒, Key: k3, Size: 1}',
    ]);
  });

  it('lets no name forge a line', async () => {
    const forged = someHolder({ name: 'a, Key: k, Size: 1}\n{Name: b', key: 'k' });
    expect(await everything(holderLines(eachOf([forged])))).to.deep.equal([
      '{Name: a, Key: k, Size: 1}\\n{Name: b, Key: k, Size: 1}',
    ]);
  });

  it('writes one line for each holder, whatever it holds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyHolder), async (holders) => {
        const lines = await everything(holderLines(eachOf(holders)));
        expect(lines.length).to.equal(holders.length);
        expect(lines.join('')).not.to.match(/[\p{Cc}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});
