import { expect } from 'chai';
import { HeldLock } from '../../client/held-lock.js';
import { LockLostError } from '../../client/ldlm-error.js';

describe('HeldLock', () => {
  const held = () =>
    new HeldLock('a', 'key', 7, { leaseMs: 900, deadlineAt: 1_000, isRenewed: true });

  it('has one signal, whenever it is asked for', () => {
    const lock = held();
    const { signal } = lock;
    expect(lock.signal).to.equal(signal);
    expect(signal.aborted).to.equal(false);
  });

  it('aborts its signal with the first loss, and keeps to it', () => {
    const lock = held();
    const { signal } = lock;
    const loss = lock.lose('revoked');
    expect(lock.lose('expired')).to.equal(loss);
    expect(loss).to.be.instanceOf(LockLostError).and.to.include({ lock: 'a', reason: 'revoked' });
    expect([lock.loss, signal.reason]).to.deep.equal([loss, loss]);
  });

  it('has an aborted signal if that is first asked for after the loss', () => {
    const lock = held();
    const loss = lock.lose('expired');
    expect(lock.signal.reason).to.equal(loss);
  });
});
