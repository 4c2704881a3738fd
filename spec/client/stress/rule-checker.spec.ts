import { expect } from 'chai';
import type { Lock } from '../../../client/ldlm-client.js';
import { RuleChecker } from '../../../client/stress/rule-checker.js';

describe('RuleChecker', () => {
  let checker: RuleChecker;

  beforeEach(() => {
    checker = new RuleChecker();
  });

  function lock(fencingToken: number, fields: { name?: string; isHeld?: boolean } = {}): Lock {
    return { name: 'a', isHeld: true, fencingToken, ...fields } as unknown as Lock;
  }

  it('finds nothing wrong with grants one after another', () => {
    const first = lock(1);
    checker.granted(first, 1);
    checker.left(first);
    checker.granted(lock(2), 1);
    checker.granted(lock(1, { name: 'b' }), 2);
    expect(checker.violations).to.deep.equal([]);
  });

  it('finds more holders than slots', () => {
    checker.granted(lock(1), 2);
    checker.granted(lock(2), 2);
    checker.granted(lock(3), 2);
    expect(checker.violations).to.deep.equal(['3 hold a, which has 2 slots']);
  });

  it('does not count who knows that its lock is lost', () => {
    checker.granted(lock(1, { isHeld: false }), 1);
    checker.granted(lock(2), 1);
    expect(checker.violations).to.deep.equal([]);
  });

  it('finds a token that does not grow', () => {
    const first = lock(2);
    checker.granted(first, 1);
    checker.left(first);
    checker.granted(lock(2), 1);
    expect(checker.violations).to.deep.equal(['a was granted with token 2 after 2']);
  });

  it('finds a token that is given twice at once', () => {
    checker.granted(lock(1), 2);
    checker.granted(lock(1), 2);
    expect(checker.violations).to.deep.equal(['a was granted twice with token 1']);
  });

  it('lets a server of old off its tokens', () => {
    const old = {
      name: 'a',
      isHeld: true,
      get fencingToken(): number {
        throw new Error('no tokens');
      },
    } as unknown as Lock;
    checker.granted(old, 1);
    expect(checker.violations).to.deep.equal([]);
  });
});
