import { expect } from 'chai';
import { keptAnswer, StateUnknownError } from '../../../../adapters/inbound/rest/kept-answer.js';

describe('keptAnswer', () => {
  it('passes an answer on', async () => {
    expect(await keptAnswer(Promise.resolve('granted'))).to.equal('granted');
  });

  it('rejects with a failure that names its cause', async () => {
    const cause = new Error('the disk is full');
    const failure: unknown = await keptAnswer(Promise.reject(cause)).catch((error) => error);
    expect(failure).to.be.instanceOf(StateUnknownError).and.to.have.property('cause', cause);
  });
});
