import { expect } from 'chai';
import { DueCalls } from '../../../../adapters/inbound/grpc/due-calls.js';

describe('DueCalls', () => {
  it('tells of those that were not settled in time, once each, in their order', async () => {
    const told: string[] = [];
    await new Promise<void>((resolve) => {
      const calls = new DueCalls<string>(20, (call) => {
        told.push(call);
        if (call === 'c') {
          calls.expect('later');
        } else if (call === 'later') {
          resolve();
        }
      });
      for (const call of ['a', 'b', 'c']) {
        calls.expect(call);
      }
      calls.settle('b');
    });
    expect(told).to.deep.equal(['a', 'c', 'later']);
  });
});
