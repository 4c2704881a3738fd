import { expect } from 'chai';
import { EtcdKeys, type KeyRange } from '../../../../adapters/outbound/etcd/etcd-keys.js';

/** As etcd compares: byte by byte. */
function holds({ key, range_end }: KeyRange, candidate: Buffer): boolean {
  return Buffer.compare(key, candidate) <= 0 && Buffer.compare(candidate, range_end) < 0;
}

describe('EtcdKeys', () => {
  const keys = new EtcdKeys('/ldlm');

  it('sets everything below its prefix, in words that people can read', () => {
    const texts = [keys.leader, keys.head, keys.batch(7), keys.snapshotPart(7, 2)].map(String);
    expect(texts).to.deep.equal([
      '/ldlm/leader',
      '/ldlm/head',
      '/ldlm/batches/0000000000000007',
      '/ldlm/snapshots/0000000000000007/0000000000000002',
    ]);
  });

  for (const prefix of ['/ldlm/', '/ldlm//']) {
    it(`makes no difference between ${prefix} and /ldlm`, () => {
      expect(new EtcdKeys(prefix).leader).to.deep.equal(keys.leader);
    });
  }

  it('takes a prefix beyond ASCII as UTF-8', () => {
    expect(new EtcdKeys('/鍵').head.toString('utf8')).to.equal('/鍵/head');
  });

  it('sorts batches as their numbers do, up to the greatest there can be', () => {
    const numbers = [0, 1, 9, 10, 99, 100, 12_345, Number.MAX_SAFE_INTEGER];
    const batches = numbers.map((number) => keys.batch(number));
    expect(batches.toSorted(Buffer.compare)).to.deep.equal(batches);
  });

  it('has in the batches from one on that one and all behind it, and nothing else', () => {
    const range = keys.batchesFrom(10);
    const inside = [10, 11, Number.MAX_SAFE_INTEGER].map((number) => keys.batch(number));
    expect(inside.map((key) => holds(range, key))).to.deep.equal([true, true, true]);
    const outside = [keys.batch(9), keys.head, keys.leader, keys.snapshotPart(10, 1)];
    expect(outside.map((key) => holds(range, key))).to.deep.equal([false, false, false, false]);
  });

  it('has between two batches the first, and not the second', () => {
    const range = keys.batchesBetween(3, 5);
    const found = [2, 3, 4, 5].map((number) => holds(range, keys.batch(number)));
    expect(found).to.deep.equal([false, true, true, false]);
  });

  it('has in a snapshot from a part on its parts, and those of no other', () => {
    const range = keys.snapshotFrom(7, 2);
    const parts = [
      [7, 1],
      [7, 2],
      [7, Number.MAX_SAFE_INTEGER],
      [6, 2],
      [8, 2],
      [70, 2],
    ] as const;
    const found = parts.map(([batch, part]) => holds(range, keys.snapshotPart(batch, part)));
    expect(found).to.deep.equal([false, true, true, false, false, false]);
  });

  it('has in the snapshots before one all parts of each earlier, and none of its own', () => {
    const range = keys.snapshotsBefore(7);
    const parts = [
      [0, 1],
      [6, Number.MAX_SAFE_INTEGER],
      [7, 1],
      [8, 1],
    ] as const;
    const found = parts.map(([batch, part]) => holds(range, keys.snapshotPart(batch, part)));
    expect(found).to.deep.equal([true, true, false, false]);
  });

  it('keeps clear of a service whose prefix begins like its own', () => {
    const other = new EtcdKeys('/ldlm-2');
    const foreign = [other.batch(10), other.snapshotPart(3, 1), other.leader];
    const ranges = [keys.batchesFrom(0), keys.snapshotsBefore(100), keys.snapshotFrom(3, 0)];
    expect(ranges.some((range) => foreign.some((key) => holds(range, key)))).to.equal(false);
  });
});
