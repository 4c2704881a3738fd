import { expect } from 'chai';
import { acquireRefusal } from '../../client/acquire-refusal.js';
import { REFUSAL } from '../../proto/session-frames.js';

function codeOf(code: number, waitUntil: number | undefined): string | undefined {
  const order = {
    name: 'printer',
    size: 1,
    waitUntil,
    leaseMs: undefined,
    isRenewed: true,
    metadata: undefined,
  };
  return acquireRefusal(order, { kind: 'refused', code, message: 'no' })?.code;
}

describe('acquireRefusal', () => {
  for (const [what, waitUntil, code, expected] of [
    ['HELD to one that does not wait is no error', undefined, REFUSAL.held, undefined],
    ['HELD to one that waits is a wait timeout', 100, REFUSAL.held, 'wait-timeout'],
    ['WAIT_TIMEOUT is one', 100, REFUSAL.waitTimeout, 'wait-timeout'],
    ['SIZE_MISMATCH is one', undefined, REFUSAL.sizeMismatch, 'size-mismatch'],
    ['TOO_MANY_WAITERS is one', undefined, REFUSAL.tooManyWaiters, 'too-many-waiters'],
    ['LEASE_ENDED is a loss', undefined, REFUSAL.leaseEnded, 'lost'],
    ['one that is not known is the program’s to mend', undefined, 999, 'invalid-argument'],
  ] as const) {
    it(`tells that ${what}`, () => {
      expect(codeOf(code, waitUntil)).to.equal(expected);
    });
  }
});
