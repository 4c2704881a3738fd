import { expect } from 'chai';
import { InvariantError } from '../../domain/invariant.js';
import type { Lock } from '../../domain/lock.js';
import { LockTable } from '../../domain/lock-table.js';

describe('LockTable', () => {
  const names = Array.from({ length: 1_000 }, (_, index) => `lock-${index}`);

  function namesOf(table: LockTable): string[][] {
    return Array.from({ length: table.shardCount }, (_, shardIndex) =>
      Array.from(table.locksOf(shardIndex), (lock: Lock) => lock.name),
    );
  }

  for (const shardCount of [1, 2, 16, 1_000]) {
    it(`finds each of many locks among shards: ${shardCount}`, () => {
      const table = new LockTable(shardCount);
      const locks = names.map((name) => table.add(name, 1, 0));

      expect(names.map((name) => table.find(name))).to.have.ordered.members(locks);
      expect(namesOf(table).flat()).to.have.members(names);
    });
  }

  it('knows no lock by a name that was not added', () => {
    const table = new LockTable(16);
    table.add('printer', 1, 0);

    expect(table.find('printer ')).to.equal(undefined);
  });

  for (const name of ['__proto__', 'constructor', 'hasOwnProperty', '\0', '鍵🔒', '\ud83d', ' ']) {
    it(`takes ${JSON.stringify(name)} for a name like any other`, () => {
      const table = new LockTable(16);
      expect(table.find(name)).to.equal(undefined);

      const lock = table.add(name, 1, 0);
      expect(table.find(name)).to.equal(lock);
    });
  }

  it('tells long names apart that end alike', () => {
    const table = new LockTable(16);
    const lock = table.add(`a${'n'.repeat(200)}`, 1, 0);
    const other = table.add(`b${'n'.repeat(200)}`, 2, 0);

    expect([lock.size, other.size]).to.deep.equal([1, 2]);
  });

  it('spreads names evenly over the shards', () => {
    const table = new LockTable(10);
    for (const name of names) {
      table.add(name, 1, 0);
    }

    for (const shard of namesOf(table)) {
      expect(shard.length).to.be.within(50, 150);
    }
  });

  it('collects the idle locks of one shard and of no other', () => {
    const table = new LockTable(4);
    for (const name of names) {
      table.add(name, 1, 0);
    }
    const before = namesOf(table);

    expect(table.collect(2, 100, 100)).to.equal(before[2]?.length);
    expect(namesOf(table)).to.deep.equal([before[0], before[1], [], before[3]]);
  });

  it('collects no lock that has been idle for less', () => {
    const table = new LockTable(1);
    table.add('older', 1, 0);
    table.add('newer', 1, 1);

    expect(table.collect(0, 100, 100)).to.equal(1);
    expect(namesOf(table)).to.deep.equal([['newer']]);
  });

  it('stops at a second lock of one name', () => {
    const table = new LockTable(4);
    table.add('printer', 1, 0);
    expect(() => table.add('printer', 1, 0)).to.throw(InvariantError);
  });

  for (const shardCount of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    it(`stops at a shard count of ${shardCount}`, () => {
      expect(() => new LockTable(shardCount)).to.throw(InvariantError);
    });
  }

  for (const shardIndex of [-1, 4, 0.5]) {
    it(`stops at a sweep of shard ${shardIndex} of 4`, () => {
      expect(() => new LockTable(4).collect(shardIndex, 0, 0)).to.throw(InvariantError);
    });
  }
});
