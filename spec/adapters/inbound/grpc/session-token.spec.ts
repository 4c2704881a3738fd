import { expect } from 'chai';
import { newSessionToken, sessionIdOf } from '../../../../adapters/inbound/grpc/session-token.js';

describe('session tokens', () => {
  it('are 22 characters for URLs, another one each time', () => {
    const tokens = new Set(Array.from({ length: 1_000 }, newSessionToken));
    expect(tokens.size).to.equal(1_000);
    for (const token of tokens) {
      expect(token).to.match(/^[\w-]{22}$/);
    }
  });

  it('lead to one id each, which does not show them', () => {
    const token = newSessionToken();
    const id = sessionIdOf(token);
    expect(id).to.match(/^[\w-]{22}$/);
    expect(id).to.equal(sessionIdOf(token));
    expect(id).not.to.equal(token);
    expect(sessionIdOf(`${token}x`)).not.to.equal(id);
  });

  it('may be any text, if a client makes them up', () => {
    expect(sessionIdOf('鍵\u0000'.repeat(10_000))).to.have.length(22);
  });
});
