import { expect } from 'chai';
import { type LdlmError, LockLostError, UnavailableError } from '../../client/ldlm-error.js';
import type { Lock } from '../../client/lock.js';
import type { LockOptions } from '../../client/lock-options.js';
import { RateLimit } from '../../client/rate-limit.js';

/** Answers to `lock`, each once; `asked` is what they were asked with. */
function clientOf(answers: readonly (Lock | LdlmError)[]) {
  const left = [...answers];
  const asked: LockOptions[] = [];
  const answer = async (options: LockOptions): Promise<Lock> => {
    asked.push(options);
    const next = left.shift();
    if (next instanceof Error) {
      throw next;
    }
    return next as Lock;
  };
  return {
    asked,
    lock: (_: string, options: LockOptions = {}) => answer(options),
    tryLock: (_: string, options: LockOptions = {}) => answer(options),
  };
}

const TICKET = {} as Lock;
const RULE = { limit: 3, perMs: 50 };

describe('RateLimit', () => {
  it('takes one of as many slots as calls, for as long as they count, and does not renew it', async () => {
    const client = clientOf([TICKET]);
    await new RateLimit(client, 'calls', RULE).take();
    expect(client.asked).to.deep.equal([{ size: 3, leaseMs: 50, renew: false }]);
  });

  it('asks again when its place was free again before it heard of it', async () => {
    const client = clientOf([new LockLostError('calls', 'expired'), TICKET]);
    await new RateLimit(client, 'calls', RULE).take();
    expect(client.asked).to.have.length(2);
  });

  it('does not begin its wait anew when it asks again', async () => {
    const client = clientOf([new LockLostError('calls', 'expired'), TICKET]);
    await new RateLimit(client, 'calls', RULE).take({ waitTimeoutMs: 5_000 });
    expect(client.asked[0]?.waitTimeoutMs).to.equal(5_000);
    expect(client.asked[1]?.waitTimeoutMs).to.be.below(5_000);
  });

  it('does not ask again after anything else', async () => {
    for (const failure of [
      new LockLostError('calls', 'session-ended'),
      new UnavailableError('away'),
    ]) {
      const client = clientOf([failure, TICKET]);
      const outcome = await new RateLimit(client, 'calls', RULE).take().catch((error) => error);
      expect(outcome).to.equal(failure);
    }
  });

  for (const rule of [
    { limit: 0, perMs: 50 },
    { limit: 1.5, perMs: 50 },
    { limit: 1, perMs: 0 },
  ]) {
    it(`is none with ${rule.limit} calls in ${rule.perMs} ms`, () => {
      expect(() => new RateLimit(clientOf([]), 'calls', rule)).to.throw(/must be/);
    });
  }
});
