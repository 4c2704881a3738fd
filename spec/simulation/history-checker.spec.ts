import { expect } from 'chai';
import { type Entry, History } from './history.js';
import { faultsOf } from './history-checker.js';

const NEVER = Number.POSITIVE_INFINITY;

/** Asked at the first, told at the second instant. */
type Times = readonly [number, number];

const granted = (
  key: string,
  token: number,
  [askedAt, toldAt]: Times,
  mayEndFrom = NEVER,
): Entry => ({
  kind: 'granted',
  key,
  token,
  size: 1,
  askedAt,
  toldAt,
  mayEndFrom,
});
const pair = (key: string, token: number, [askedAt, toldAt]: Times): Entry => ({
  ...(granted(key, token, [askedAt, toldAt]) as Entry & { kind: 'granted' }),
  size: 2,
});
const use = (
  kind: 'released' | 'renewed' | 'lost',
  key: string,
  [askedAt, toldAt]: Times,
): Entry => ({
  kind,
  key,
  askedAt,
  toldAt,
});
const busy = ([askedAt, toldAt]: Times): Entry => ({ kind: 'busy', size: 1, askedAt, toldAt });
const unknown = (askedAt: number): Entry => ({ kind: 'unknown', askedAt, toldAt: NEVER });

function faults(...entries: readonly Entry[]): readonly string[] {
  const history = new History();
  for (const entry of entries) {
    history.add('a', entry);
  }
  return faultsOf(history);
}

describe('faultsOf', () => {
  const right: readonly (readonly [string, readonly Entry[]])[] = [
    ['nothing at all', []],
    [
      'a lock that is taken and given back',
      [granted('k', 1, [0, 1]), use('released', 'k', [2, 3])],
    ],
    [
      'a lock that is granted while its release is on the way',
      [granted('k', 1, [0, 1]), use('released', 'k', [2, 9]), granted('l', 2, [3, 4])],
    ],
    [
      'a lock that passes on when its lease may be over',
      [granted('k', 1, [0, 1], 5), granted('l', 2, [3, 6])],
    ],
    ['two holders of two slots', [pair('k', 1, [0, 1]), pair('l', 2, [2, 3])]],
    [
      'one who is told of its grant after the next one was',
      [granted('l', 2, [0, 4]), granted('k', 1, [1, 9], 3)],
    ],
    ['a try while the lock is held', [granted('k', 1, [0, 1]), busy([2, 3])]],
    ['a try while somebody may hold it who was never told', [unknown(0), busy([2, 3])]],
    [
      'a renewal, and the loss when its time may be over',
      [granted('k', 1, [0, 1], 8), use('renewed', 'k', [2, 3]), use('lost', 'k', [9, 10])],
    ],
    ['a release that nobody heard of', [granted('k', 1, [0, 1], 2), granted('l', 2, [3, 4])]],
  ];
  for (const [what, entries] of right) {
    it(`finds nothing wrong with ${what}`, () => {
      expect(faults(...entries)).to.deep.equal([]);
    });
  }

  const wrong: readonly (readonly [string, readonly Entry[]])[] = [
    ['two holders of one slot', [granted('k', 1, [0, 1]), granted('l', 2, [2, 3])]],
    [
      'three holders of two slots',
      [pair('k', 1, [0, 1]), pair('l', 2, [2, 3]), pair('m', 3, [4, 5])],
    ],
    [
      'a lock that passes on before its lease may be over',
      [granted('k', 1, [0, 1], 5), granted('l', 2, [2, 4])],
    ],
    [
      'a lock that is granted before its release is asked for',
      [granted('k', 1, [0, 1]), granted('l', 2, [1, 2]), use('released', 'k', [3, 4])],
    ],
    [
      'a renewal after somebody else had it',
      [
        granted('k', 1, [0, 1], 2),
        granted('l', 2, [3, 4]),
        use('released', 'l', [5, 6]),
        use('renewed', 'k', [7, 8]),
      ],
    ],
    [
      'two releases of one grant',
      [granted('k', 1, [0, 1]), use('released', 'k', [2, 3]), use('released', 'k', [4, 5])],
    ],
    ['a loss that cannot have come yet', [granted('k', 1, [0, 1], 9), use('lost', 'k', [2, 3])]],
    ['a try that is refused though the lock is free', [busy([0, 1]), granted('k', 1, [2, 3])]],
    [
      'a try that is refused after the release was told',
      [granted('k', 1, [0, 1]), use('released', 'k', [2, 3]), busy([4, 5])],
    ],
    [
      'grants in another order than their tokens',
      [granted('k', 2, [0, 1], 2), granted('l', 1, [3, 4])],
    ],
  ];
  for (const [what, entries] of wrong) {
    it(`finds ${what}`, () => {
      expect(faults(...entries)).not.to.deep.equal([]);
    });
  }

  it('compares the tokens of all names', () => {
    const history = new History();
    history.add('a', granted('k', 7, [0, 1]));
    history.add('b', granted('l', 6, [2, 3]));
    expect(faultsOf(history)).to.match(/^l has the fencing token 6, told after 7/);
  });

  it('finds a token that was given twice at once', () => {
    const history = new History();
    history.add('a', granted('k', 7, [0, 3]));
    history.add('b', granted('l', 7, [1, 2]));
    expect(faultsOf(history)).to.deep.equal(['a fencing token was given twice']);
  });

  it('knows that an operator may have taken what was granted, told of or not', () => {
    const history = new History();
    history.add('a', granted('k', 1, [0, 1]));
    history.revoked('a', 3);
    history.add('a', granted('l', 2, [4, 5]));
    history.add('a', granted('m', 3, [6, 7]));
    expect(faultsOf(history)).to.match(/^a: no order explains it/);
    history.revoked('a', 6);
    expect(faultsOf(history)).to.deep.equal([]);
  });
});
